"""Sign-in, second factors, single sign-on and sessions: django-allauth under our own addresses and look."""
