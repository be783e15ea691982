"""Lists of connections, prices and everything the portal has written down, inside the site."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget

from models_registry.forms.connection import ConnectionForm
from models_registry.models import (
    Connection,
    Decision,
    Deployment,
    LabelMetrics,
    ModelVersion,
    Override,
    PriceRate,
    Project,
    Run,
    SafetyStop,
    StoreSpend,
    Trouble,
)
from models_registry.services.safety_sweep import try_safety_stop
from models_registry.templatetags.registry import reason
from models_registry.wiring import open_scheduler
from portal.base import clock
from portal.base.site import site
from stores.admin.scoped import HeadquartersAdmin

SAID = ("error_code", "error_message", "failing_since")
SAID_OF_SAFETY = ("safety_error_message", "safety_rivals")


class LedgerAdmin(HeadquartersAdmin):
    """A list of what was written down: for reading. Nothing is added, changed or deleted by hand."""

    show_facets = admin.ShowFacets.NEVER
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def link_to(name: str, row: Model) -> str:
    """Return a row's name as a link to its page."""
    return format_html('<a href="{}">{}</a>', reverse(name, args=[row.pk]), row)


@admin.register(Connection, site=site)
class ConnectionAdmin(HeadquartersAdmin):
    """The form and the constraints of the model are the checks; what AWS said of it is for reading."""

    form = ConnectionForm
    list_display = ("name", "region", "max_running_models", "safety_stop", "is_active", "synced_at")
    list_filter = ("is_active", "safety_stop", "region")
    search_fields = ("name", "region")
    ordering = ("name",)
    readonly_fields = ("synced_at", *SAID, *SAID_OF_SAFETY)
    actions = ("try_safety_stop",)
    fieldsets = (
        (None, {"fields": ("name", "region", "is_active")}),
        (_("Access"), {"fields": ("role_arn", "external_id")}),
        (_("Quotas"), {"fields": ("max_running_models", "max_inference_units", "control_plane_tps")}),
        (
            _("Safety stop"),
            {
                "fields": (
                    "safety_stop",
                    "safety_margin_minutes",
                    "schedule_group",
                    "scheduler_role_arn",
                    "dead_letter_arn",
                    *SAID_OF_SAFETY,
                )
            },
        ),
        (_("What AWS said"), {"fields": ("synced_at", *SAID)}),
    )

    actions_detail = ("try_permissions",)

    @action(description=_("Check this connection"), url_path="check")  # type: ignore[untyped-decorator]  # unfold has no types
    def try_permissions(self, request: HttpRequest, object_id: int) -> HttpResponseRedirect:
        """Lead to the page that tries the connection's permissions."""
        return redirect("connection-check", pk=object_id)

    @admin.action(description=_("Try the safety stop now"))
    def try_safety_stop(self, request: HttpRequest, chosen: QuerySet[Connection]) -> None:
        """Make a switched-off schedule and remove it again, and say what AWS said."""
        for connection in chosen.order_by("name"):
            error = try_safety_stop(connection, at=clock.now(), open_scheduler=open_scheduler)
            level, said = (messages.ERROR, error) if error else (messages.SUCCESS, gettext("can be armed."))
            self.message_user(request, f"{connection}: {said}", level)

    def has_delete_permission(self, request: HttpRequest, obj: Connection | None = None) -> bool:
        """One that holds projects is switched off, not deleted: its runs are in the books."""
        is_used = obj is not None and obj.projects.exists()
        return super().has_delete_permission(request, obj) and not is_used


class PriceForm(forms.ModelForm):  # type: ignore[type-arg]
    """A price from an instant on."""

    region = forms.RegexField(
        r"^[a-z]{2}(-[a-z]+)+-\d$",
        label=_("region"),
        required=False,
        help_text=_("Empty: every other region."),
        error_messages={"invalid": _("Write the region like ap-northeast-1, or leave it empty.")},
        widget=UnfoldAdminTextInputWidget,
    )
    usd_per_hour = forms.DecimalField(
        label=_("USD an hour"),
        min_value=0,
        max_digits=9,
        decimal_places=4,
        error_messages={"min_value": _("A price is not negative.")},
        widget=UnfoldAdminDecimalFieldWidget,
    )

    class Meta:
        model = PriceRate
        fields = ("kind", "region", "usd_per_hour", "valid_from")
        help_texts = {  # noqa: RUF012
            "valid_from": _("In UTC. A run is charged at the price of the instant it began to run.")
        }


@admin.register(PriceRate, site=site)
class PriceRateAdmin(HeadquartersAdmin):
    """Prices are added and mended; none is deleted, for past money was computed with it."""

    form = PriceForm
    list_display = ("kind", "region_shown", "usd_per_hour", "valid_from")
    list_filter = ("kind",)
    ordering = ("kind", "region", "-valid_from", "-id")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("region"), ordering="region")
    def region_shown(self, rate: PriceRate) -> str:
        return rate.region or gettext("every other region")


