"""A person's calendar feeds: made, rotated, revoked."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from portal.base.clock import now
from portal.base.mail import public_address
from portal.base.models import User
from portal.base.site import page, show
from stores.access import areas_visible_to, stores_visible_to
from stores.forms.calendars import FeedForm
from stores.selectors.calendar_feed import feeds_of
from stores.services.calendar_feeds import add_feed, feed_token, revoke_feed, rotate_feed

CHOICES = 200


@page
def calendars(request: HttpRequest) -> HttpResponse:
    """List the person's feeds with their addresses, and make one."""
    user, stores = cast(User, request.user), stores_visible_to(request.user)
    form = FeedForm(request.POST or None, stores=stores, areas=areas_visible_to(user))
    if form.is_valid():
        add_feed(user=user, **form.order(), at=now())
        messages.success(request, gettext("The calendar is ready. Copy its address into your calendar."))
        return redirect("calendars")
    feeds = [
        (feed, public_address(reverse("calendar-feed", args=[feed_token(feed)]))) for feed in feeds_of(user)
    ]
    context = {"title": gettext("Calendar feeds"), "form": form, "feeds": feeds}
    context["choices"] = stores.order_by("code").values_list("code", "name")[:CHOICES]
    return show(request, "stores/calendars.html", context)


@page
@require_POST
def calendar_act(request: HttpRequest, pk: int) -> HttpResponse:
    """Give one of the person's feeds a new address, or end it."""
    feed = get_object_or_404(feeds_of(cast(User, request.user)), pk=pk)
    if "rotate" in request.POST:
        rotate_feed(feed=feed)
        messages.success(request, gettext("The calendar has a new address; the old one works no more."))
    else:
        revoke_feed(feed=feed, at=now())
        messages.success(request, gettext("The calendar is ended."))
    return redirect("calendars")
