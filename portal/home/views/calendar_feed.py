"""A calendar feed, read by calendar programs without signing in: its address is the key."""

from __future__ import annotations

import hashlib
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from models_registry.selectors.store_plans import plan_days
from portal.base import clock
from portal.base.errors import NotFound
from portal.base.limits import is_over
from stores.access import stores_visible_to
from stores.models import CalendarFeed
from stores.selectors.calendar_feed import Feed, feed_bytes, feed_of
from stores.services.calendar_feeds import FeedOver, note_read, read_feed

READS, SECONDS = 60, 600


@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """Send the windows that the feed's person may still see; 304 where the reader has them already."""
    at = clock.now()
    try:
        feed = read_feed(token=token)
    except FeedOver as error:
        return HttpResponse(error.message, content_type="text/plain; charset=utf-8", status=410)
    if is_over(f"calendar:{feed.pk}", limit=READS, seconds=SECONDS):
        said = gettext("This calendar is read too often. Once in some hours is enough.")
        headers = {"Retry-After": str(SECONDS)}
        return HttpResponse(said, content_type="text/plain; charset=utf-8", status=429, headers=headers)
    content = _content(feed, at)
    digest = hashlib.sha256(content).hexdigest()
    changed_at = note_read(feed=feed, digest=digest, at=at)
    headers = {"Content-Disposition": 'inline; filename="kamado.ics"', "Cache-Control": "private, no-cache"}
    answer = HttpResponse(content, content_type="text/calendar; charset=utf-8", headers=headers)
    answer["ETag"] = quote_etag(digest)
    answer["Last-Modified"] = changed_at.strftime("%a, %d %b %Y %H:%M:%S GMT")
    return (
        get_conditional_response(
            request, etag=answer["ETag"], last_modified=int(changed_at.timestamp()), response=answer
        )
        or answer
    )


def _content(feed: CalendarFeed, at: datetime) -> bytes:
    visible = stores_visible_to(feed.user)
    with translation.override(feed.user.language):
        shown = feed_of(feed, visible, at=at, host=urlsplit(settings.PUBLIC_URL).hostname or "kamado")
        if not shown.stores:
            raise NotFound(gettext("There is no such calendar."))
        return feed_bytes(shown, ready=_ready(shown) if feed.has_ready else {}, stamp=feed.issued_at)


def _ready(shown: Feed) -> dict[int, list[tuple[int, int]]]:
    days = (shown.last_on - shown.first_on).days + 1
    plans = plan_days(shown.stores, first_on=shown.first_on, days=days)
    return {plan.store.pk: [(window.start, window.end) for window in plan.ready] for plan in plans}
