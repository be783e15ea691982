"""The till: a page for a tablet beside the bread tray. All it does goes through the API of the registers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import cache_control

from detections.access import WORKS_THE_TILL, issue_pass
from detections.models import Product
from detections.selectors.log import products_by_label
from detections.views.till_words import WORDS
from portal.base import clock
from portal.base.models import User
from portal.base.site import page
from stores.access import store_for
from stores.models import Store

WORKER = "kamado/till/worker.js"


@page
@cache_control(no_cache=True, private=True)
def till(request: HttpRequest, code: str) -> HttpResponse:
    """Show the page; it holds no pass, so that a browser may keep it for days without network."""
    store = store_for(request.user, code, WORKS_THE_TILL)
    words = {name: str(text) for name, text in WORDS.items()}
    return render(request, "detections/till.html", {"store": store, "config": _config(store), "words": words})


@page
@cache_control(no_store=True)
def till_pass(request: HttpRequest, code: str) -> HttpResponse:
    """Give the page a pass for the API, and the instant by our clock."""
    store, at = store_for(request.user, code, WORKS_THE_TILL), clock.now()
    token = issue_pass(user=cast(User, request.user), store=store, at=at)
    return JsonResponse({"token": token, "now": at.isoformat()})


@cache_control(no_cache=True)
def till_worker(request: HttpRequest) -> HttpResponse:
    """Send the service worker from below /till/, because it may only look after pages beside it."""
    return HttpResponse(Path(str(finders.find(WORKER))).read_bytes(), content_type="text/javascript")


def _config(store: Store) -> dict[str, Any]:
    here = reverse("till", args=[store.code])
    return {
        "code": store.code,
        "timezone": store.timezone,
        "language": get_language(),
        "api": reverse("api-1:api-root").rstrip("/"),
        "pass": reverse("till-pass", args=[store.code]),
        "worker": reverse("till-worker"),
        "store": reverse("store", args=[store.code]),
        "sign_in": f"{reverse('login')}?{urlencode({'next': here})}",
        "products": [_product(each) for each in products_by_label(store).values()],
    }


def _product(product: Product) -> dict[str, Any]:
    """Return a product in the reader's language; the other name is for searching."""
    names = (product.name_ja, product.name_en)
    name, other = names if get_language() == "ja" else names[::-1]
    return {
        "label": product.label,
        "name": name,
        "other": other,
        "price": str(product.price),
        "currency": product.currency,
    }
