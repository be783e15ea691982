"""The import and export pages: first look, then write."""

from __future__ import annotations

import io
from typing import Any

from django.test import Client
from django.urls import reverse

from portal.base.models import User
from stores.models import Store
from stores.selectors.rules import weeks_of
from tests.stores.conftest import Cast, signed_in

TEXT = "code,name,area,timezone,opening_hours\nJP-500,Ueno,Kanto,Asia/Tokyo,{}\n"


def upload(client: Client, text: str) -> Any:
    file = io.BytesIO(text.encode())
    file.name = "chain.csv"
    return client.post(reverse("stores-import"), {"file": file})


def test_file_is_checked_then_confirmed(cast: Cast) -> None:
    client = signed_in(cast.hanako)
    checked = upload(client, TEXT.format("Mo 07:00-09:00"))
    assert "JP-500" in checked.content.decode()
    assert not Store.objects.filter(code="JP-500").exists()
    token = checked.context["token"]
    other = signed_in(User.objects.create_superuser("root"))
    assert other.post(reverse("stores-import-confirm"), {"token": token}).status_code == 400
    assert client.post(reverse("stores-import-confirm"), {"token": token}).status_code == 302
    assert weeks_of([Store.objects.get(code="JP-500").pk])


def test_broken_file_names_its_lines_and_offers_no_confirmation(cast: Cast) -> None:
    page = upload(signed_in(cast.hanako), TEXT.format("PH off"))
    assert "Column 1, “PH”" in page.content.decode()
    assert page.context["token"] == ""


def test_file_that_is_none_is_refused_on_the_form(cast: Cast) -> None:
    assert "Missing: code" in upload(signed_in(cast.hanako), "hello").content.decode()


def test_unchanged_file_offers_no_confirmation(cast: Cast) -> None:
    client = signed_in(cast.hanako)
    export = client.get(reverse("stores-export")).content.decode()
    page = upload(client, export)
    assert "Nothing changed" in page.content.decode()
    assert page.context["token"] == ""


def test_export_opens_in_excel(cast: Cast) -> None:
    response = signed_in(cast.hanako).get(reverse("stores-export"))
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response.content.startswith(b"\xef\xbb\xbfcode,name")
    assert "JP-001,Ginza,Kanto,Asia/Tokyo,JP,,Mo-Sa 07:00-20:00" in response.content.decode()
