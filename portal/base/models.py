"""The person who signs in. What they may see and do is `stores.models.Membership`."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person with a sign-in; the role and scope live in memberships."""
