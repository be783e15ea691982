"""Every address of the portal."""

from django.urls import include, path

from portal.base.site import site

urlpatterns = [
    path("", include("portal.home.signin.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("portal.home.urls")),
    path("", include("stores.urls")),
    path("", include("models_registry.urls")),
    path("", include("detections.urls")),
    path("", include("alerts.urls")),
    path("admin/", site.urls),
]
