"""Every address of the portal."""

from django.contrib.auth.views import LogoutView
from django.urls import include, path

from portal.base.site import site

urlpatterns = [
    path("login/", site.login, name="login"),
    path("logout/", LogoutView.as_view(next_page="/login/"), name="logout"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("portal.home.urls")),
    path("", include("stores.urls")),
    path("", include("models_registry.urls")),
    path("", include("detections.urls")),
    path("", include("alerts.urls")),
    path("admin/", site.urls),
]
