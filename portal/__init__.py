"""The Django project. Loading Celery here makes `@shared_task` find our app in every process."""

from portal.celery import app as celery_app

__all__ = ["celery_app"]