@admin.register(Project, site=site)
class ProjectAdmin(LedgerAdmin):
    list_display = ("name", "connection", "status", "observed_at", "gone_at")
    list_filter = ("connection",)
    list_select_related = ("connection",)
    search_fields = ("name", "arn")
    ordering = ("name", "id")


@admin.register(ModelVersion, site=site)
class ModelVersionAdmin(LedgerAdmin):
    list_display = ("page", "status", "f1_score", "trained_at", "gone_at")
    list_display_links = None
    list_filter = ("status",)
    list_select_related = ("project",)
    search_fields = ("name", "arn", "project__name")
    ordering = ("-aws_created_at", "-id")

    @admin.display(description=_("model version"))
    def page(self, version: ModelVersion) -> str:
        return link_to("version", version)


@admin.register(LabelMetrics, site=site)
class LabelMetricsAdmin(LedgerAdmin):
    list_display = (
        "version", "label", "f1_score", "precision", "recall", "assumed_threshold", "test_images",
    )  # fmt: skip
    list_select_related = ("version__project",)
    search_fields = ("label", "version__name")
    ordering = ("version_id", "label")


@admin.register(Deployment, site=site)
class DeploymentAdmin(LedgerAdmin):
    """Deployments are made and changed on their own pages, through the services."""

    list_display = ("page", "connection", "live_version", "min_inference_units", "uses_learned_lead")
    list_display_links = None
    list_filter = ("connection",)
    list_select_related = ("connection", "live_version__project")
    search_fields = ("name",)
    ordering = ("name",)

    @admin.display(description=_("deployment"), ordering="name")
    def page(self, deployment: Deployment) -> str:
        return link_to("deployment", deployment)


@admin.register(Override, site=site)
class OverrideAdmin(LedgerAdmin):
    """Overrides are set and taken back on the store's and the deployment's page."""

    list_display = ("scope", "kind", "starts_at", "ends_at", "why", "author", "cancelled_at")
    list_filter = ("kind",)
    list_select_related = ("store", "deployment", "author")
    search_fields = ("store__code", "store__name", "deployment__name", "why")
    ordering = ("-starts_at", "-id")

    @admin.display(description=_("for"))
    def scope(self, override: Override) -> str:
        if override.deployment is not None:
            return link_to("deployment", override.deployment)
        return str(override.store)


@admin.register(Run, site=site)
class RunAdmin(LedgerAdmin):
    list_display = (
        "requested_at", "deployment", "version", "inference_units", "running_at", "stopping_at", "outcome",
        "is_outside",
    )  # fmt: skip
    list_filter = ("outcome", "is_outside")
    list_select_related = ("deployment", "version__project")
    search_fields = ("deployment__name", "version__name")
    ordering = ("-requested_at", "-id")


@admin.register(Decision, site=site)
class DecisionAdmin(LedgerAdmin):
    list_display = ("at", "deployment", "observed", "action", "sentence", "outcome")
    list_filter = ("action",)
    list_select_related = ("deployment",)
    search_fields = ("deployment__name", "code")
    ordering = ("-at", "-id")

    @admin.display(description=_("reason"))
    def sentence(self, decision: Decision) -> str:
        return reason(decision.code, decision.params) or decision.code


@admin.register(SafetyStop, site=site)
class SafetyStopAdmin(LedgerAdmin):
    list_display = ("version", "state", "stops_at", "armed_at", "checked_at", "error_message")
    list_display_links = None
    list_filter = ("state",)
    list_select_related = ("version__project",)
    search_fields = ("version__name", "version__project__name", "name")
    ordering = ("-stops_at", "-id")


@admin.register(Trouble, site=site)
class TroubleAdmin(LedgerAdmin):
    list_display = ("opened_at", "subject", "sentence", "closed_at")
    list_filter = (("closed_at", admin.EmptyFieldListFilter),)
    list_select_related = ("deployment", "version__project")
    search_fields = ("deployment__name", "code")
    ordering = ("-opened_at", "-id")

    @admin.display(description=_("about"))
    def subject(self, trouble: Trouble) -> str:
        return str(trouble.deployment or trouble.version or gettext("the portal"))

    @admin.display(description=_("problem"))
    def sentence(self, trouble: Trouble) -> str:
        return reason(trouble.code, trouble.params) or trouble.code


@admin.register(StoreSpend, site=site)
class StoreSpendAdmin(LedgerAdmin):
    list_display = ("on", "store", "deployment", "billed_minutes", "overhead_minutes", "usd")
    list_select_related = ("store", "deployment")
    search_fields = ("store__code", "store__name", "deployment__name")
    ordering = ("-on", "store_id", "id")
