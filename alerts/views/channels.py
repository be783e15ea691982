"""Where alerts are told besides mailboxes: channels, their test and their log."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST

from alerts.access import areas_where, channel_for, channels_of, require_channels
from alerts.domain.ports import AddressRefused
from alerts.forms.channels import ChannelForm, initial_of
from alerts.models import Channel
from alerts.selectors.channels import channel_lines, delivery_of, log_of
from alerts.services.channels import change_channel, make_channel, remove_channel, renew_secret, send_test
from alerts.services.delivering import try_again
from alerts.wiring import SEALING
from portal.base import clock
from portal.base.models import User
from portal.base.site import is_fragment, page, show
from stores.access import May, is_headquarters, stores_where


@page
def channels(request: HttpRequest) -> HttpResponse:
    """List the channels a person keeps, each with how its last message went."""
    require_channels(request.user)
    lines = channel_lines(channels_of(request.user))
    return show(
        request, "alerts/channels.html", {"title": gettext("Channels"), "lines": lines, "now": clock.now()}
    )


@page
@cache_control(no_store=True)
def new(request: HttpRequest) -> HttpResponse:
    """Make a channel; a webhook's secret is in this one answer only."""
    require_channels(request.user)
    form = _form(request)
    if request.method == "POST" and form.is_valid():
        try:
            made = make_channel(typed=form.cleaned_data, author=cast(User, request.user), sealing=SEALING)
        except AddressRefused as error:
            form.add_error("address", gettext(error.message))
        else:
            return _shown(request, made[0], secret=made[1])
    return show(request, "alerts/channel_new.html", {"title": gettext("New channel"), "form": form})


def _form(request: HttpRequest, channel: Channel | None = None) -> ChannelForm:
    return ChannelForm(
        request.POST if request.method == "POST" else None,
        areas=areas_where(request.user, May.CONTROL),
        stores=stores_where(request.user, May.CONTROL),
        is_everywhere=is_headquarters(request.user),
        channel=channel,
        initial=initial_of(channel) if channel else None,
    )


@page
@cache_control(no_store=True)
def channel(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a channel with its log, and change it; HTMX asks for the log alone."""
    found = channel_for(request.user, pk)
    if is_fragment(request):
        return render(request, "alerts/_log.html", _log(found))
    form = _form(request, found)
    if request.method == "POST" and form.is_valid():
        try:
            change_channel(channel=found, typed=form.cleaned_data, sealing=SEALING)
        except AddressRefused as error:
            form.add_error("address", gettext(error.message))
        else:
            messages.success(request, gettext("Saved."))
            return redirect("channel", pk=pk)
    return _shown(request, found, form=form)


def _log(found: Channel) -> dict[str, Any]:
    return {"channel": found, "log": log_of(found), "now": clock.now()}


def _shown(
    request: HttpRequest, found: Channel, *, form: ChannelForm | None = None, secret: str = ""
) -> HttpResponse:
    if form is None:
        form = ChannelForm(
            areas=areas_where(request.user, May.CONTROL),
            stores=stores_where(request.user, May.CONTROL),
            is_everywhere=is_headquarters(request.user),
            channel=found,
            initial=initial_of(found),
        )
    context = {"title": found.name, "form": form, "secret": secret, **_log(found)}
    return show(request, "alerts/channel.html", context)


@page
@require_POST
@cache_control(no_store=True)
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a test, renew a webhook's secret, or remove a channel."""
    found = channel_for(request.user, pk)
    match request.POST.get("act"):
        case "test":
            send_test(channel=found, author=cast(User, request.user), at=clock.now())
            messages.success(request, gettext("The test is on its way; the log below tells how it went."))
        case "renew" if found.kind == Channel.Kind.WEBHOOK:
            return _shown(request, found, secret=renew_secret(channel=found, sealing=SEALING))
        case "remove":
            remove_channel(channel=found)
            messages.success(request, gettext("“%(name)s” is removed.") % {"name": found.name})
            return redirect("channels")
    return redirect("channel", pk=pk)


@page
@require_POST
def again(request: HttpRequest, pk: int, delivery: int) -> HttpResponse:
    """Try a message again that failed."""
    found = channel_for(request.user, pk)
    if try_again(delivery=delivery_of(found, delivery)):
        messages.success(request, gettext("It is tried again."))
    return redirect("channel", pk=pk)
