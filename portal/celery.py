"""The Celery app and the whole beat schedule. Nothing is scheduled per store: the tick sees what is due."""

import ctypes
import os
import signal
import sys
from typing import Any

from celery import Celery
from celery.contrib.django.task import DjangoTask
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

PR_SET_PDEATHSIG = 1
SWEEP_SECONDS = 60.0
SPEND_SECONDS = 300.0
WAITING_SECONDS = 15.0
HEALTH_SECONDS = 60.0
ASK_SECONDS = 60.0
SMALL_SECONDS = 20.0
PRUNE_SECONDS = 900.0
EXPORT_SECONDS = 5.0
ALERT_SECONDS = 15.0
STEADY_ALERT_SECONDS = 120.0
SLOW_ALERT_SECONDS = 3_600.0
DIGEST_SECONDS = 600.0
TRAINING_SECONDS = 5.0
BROUGHT_SECONDS = 15.0
SESSIONS_SECONDS = 3_600.0
ASKING_SECONDS = 1800.0
SIGNS_SECONDS = 60.0
METER_SECONDS = 3_600.0
# A task taken by a worker that died comes back after this long; a lost tick heals itself much earlier.
VISIBILITY_SECONDS = 600


def configuration() -> dict[str, Any]:
    """Give Celery its settings when first needed: Django's may only be read once the services are up."""
    from django.conf import settings

    return {
        "broker_url": settings.CELERY_BROKER_URL,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {
            "visibility_timeout": VISIBILITY_SECONDS,
            # The queues in the order the worker names them: a tick never waits behind a sweep.
            "queue_order_strategy": "priority",
        },
        "accept_content": ["json"],
        "task_serializer": "json",
        "task_ignore_result": True,
        "task_acks_late": False,
        "task_default_queue": "default",
        "worker_prefetch_multiplier": 1,
        "worker_hijack_root_logger": False,
        "timezone": "UTC",
        "beat_schedule": schedule(settings.TICK_SECONDS),
        # The schedule file of the default scheduler could be torn by a kill and says nothing we need.
        "beat_scheduler": "celery.beat:Scheduler",
    }


def schedule(tick_seconds: float) -> dict[str, dict[str, Any]]:
    """Each entry expires when the next one is due, so that a stopped worker finds one of each, not a heap."""
    return {
        "tick": entry("models_registry.tasks.tick", "tick", tick_seconds),
        "sweep": entry("models_registry.tasks.sweep", "default", SWEEP_SECONDS),
        "waiting-photos": entry("detections.tasks.analyse_waiting", "default", WAITING_SECONDS),
        "batches": entry("detections.tasks.advance_batches", "default", WAITING_SECONDS),
        "small-pictures": entry("detections.tasks.make_small_pictures", "default", SMALL_SECONDS),
        "old-pictures": entry("detections.tasks.prune_pictures", "default", PRUNE_SECONDS),
        "exports": entry("detections.tasks.write_exports", "default", EXPORT_SECONDS),
        "training-sets": entry("detections.tasks.advance_training", "default", TRAINING_SECONDS),
        "comparisons": entry("detections.tasks.advance_comparisons", "default", TRAINING_SECONDS),
        "brought-pictures": entry("detections.tasks.tend_brought", "default", BROUGHT_SECONDS),
        "recent-health": entry("detections.tasks.recount_health", "default", HEALTH_SECONDS),
        "ask-to-close": entry("detections.tasks.ask_to_close", "default", ASK_SECONDS),
        "holiday-asks": entry("stores.tasks.ask_about_holidays", "default", ASKING_SECONDS),
        "alerts": entry("alerts.tasks.sweep", "default", ALERT_SECONDS, "QUICK"),
        "messages": entry("alerts.tasks.tell", "default", ALERT_SECONDS),
        "steady-alerts": entry("alerts.tasks.sweep", "default", STEADY_ALERT_SECONDS, "STEADY"),
        "slow-alerts": entry("alerts.tasks.sweep", "default", SLOW_ALERT_SECONDS, "SLOW"),
        "signs-of-life": entry("alerts.tasks.publish_signs", "default", SIGNS_SECONDS),
        "meter": entry("models_registry.tasks.compare_meter", "default", METER_SECONDS),
        "digests": entry("alerts.tasks.write_digests", "default", DIGEST_SECONDS),
        "old-sessions": entry("portal.home.tasks.forget_old_sessions", "default", SESSIONS_SECONDS),
        "recent-spend": entry("models_registry.tasks.rebuild_recent_spend", "default", SPEND_SECONDS),
    }


def entry(task: str, queue: str, seconds: float, *args: str) -> dict[str, Any]:
    options = {"queue": queue, "expires": seconds}
    return {"task": task, "schedule": seconds, "args": args, "options": options}


class AuditedTask(DjangoTask):  # type: ignore[misc]  # Celery ships no types
    """A task whose changes stand in the audit trail under its own name."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from portal.base.audit.acting import Actor, acting

        name = str(self.name).rpartition(".")[2]
        with acting(lambda: Actor(f"task {name}")):
            return super().__call__(*args, **kwargs)


app = Celery("kamado", task_cls=AuditedTask)
app.add_defaults(configuration)
app.autodiscover_tasks()


def end_with_worker(**_: Any) -> None:
    """Have a pool process killed when its worker is; it would wait for work for ever otherwise."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


worker_process_init.connect(end_with_worker)
