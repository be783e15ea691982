"""People's roles: given within one's own, taken, invited by mail, and never the last of headquarters."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.utils.html import strip_tags

from portal.base.models import AuditEntry, User
from portal.home.start import first_page
from stores.access_people import may_grant, may_manage, people_visible_to
from stores.models import Invitation, Membership, Role
from stores.services import invitations as service
from stores.services.people import InvalidMembership, add_membership, deactivate, remove_membership
from tests.stores.conftest import MORNING, Cast, signed_in

PASSWORD = "kamado-9-oven-warm"
GUEST = {"email": "New.Owner@example.com", "language": "ja", "role": "OWNER", "area": "", "store": "JP-001"}


def text_of(answer: Any) -> str:
    return strip_tags(answer.content.decode())


def link_in_mail() -> str:
    found = re.search(r"http://\S+?(/invitations/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


def test_manager_gives_owners_and_viewers_of_the_own_area_only(cast: Cast) -> None:
    kanto, kansai = cast.ginza.area, cast.umeda.area
    assert may_grant(cast.makoto, role=Role.OWNER, area=None, store=cast.ginza)
    assert may_grant(cast.makoto, role=Role.VIEWER, area=kanto, store=None)
    assert not may_grant(cast.makoto, role=Role.OWNER, area=None, store=cast.umeda)
    assert not may_grant(cast.makoto, role=Role.VIEWER, area=kansai, store=None)
    assert not may_grant(cast.makoto, role=Role.AREA_MANAGER, area=kanto, store=None)
    assert not may_grant(cast.makoto, role=Role.VIEWER, area=None, store=None)
    assert not may_grant(cast.owari, role=Role.VIEWER, area=None, store=cast.ginza)
    assert may_grant(cast.hanako, role=Role.HQ, area=None, store=None)


def test_manager_sees_the_own_people_and_manages_those_with_no_role_elsewhere(cast: Cast) -> None:
    seen = set(people_visible_to(cast.makoto).values_list("username", flat=True))
    assert seen == {"makoto", "owari", "miru"}
    assert may_manage(cast.makoto, cast.owari)
    add_membership(person=cast.owari, role=Role.OWNER, area=None, store=cast.umeda)
    assert not may_manage(cast.makoto, cast.owari)
    assert not may_manage(cast.makoto, cast.makoto)


def test_page_of_a_stranger_is_404_and_of_people_403_for_an_owner(cast: Cast) -> None:
    assert signed_in(cast.makoto).get(f"/people/{cast.kenji.pk}/").status_code == 404
    assert signed_in(cast.owari).get("/people/").status_code == 403
    assert "owari" in text_of(signed_in(cast.makoto).get("/people/"))
    assert "kenji" not in text_of(signed_in(cast.makoto).get("/people/"))


def test_role_is_given_and_taken_on_the_page(cast: Cast) -> None:
    client, page = signed_in(cast.makoto), f"/people/{cast.miru.pk}/"
    client.post(f"{page}roles/add/", {"role": "OWNER", "store": "JP-002"})
    made = Membership.objects.get(user=cast.miru, role="OWNER")
    assert made.store == cast.shinjuku
    answer = client.post(f"{page}roles/add/", {"role": "OWNER", "store": "JP-101"})
    assert answer.status_code == 422
    assert "There is no store with this code." in text_of(answer)
    client.post(f"{page}roles/{made.pk}/remove/")
    assert not Membership.objects.filter(pk=made.pk).exists()
    assert AuditEntry.objects.filter(kind="stores_membership", actor_id=cast.makoto.pk).count() == 2


def test_manager_cannot_take_a_role_they_could_not_give(cast: Cast) -> None:
    higher = Membership.objects.create(user=cast.miru, role=Role.ANALYST, area=cast.ginza.area)
    address = f"/people/{cast.miru.pk}/roles/{higher.pk}/remove/"
    assert signed_in(cast.makoto).post(address).status_code == 403
    assert Membership.objects.filter(pk=higher.pk).exists()


def test_last_of_headquarters_stays(cast: Cast) -> None:
    only = Membership.objects.get(role=Role.HQ)
    with pytest.raises(InvalidMembership, match="last at headquarters"):
        remove_membership(membership=only)
    second = User.objects.create_user("hideo")
    add_membership(person=second, role=Role.HQ, area=None, store=None)
    second.refresh_from_db()
    assert second.is_staff
    assert deactivate(person=cast.hanako, by=second)
    with pytest.raises(InvalidMembership, match="last at headquarters"):
        remove_membership(membership=Membership.objects.get(user=second))


def test_deactivated_person_is_told_what_they_lose_and_is_out_at_once(cast: Cast) -> None:
    cast.owari.set_password(PASSWORD)
    cast.owari.save()
    owner, hq = Client(), signed_in(cast.hanako)
    owner.post("/login/", {"username": "owari", "password": PASSWORD})
    page = text_of(hq.get(f"/people/{cast.owari.pk}/deactivate/"))
    assert "Without an owner then: JP-001 Ginza" in " ".join(page.split())
    assert owner.get("/").status_code == 200
    hq.post(f"/people/{cast.owari.pk}/deactivate/")
    assert owner.get("/").status_code == 302
    hq.post(f"/people/{cast.owari.pk}/reactivate/")
    assert owner.get("/").status_code == 302
    assert signed_in(cast.owari).get("/stores/JP-001/").status_code == 200


def test_only_headquarters_brings_back_whom_it_deactivated(cast: Cast) -> None:
    manager = signed_in(cast.makoto)
    signed_in(cast.hanako).post(f"/people/{cast.owari.pk}/deactivate/")
    page = manager.post(f"/people/{cast.owari.pk}/reactivate/", follow=True)
    assert "was deactivated by headquarters. Ask there." in text_of(page)
    cast.owari.refresh_from_db()
    assert not cast.owari.is_active
    signed_in(cast.hanako).post(f"/people/{cast.owari.pk}/reactivate/")
    manager.post(f"/people/{cast.owari.pk}/deactivate/")
    manager.post(f"/people/{cast.owari.pk}/reactivate/")
    cast.owari.refresh_from_db()
    assert cast.owari.is_active


def test_nobody_deactivates_themselves(cast: Cast) -> None:
    hq = signed_in(cast.hanako)
    answer = hq.post(f"/people/{cast.hanako.pk}/deactivate/", follow=True)
    assert "You cannot deactivate yourself." in text_of(answer)
    assert hq.get("/").status_code == 200


def test_invited_makes_their_account_once(cast: Cast) -> None:
    assert signed_in(cast.makoto).post("/people/invite/", GUEST).status_code == 302
    assert mail.outbox[-1].to == ["new.owner@example.com"]
    assert mail.outbox[-1].subject == "Kamadoのアカウントのご案内"
    assert "店舗オーナー" in str(mail.outbox[-1].body) or "オーナー" in str(mail.outbox[-1].body)
    link, guest = link_in_mail(), Client(headers={"accept-language": "en"})
    assert "アカウントを作成" in text_of(guest.get(link))
    said = {"username": "atarashi", "last_name": "新", "first_name": "花", "password1": PASSWORD}
    assert guest.post(link, said | {"password2": "something else"}).status_code == 422
    assert guest.post(link, said | {"username": "owari", "password2": PASSWORD}).status_code == 422
    assert guest.post(link, said | {"password2": PASSWORD}).status_code == 302
    made = User.objects.get(username="atarashi")
    assert (made.email, made.language, made.is_staff) == ("new.owner@example.com", "ja", False)
    assert made.check_password(PASSWORD)
    assert first_page(made) == "/stores/JP-001/"
    assert "has been used" in text_of(guest.get(link))
    entry = AuditEntry.objects.get(kind="base_user", person_id=made.pk, operation="INSERT")
    assert entry.actor_name == "new.owner@example.com"


def test_weak_password_is_refused_in_words(cast: Cast) -> None:
    signed_in(cast.hanako).post("/people/invite/", GUEST)
    said = {"username": "atarashi", "password1": "password12", "password2": "password12"}
    assert Client().post(link_in_mail(), said).status_code == 422
    assert not User.objects.filter(username="atarashi").exists()


def test_old_replaced_withdrawn_and_broken_links_say_what_to_do(cast: Cast) -> None:
    hq, guest = signed_in(cast.hanako), Client(headers={"accept-language": "en"})
    hq.post("/people/invite/", GUEST)
    first, invitation = link_in_mail(), Invitation.objects.get()
    hq.post(f"/people/invitations/{invitation.pk}/resend/")
    assert "Use the link in the newest one" in text_of(guest.get(first))
    newest = link_in_mail()
    assert "Copy the whole line" in text_of(guest.get(newest[:-4] + "/"))
    Invitation.objects.update(expires_at=MORNING - timedelta(days=400))
    assert "send it again" in text_of(guest.get(newest))
    assert "The link is too old." in text_of(hq.get("/people/"))
    hq.post(f"/people/invitations/{invitation.pk}/withdraw/")
    assert "withdrawn" in text_of(guest.get(newest))
    assert guest.get(newest).status_code == 410


def test_mail_that_is_not_taken_keeps_the_invitation(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(self: object, messages: object) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailBackend, "send_messages", down)
    answer = signed_in(cast.hanako).post("/people/invite/", GUEST, follow=True)
    assert "The mail server did not take the mail" in text_of(answer)
    assert "The mail has not gone out." in text_of(answer)


def test_known_address_is_not_invited_again(cast: Cast) -> None:
    User.objects.filter(pk=cast.kenji.pk).update(email="new.owner@example.com")
    answer = signed_in(cast.hanako).post("/people/invite/", GUEST)
    assert "kenji signs in with this address already" in text_of(answer)
    assert not Invitation.objects.exists()


def test_manager_sees_the_invitations_they_could_have_sent(cast: Cast) -> None:
    for code in ("JP-001", "JP-101"):
        signed_in(cast.hanako).post(
            "/people/invite/", GUEST | {"store": code, "email": f"{code}@example.com"}
        )
    page = text_of(signed_in(cast.makoto).get("/people/"))
    assert "jp-001@example.com" in page
    assert "jp-101@example.com" not in page
    hidden = Invitation.objects.get(email="jp-101@example.com")
    assert signed_in(cast.makoto).post(f"/people/invitations/{hidden.pk}/withdraw/").status_code == 404


def test_same_link_accepted_twice_at_once_makes_one_account(cast: Cast) -> None:
    invitation, _sent = service.invite(
        guest=service.Guest("a@example.com", "en", Role.OWNER, store=cast.ginza),
        author=cast.hanako,
        at=MORNING,
    )
    account = service.NewAccount("atarashi", PASSWORD, "", "")
    service.accept(invitation=invitation, account=account, at=MORNING)
    with pytest.raises(service.InvalidInvitation, match="has been used"):
        service.accept(
            invitation=invitation, account=service.NewAccount("nisemono", PASSWORD, "", ""), at=MORNING
        )


def test_each_role_begins_where_its_work_is(cast: Cast) -> None:
    analyst = User.objects.create_user("bunseki")
    Membership.objects.create(user=analyst, role=Role.ANALYST, area=cast.ginza.area)
    assert first_page(cast.hanako) == "/"
    assert first_page(cast.makoto) == f"/?area={cast.ginza.area_id}"
    assert first_page(cast.owari) == "/stores/JP-001/"
    assert first_page(analyst) == "/gallery/"
    assert first_page(cast.miru) == "/"
    add_membership(person=cast.owari, role=Role.OWNER, area=None, store=cast.shinjuku)
    assert first_page(cast.owari) == "/"
    assert signed_in(cast.owari).get("/start/")["Location"] == "/"


def test_sidebar_holds_only_what_the_role_may_open(cast: Cast) -> None:
    page = signed_in(cast.makoto).get("/").content.decode()
    assert 'href="/people/"' in page
    assert 'href="/audit/"' not in page
    assert 'href="/people/"' not in signed_in(cast.owari).get("/").content.decode()
    hq = signed_in(cast.hanako).get("/").content.decode()
    assert 'href="/audit/"' in hq
    assert "base/user" not in hq


def test_list_of_people_asks_a_fixed_number_of_queries(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    for number in range(60):
        person = User.objects.create_user(f"viewer-{number:02}")
        Membership.objects.create(user=person, role=Role.VIEWER, store=cast.ginza)
    client = signed_in(cast.hanako)
    with django_assert_max_num_queries(14):
        page = client.get("/people/")
    assert "More people" in text_of(page)
    assert "viewer-59" in text_of(client.get("/people/?q=viewer-59&role=VIEWER"))


def test_name_that_differs_in_capitals_alone_is_taken(cast: Cast) -> None:
    signed_in(cast.hanako).post("/people/invite/", GUEST)
    said = {"username": "Hanako", "password1": PASSWORD, "password2": PASSWORD}
    answer = Client(headers={"accept-language": "en"}).post(link_in_mail(), said)
    assert answer.status_code == 422
    assert not User.objects.filter(username="Hanako").exists()


def test_invitation_of_somebody_deactivated_waits_for_a_colleague(cast: Cast) -> None:
    signed_in(cast.makoto).post("/people/invite/", GUEST)
    deactivate(person=cast.makoto, by=cast.hanako)
    guest = Client(headers={"accept-language": "en"})
    assert guest.get(link_in_mail()).status_code == 410
    signed_in(cast.hanako).post(f"/people/invitations/{Invitation.objects.get().pk}/resend/")
    assert guest.get(link_in_mail()).status_code == 200


def test_nobody_takes_their_own_second_factor_without_a_proof(cast: Cast) -> None:
    Authenticator.objects.create(user=cast.hanako, type=Authenticator.Type.TOTP, data={})
    address = f"/people/{cast.hanako.pk}/second-factors/remove/"
    assert signed_in(cast.hanako).post(address).status_code == 403
    assert Authenticator.objects.filter(user=cast.hanako).exists()
