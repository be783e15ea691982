"""The trail as people read it: sentences, filters, paging, files, and who may read which."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import translation
from django.utils.html import strip_tags

from detections.services.keys import make_key
from portal.base.audit.acting import Actor, acting
from portal.base.models import AuditEntry, User
from portal.home.audit.sentences import Telling, sentence_of
from portal.home.audit.trail import PAGE, TrailFilter, trail_page
from portal.home.audit.words import names_of
from stores.models import Area, Membership, Role, SpecialDay, Store
from stores.services.hours import replace_week
from tests.home.conftest import Street
from tests.models_registry.conftest import tokyo

FRIDAY_LATER = [((420, 1140),)] * 4 + [((420, 1200),)] + [((420, 1140),)] * 2


def hanako() -> Actor:
    return Actor("POST /stores/asakusa/hours/", 4711, "Hanako", "192.0.2.7")


def told(**chosen: object) -> list[str]:
    entries = list(AuditEntry.objects.filter(**chosen).order_by("id"))
    names = names_of(entries)
    with translation.override("en"):
        return [sentence_of(Telling(each, names, "Asia/Tokyo", tokyo(2, 9))) for each in entries]


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return strip_tags(answer.content.decode())


def test_sentences_say_who_did_what(street: Street) -> None:
    store = street.asakusa
    person = User.objects.create_user("owari")
    before = AuditEntry.objects.order_by("-id").values_list("id", flat=True)[0]
    with acting(hanako):
        replace_week(store=store, weekly=FRIDAY_LATER)
        SpecialDay.objects.create(store=store, on="2026-12-31", kind="CLOSED")
        SpecialDay.objects.create(on="2027-01-01", kind="HOURS", hours=[[600, 900]])
        Store.objects.filter(pk=store.pk).update(control="HANDS_OFF")
        Store.objects.filter(pk=store.pk).update(open_buffer_minutes=10, close_buffer_minutes=10)
        Membership.objects.create(user=person, role=Role.OWNER, store=store)
        User.objects.filter(pk=person.pk).update(is_active=False)
        make_key(store=store, name="Left 100% till", author=None)
        street.deployment.assignments.all().delete()
    assert told(id__gt=before) == [
        "Hanako changed closing of asakusa Asakusa on Friday from 19:00 to 20:00.",
        "Hanako set 2026-12-31 for asakusa Asakusa: Closed.",
        "Hanako set 2027-01-01 for the whole franchise: 10:00–15:00.",
        "Hanako changed control of the store asakusa Asakusa from Automatic to Hands off.",
        "Hanako changed minutes after closing, minutes before opening of the store asakusa Asakusa.",
        "Hanako made owari Store owner of asakusa Asakusa.",
        "Hanako deactivated owari.",
        "Hanako made the API key “Left 100% till” for asakusa Asakusa.",
        "Hanako took asakusa Asakusa out of the deployment asakusa.",
    ]


def test_moved_store_names_both_areas(street: Street) -> None:
    with acting(lambda: Actor("command import_stores")):
        Store.objects.filter(pk=street.asakusa.pk).update(area=street.umeda.area)
    said = "changed area of the store asakusa Asakusa from Kantō to Kansai."
    assert told(kind="stores_store", operation="UPDATE") == [f"Command import_stores {said}"]


def test_page_filters_by_person_kind_store_object_and_dates(street: Street, hq: Client) -> None:
    with acting(hanako):
        replace_week(store=street.asakusa, weekly=FRIDAY_LATER)
    assert "changed closing of asakusa Asakusa" in text_of(hq, "/audit/?kind=stores_openinghours")
    assert "changed closing" not in text_of(hq, "/audit/?kind=stores_area")
    assert "changed closing" in text_of(hq, "/audit/?store=asakusa")
    assert "changed closing" not in text_of(hq, "/audit/?store=umeda")
    assert "There is no store with this code." in text_of(hq, "/audit/?store=nowhere")
    assert "Nobody signs in by this name." in text_of(hq, "/audit/?who=nobody")
    assert "No change matches." in text_of(hq, "/audit/?last_on=2020-01-01")
    assert "changed closing" in text_of(hq, "/audit/?first_on=2020-01-01")


def test_pages_follow_each_other_without_a_gap(db: None) -> None:
    Area.objects.bulk_create(Area(name=f"Area {number}") for number in range(2 * PAGE + 5))
    seen: list[int] = []
    after = ""
    while True:
        found = trail_page(TrailFilter(kind="stores_area"), after=after)
        seen += [entry.pk for entry in found.entries]
        after = found.after
        if not after:
            break
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == len(seen) == 2 * PAGE + 5


def test_history_of_a_person_holds_what_they_did_and_what_was_done_to_them(db: None) -> None:
    person = User.objects.create_user("owari")
    with acting(lambda: Actor("POST /", person.pk, "owari")):
        Area.objects.create(name="Kanto")
        User.objects.filter(pk=person.pk).update(language="en")
    found = trail_page(TrailFilter(actor=person.pk, about=person.pk), after="").entries
    assert [entry.kind for entry in found] == ["base_user", "stores_area", "base_user"]


def test_owner_reads_the_history_of_their_store_without_addresses(
    street: Street, sign_in: Callable[..., Client]
) -> None:
    owner = sign_in("olga", Role.OWNER, store=street.asakusa)
    with acting(hanako):
        replace_week(store=street.asakusa, weekly=FRIDAY_LATER)
        SpecialDay.objects.create(area=street.asakusa.area, on="2026-12-30", kind="CLOSED")
        SpecialDay.objects.create(area=street.umeda.area, on="2026-12-29", kind="CLOSED")
    page = text_of(owner, "/stores/asakusa/history/")
    assert "on Friday from 19:00 to 20:00" in page
    assert "2026-12-30" in page
    assert "2026-12-29" not in page
    assert "Umeda" not in page
    assert "192.0.2.7" not in page
    assert owner.get("/audit/").status_code == 403
    lines = b"".join(owner.get("/stores/asakusa/history.csv").streaming_content).decode()
    assert "on Friday from 19:00 to 20:00" in lines
    assert "192.0.2.7" not in lines


def test_headquarters_sees_the_address_and_the_file_holds_all(street: Street, hq: Client) -> None:
    with acting(hanako):
        replace_week(store=street.asakusa, weekly=FRIDAY_LATER)
    assert "192.0.2.7" in text_of(hq, "/audit/?kind=stores_openinghours")
    lines = b"".join(hq.get("/audit.csv?kind=stores_openinghours").streaming_content).decode()
    assert lines.count("stores_openinghours") == AuditEntry.objects.filter(kind="stores_openinghours").count()
    assert "changed closing" in text_of(hq, f"/stores/{street.asakusa.code}/history/")
    assert "made the deployment" in text_of(hq, f"/deployments/{street.deployment.pk}/history/")


def test_japanese_reads_as_japanese(street: Street, hq: Client) -> None:
    with acting(hanako):
        replace_week(store=street.asakusa, weekly=FRIDAY_LATER)
    answer = hq.get("/audit/?kind=stores_openinghours", headers={"accept-language": "ja"})
    said = "Hanakoがasakusa Asakusaの金曜日の閉店を19:00から20:00に変更しました。"
    assert said in strip_tags(answer.content.decode())


@pytest.mark.parametrize("address", ["/audit/", "/stores/asakusa/history/"])
def test_page_asks_a_fixed_number_of_queries(
    street: Street, hq: Client, django_assert_max_num_queries: Callable[..., object], address: str
) -> None:
    with acting(hanako):
        for number in range(30):
            Store.objects.filter(pk=street.asakusa.pk).update(name=f"Asakusa {number}")
            SpecialDay.objects.create(store=street.asakusa, on=f"2027-01-{number + 1:02}")
    hq.get(address)
    with django_assert_max_num_queries(16):  # type: ignore[attr-defined]
        hq.get(address)
