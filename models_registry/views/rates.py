"""Exchange rates: which hold, how old they are, and in which currency one sees money."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from models_registry.forms.rates import CurrencyForm, RateForm, RatesFileForm
from models_registry.selectors.currencies import currencies_to_choose, rate_rows
from models_registry.services.currencies import choose_currency, import_rates, remove_rate, save_rates
from portal.base import clock
from portal.base.models import User
from portal.base.site import page, show
from stores.access import May, is_headquarters, require
from stores.forms.saving import is_saved


@page
def rates(request: HttpRequest) -> HttpResponse:
    """List the rates; headquarters adds one."""
    form = RateForm(request.POST or None, initial={"valid_from": clock.now().date()})
    if request.method == "POST":
        require(request.user, May.RUN_FRANCHISE)
        if form.is_valid() and is_saved(form, lambda: save_rates([form.rate()])):
            messages.success(request, gettext("The rate is saved."))
            return redirect("spend-rates")
    return _page(request, form=form)


def _page(request: HttpRequest, **bound: Any) -> HttpResponse:
    person = cast(User, request.user)
    context = {
        "title": gettext("Exchange rates"), "rows": rate_rows(today=clock.now().date()),
        "currency_form": CurrencyForm(codes=currencies_to_choose(), chosen=person.currency),
        "file_form": RatesFileForm(), "may_edit": is_headquarters(person),
        "next": _ours(request, request.GET.get("next", "")),
    }  # fmt: skip
    return show(request, "models_registry/rates.html", context | bound)


@page
@require_POST
def rates_import(request: HttpRequest) -> HttpResponse:
    """Take a CSV file of rates, all or none of it."""
    require(request.user, May.RUN_FRANCHISE)
    form = RatesFileForm(request.POST, request.FILES)
    if form.is_valid() and is_saved(form, lambda: _import(request, form)):
        return redirect("spend-rates")
    return _page(request, form=RateForm(), file_form=form)


def _import(request: HttpRequest, form: RatesFileForm) -> None:
    done = import_rates(form.cleaned_data["file"].read())
    said = gettext("%(new)d new rates, %(changed)d replaced.")
    messages.success(request, said % {"new": done.new, "changed": done.changed})


@page
@require_POST
def rate_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a mistaken rate away."""
    require(request.user, May.RUN_FRANCHISE)
    remove_rate(pk=pk)
    messages.success(request, gettext("The rate is taken away; the one before it holds again."))
    return redirect("spend-rates")


@page
@require_POST
def currency_choose(request: HttpRequest) -> HttpResponse:
    """Choose in which currency one sees money, and go back to where one was."""
    person = cast(User, request.user)
    form = CurrencyForm(request.POST, codes=currencies_to_choose(), chosen=person.currency)
    if form.is_valid():
        choose_currency(person=person, code=form.cleaned_data["currency"])
    return redirect(_ours(request, request.POST.get("next", "")) or "spend-rates")


def _ours(request: HttpRequest, address: str) -> str:
    """Return an address of our own site; nothing for any other."""
    return address if url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()}) else ""
