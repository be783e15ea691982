"""The one site: unfold's chrome, our pages and the admin lists inside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import resolve, reverse, reverse_lazy
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

View = Callable[..., HttpResponseBase]


class KamadoSite(UnfoldAdminSite):  # type: ignore[misc]  # unfold ships no types
    """The admin site behind the pages; people land on the fleet board, not on a list of tables."""

    enable_nav_sidebar = True
    site_url = "/"

    def has_permission(self, request: HttpRequest) -> bool:
        """Give every active person the chrome of the pages; the lists below `admin/` are for staff."""
        is_list = request.path.startswith(reverse("admin:index"))
        return request.user.is_active and (not is_list or bool(getattr(request.user, "is_staff", False)))

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Lead to the one sign-in, with its waits and second factors, and from there to where they wanted."""
        if request.user.is_authenticated:
            raise PermissionDenied
        wanted = request.GET.get("next") or reverse("admin:index")
        return redirect(f"{reverse('login')}?{urlencode({'next': wanted})}")

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Sign out by the button of the chrome."""
        answer: HttpResponse = resolve(reverse("logout")).func(request)
        return answer

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Lead to the one page that changes a password."""
        return redirect("account_change_password")


site = KamadoSite(name="admin")


def page(view: View) -> View:
    """Let a function view be a page of the site: signed-in people only; the access door does the rest."""
    return login_required(view)


def show(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Render a page inside the site's chrome; `context` should hold `title`."""
    return render(request, template, {**site.each_context(request), **context}, status=status)


def is_fragment(request: HttpRequest) -> bool:
    """Tell whether HTMX asks for the changing part of a page only."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Boosted") != "true"


def favicon(request: HttpRequest) -> str:
    """Return the address of the icon in the browser's tab."""
    return static("kamado/icon.svg")


def stylesheet(request: HttpRequest) -> str:
    """Return the address of our one hand-written style sheet."""
    return static("kamado/kamado.css")


def _is_here(request: HttpRequest, link: str) -> bool:
    """Tell whether a page lies under a sidebar entry; the board, and a store's pages, under the first."""
    if link == "/":
        return request.path == "/" or request.path.startswith("/stores/")
    return request.path.startswith(link)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the sidebar: the pages people live in first, the lists of everything after."""

    def item(
        title: Any, icon: str, name: str, *, for_all: bool = False, permission: str = "runs_franchise"
    ) -> dict[str, Any]:
        link = reverse_lazy(name)
        shown = {"title": title, "icon": icon, "link": link, "active": _is_here(request, str(link))}
        return shown if for_all else {**shown, "permission": f"stores.access.{permission}"}

    return [
        {
            "title": None,
            "items": [
                item(_("Fleet board"), "storefront", "fleet", for_all=True),
                item(_("Photos"), "photo_camera", "detections", for_all=True),
                item(_("Review"), "rate_review", "gallery", for_all=True),
                item(_("Training"), "school", "training", permission="teaches_franchise"),
                item(_("Batches"), "photo_library", "batches"),
                item(_("Alerts"), "notifications", "alerts", for_all=True),
                item(_("Health"), "monitor_heart", "health", for_all=True),
                item(_("Deployments"), "rocket_launch", "deployments"),
                item(_("Model versions"), "model_training", "versions"),
                item(_("Run ledger"), "receipt_long", "ledger"),
                item(_("Spend"), "payments", "spend", for_all=True),
                item(_("Budgets"), "savings", "budgets", for_all=True),
                item(_("Why?"), "help", "why", for_all=True),
            ],
        },
        {
            "title": _("Set up"),
            "collapsible": True,
            "items": [
                item(_("Stores"), "store", "admin:stores_store_changelist"),
                item(_("Areas"), "map", "admin:stores_area_changelist"),
                item(_("Special days"), "event_busy", "admin:stores_specialday_changelist"),
                item(_("Holiday desk"), "celebration", "holidays"),
                item(_("Bounds"), "rule", "bounds"),
                item(_("Guards"), "shield", "guards"),
                item(_("Overrides"), "bolt", "admin:models_registry_override_changelist"),
                item(_("Products"), "bakery_dining", "admin:detections_product_changelist"),
                item(_("AWS connections"), "cloud", "admin:models_registry_connection_changelist"),
                item(_("Prices"), "sell", "admin:models_registry_pricerate_changelist"),
                item(_("Decisions"), "gavel", "admin:models_registry_decision_changelist"),
                item(_("Problems"), "report", "admin:models_registry_trouble_changelist"),
                item(_("People"), "group", "people", permission="manages_people"),
                item(_("Audit trail"), "history", "audit"),
            ],
        },
    ]
