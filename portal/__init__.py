"""The Django project. Loading Celery here makes `@shared_task` find our app in every process."""

import gc

# Before the imports: these alone make a million objects, and a page some ten thousand, nearly all without
# cycles. Looking through them every 700 objects, Python's default, takes a seventh of a start and of a page.
gc.set_threshold(50_000, 20, 50)

from portal.celery import app as celery_app  # noqa: E402

__all__ = ["celery_app"]
