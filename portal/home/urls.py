"""Addresses of the pages people live in."""

from django.urls import path

from portal.home.views import audit, fleet, health, metrics, overrides, store, why

STORE = "stores/<str:code>/"
urlpatterns = [
    path("", fleet.fleet, name="fleet"),
    path("why/", why.why, name="why"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("audit/", audit.audit, name="audit"),
    path("audit.csv", audit.audit_csv, name="audit-csv"),
    path("deployments/<int:pk>/history/", audit.deployment_history, name="deployment-history"),
    path(f"{STORE}history/", audit.store_history, name="store-history"),
    path(f"{STORE}history.csv", audit.store_history_csv, name="store-history-csv"),
    path(STORE, store.store, name="store"),
    path(f"{STORE}stay-open/", overrides.stay_open, name="store-stay-open"),
    path(f"{STORE}run-now/", overrides.run_now, name="store-run-now"),
    path(f"{STORE}keep-stopped/", overrides.keep_stopped, name="store-keep-stopped"),
    path(f"{STORE}control/", overrides.change_control, name="store-control"),
    path(f"{STORE}overrides/<int:pk>/take-back/", overrides.take_back, name="store-take-back"),
]
