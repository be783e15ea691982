"""Addresses of the pages people live in."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from portal.home.views import fleet, health, overrides, store, why


class StoreCode(StringConverter):
    """A store's code; `stores/import/` is the import page's."""

    regex = r"(?!import/)[A-Za-z0-9][A-Za-z0-9._-]{0,31}"


register_converter(StoreCode, "code")

STORE = "stores/<code:code>/"
urlpatterns = [
    path("", fleet.fleet, name="fleet"),
    path("why/", why.why, name="why"),
    path("healthz", health.healthz, name="healthz"),
    path(STORE, store.store, name="store"),
    path(f"{STORE}stay-open/", overrides.stay_open, name="store-stay-open"),
    path(f"{STORE}run-now/", overrides.run_now, name="store-run-now"),
    path(f"{STORE}keep-stopped/", overrides.keep_stopped, name="store-keep-stopped"),
    path(f"{STORE}control/", overrides.change_control, name="store-control"),
    path(
        "stores/<str:code>/overrides/<int:pk>/take-back/",
        overrides.take_back,
        name="store-override-take-back",
    ),
]
