"""Addresses of the pages people live in."""

from django.urls import path

from portal.home.views import (
    app,
    audit,
    calendar_feed,
    closing,
    fleet,
    guards,
    health,
    hours,
    metrics,
    overrides,
    owner,
    start,
    store,
    why,
)

STORE = "stores/<str:code>/"
urlpatterns = [
    path("", fleet.fleet, name="fleet"),
    path("start/", start.start, name="start"),
    path("why/", why.why, name="why"),
    path("manifest.webmanifest", app.manifest, name="manifest"),
    path("worker.js", app.worker, name="app-worker"),
    path("offline/", app.offline, name="offline"),
    path("close/<str:token>/", closing.close_question, name="close-question"),
    path("guards/", guards.guards, name="guards"),
    path("guards/<int:pk>/", guards.guard_act, name="guard-act"),
    path("calendar/<str:token>.ics", calendar_feed.calendar_feed, name="calendar-feed"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("audit/", audit.audit, name="audit"),
    path("people/<int:pk>/history/", audit.person_history, name="person-history"),
    path("audit.csv", audit.audit_csv, name="audit-csv"),
    path("deployments/<int:pk>/history/", audit.deployment_history, name="deployment-history"),
    path(f"{STORE}history/", audit.store_history, name="store-history"),
    path(f"{STORE}history.csv", audit.store_history_csv, name="store-history-csv"),
    path(STORE, store.store, name="store"),
    path(f"{STORE}stay-open/", owner.stay_open, name="store-stay-open"),
    path(f"{STORE}close-early/", owner.close_early, name="store-close-early"),
    path(f"{STORE}closed-tomorrow/", owner.closed_tomorrow, name="store-closed-tomorrow"),
    path(f"{STORE}edits/<int:pk>/undo/", owner.undo, name="store-edit-undo"),
    path(f"{STORE}hours/", hours.store_hours, name="store-hours"),
    path(f"{STORE}special-days/", hours.special_days, name="store-special-days"),
    path(f"{STORE}run-now/", overrides.run_now, name="store-run-now"),
    path(f"{STORE}keep-stopped/", overrides.keep_stopped, name="store-keep-stopped"),
    path(f"{STORE}control/", overrides.change_control, name="store-control"),
    path(f"{STORE}overrides/<int:pk>/take-back/", overrides.take_back, name="store-take-back"),
]
