"""Messages from sweep to mailbox: one cause is one message, reminders, ends, quiet hours, a double beat."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection

from alerts.domain.kinds import Kind
from alerts.domain.ports import CannotDeliver, Letter
from alerts.domain.wanted import Ref, Subject, Wanted
from alerts.models import Alert, Channel, Delivery, NotificationWishes, Told
from alerts.services.acting import acknowledge, snooze
from alerts.services.delivering import deliver, try_again
from alerts.services.sweep import settle
from alerts.services.telling import write_messages
from stores.models import Area, Role, Store
from tests.alerts.conftest import Bakery, person
from tests.models_registry.conftest import tokyo

AT = tokyo(2, 9)
SETTLED = AT + timedelta(seconds=30)


class Pigeon:
    """A carrier that keeps what it was given, and drops as many letters as it is told to."""

    def __init__(self, drops: int = 0, *, retryable: bool = True) -> None:
        self.mails: list[tuple[str, Letter]] = []
        self.posts: list[tuple[str, Letter]] = []
        self.drops, self.retryable = drops, retryable

    def mail(self, to: str, letter: Letter) -> None:
        self._drop()
        self.mails.append((to, letter))

    def post(self, kind: str, sealed_address: str, sealed_secret: str, letter: Letter, *, now: int) -> None:
        self._drop()
        self.posts.append((kind, letter))

    def _drop(self) -> None:
        if self.drops:
            self.drops -= 1
            raise CannotDeliver("The post office burns.", retryable=self.retryable)


def send(pigeon: Pigeon, at: object) -> None:
    deliver(carrier=pigeon, now=lambda: at, is_time=lambda: True)  # type: ignore[arg-type,return-value]


def late(stores: list[Store], cause: str = "AWS_DOWN") -> set[Wanted]:
    """Photos of stores fail for one reason."""
    return {
        Wanted(Kind.ERROR_RATE, Ref(Subject.STORE, each.pk), cause, 1, params={"percent": 40})
        for each in stores
    }


def ring(wanted: set[Wanted], at: object = AT) -> None:
    settle(wanted, kinds=frozenset({Kind.ERROR_RATE, Kind.SLOW}), at=at)  # type: ignore[arg-type]


@pytest.fixture
def chain(db: None) -> list[Store]:
    area = Area.objects.create(name="Chain")
    return Store.objects.bulk_create(
        Store(code=f"s{n:03}", name=f"Store {n}", area=area, timezone="Asia/Tokyo") for n in range(300)
    )


def test_one_cause_300_stores_one_message(chain: list[Store], django_assert_max_num_queries) -> None:
    hq = person("hanako", Role.HQ)
    owner = person("taro", Role.OWNER, store=chain[7])
    ring(late(chain))
    assert write_messages(at=AT) == 0
    with django_assert_max_num_queries(25):
        assert write_messages(at=SETTLED) == 2
    to_hq = Delivery.objects.get(user=hq)
    assert to_hq.count == 300
    assert to_hq.subject == "Critical: Photos without an answer – 300 places"
    assert "and 288 more" in to_hq.body
    assert "/alerts/?group=ERROR_RATE%3AAWS_DOWN%3A1" in to_hq.body
    assert Delivery.objects.get(user=owner).subject == "Critical: Photos without an answer – s007 Store 7"
    assert write_messages(at=SETTLED + timedelta(minutes=1)) == 0


def test_another_cause_is_another_message(chain: list[Store]) -> None:
    person("hanako", Role.HQ)
    ring(late(chain[:3]) | late(chain[3:5], "THROTTLED"))
    assert write_messages(at=SETTLED) == 2
    assert sorted(Delivery.objects.values_list("count", flat=True)) == [2, 3]


def test_reminders_come_until_somebody_takes_it_on(chain: list[Store]) -> None:
    hq = person("hanako", Role.HQ)
    ring(late(chain[:2]))
    write_messages(at=SETTLED)
    assert write_messages(at=SETTLED + timedelta(minutes=119)) == 0
    assert write_messages(at=SETTLED + timedelta(hours=2)) == 1
    assert Delivery.objects.latest("id").subject.startswith("Reminder: Photos")
    acknowledge(alerts=Alert.objects.all(), author=hq, note="", at=SETTLED)
    assert write_messages(at=SETTLED + timedelta(hours=9)) == 0


def test_snooze_silences_until_it_ends(chain: list[Store]) -> None:
    hq = person("hanako", Role.HQ)
    ring(late(chain[:1]))
    snooze(alerts=Alert.objects.all(), author=hq, until=AT + timedelta(hours=4), at=AT)
    assert write_messages(at=AT + timedelta(hours=3)) == 0
    assert write_messages(at=AT + timedelta(hours=4)) == 1


def test_end_is_told_to_those_who_heard_of_the_beginning(chain: list[Store]) -> None:
    person("hanako", Role.HQ)
    ring(late(chain[:1]))
    write_messages(at=SETTLED)
    person("late-comer", Role.HQ)
    ring(set(), AT + timedelta(minutes=14))
    assert write_messages(at=AT + timedelta(minutes=15)) == 1
    assert (
        Delivery.objects.latest("id").subject == "Over after 14 min: Photos without an answer – s000 Store 0"
    )
    assert write_messages(at=AT + timedelta(minutes=30)) == 0


def test_what_ends_before_it_is_told_is_never_told(chain: list[Store]) -> None:
    person("hanako", Role.HQ)
    ring(late(chain[:1]))
    ring(set(), AT + timedelta(seconds=20))
    assert write_messages(at=AT + timedelta(minutes=5)) == 0


def test_quiet_hours_wait_for_the_morning(chain: list[Store]) -> None:
    user = person("hanako", Role.HQ)
    NotificationWishes.objects.create(user=user, timezone="Asia/Tokyo", critical_breaks_quiet=False)
    ring(late(chain[:1]), tokyo(2, 23))
    assert write_messages(at=tokyo(3, 5, 59)) == 0
    assert write_messages(at=tokyo(3, 6)) == 1


def test_each_reads_their_own_language(chain: list[Store]) -> None:
    person("hanako", Role.HQ, language="ja")
    ring(late(chain[:1]))
    write_messages(at=SETTLED)
    said = Delivery.objects.get()
    assert said.subject == "重大: 答えの出ない写真 – s000 Store 0"
    assert "Photos" not in said.body


def test_channel_of_an_area_hears_only_of_its_stores(chain: list[Store], bakery: Bakery) -> None:
    kansai = Area.objects.create(name="Kansai")
    umeda = bakery("umeda", area=kansai)
    Channel.objects.create(name="Kansai chat", kind="SLACK", area=kansai, sealed_address="x")
    Channel.objects.create(name="HQ chat", kind="SLACK", sealed_address="x", language="en")
    Channel.objects.create(name="Off", kind="SLACK", sealed_address="x", is_active=False)
    ring(late([*chain[:4], umeda]))
    write_messages(at=SETTLED)
    assert dict(Delivery.objects.values_list("channel__name", "count")) == {"Kansai chat": 1, "HQ chat": 5}


def test_failed_letter_is_tried_again_later_and_later(chain: list[Store]) -> None:
    person("hanako", Role.HQ)
    ring(late(chain[:1]))
    write_messages(at=SETTLED)
    pigeon = Pigeon(drops=2)
    send(pigeon, SETTLED)
    letter = Delivery.objects.get()
    assert (letter.state, letter.attempts, letter.error) == ("FAILED", 1, "The post office burns.")
    send(pigeon, SETTLED + timedelta(seconds=29))
    send(pigeon, SETTLED + timedelta(seconds=30))
    send(pigeon, SETTLED + timedelta(seconds=60))
    assert not pigeon.mails
    send(pigeon, SETTLED + timedelta(seconds=90))
    letter.refresh_from_db()
    assert (letter.state, letter.attempts, len(pigeon.mails)) == ("SENT", 3, 1)


def test_letter_refused_for_good_is_given_up_until_somebody_asks(chain: list[Store]) -> None:
    person("hanako", Role.HQ)
    ring(late(chain[:1]))
    write_messages(at=SETTLED)
    send(Pigeon(drops=1, retryable=False), SETTLED)
    letter = Delivery.objects.get()
    assert letter.state == "GIVEN_UP"
    pigeon = Pigeon()
    send(pigeon, SETTLED + timedelta(days=1))
    assert not pigeon.mails
    assert try_again(delivery=letter)
    send(pigeon, SETTLED + timedelta(days=1))
    assert [to for to, _ in pigeon.mails] == ["hanako@example.com"]
    assert not try_again(delivery=letter)


def test_letter_whose_carrier_died_is_sent_by_the_next(chain: list[Store]) -> None:
    person("hanako", Role.HQ)
    ring(late(chain[:1]))
    write_messages(at=SETTLED)
    Delivery.objects.update(state="SENDING", attempts=1, tried_at=SETTLED)
    pigeon = Pigeon()
    send(pigeon, SETTLED + timedelta(minutes=1))
    assert not pigeon.mails
    send(pigeon, SETTLED + timedelta(minutes=2))
    assert len(pigeon.mails) == 1


@pytest.mark.django_db(transaction=True)
def test_double_beat_writes_and_sends_one_message(chain: list[Store]) -> None:
    person("hanako", Role.HQ)
    ring(late(chain[:50]))
    pigeon = Pigeon()

    def beat() -> None:
        try:
            write_messages(at=SETTLED)
            send(pigeon, SETTLED)
        finally:
            connection.close()

    at_once(beat, 4)
    send(pigeon, SETTLED)
    assert Delivery.objects.count() == 1
    assert Told.objects.count() == 50
    assert len(pigeon.mails) == 1


def at_once(work: Callable[[], None], times: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_letter_that_kills_every_carrier_is_last_in_line_and_given_up(chain: list[Store]) -> None:
    person("hanako", Role.HQ)
    person("hideo", Role.HQ)
    ring(late(chain[:1]))
    write_messages(at=SETTLED)
    poison, good = Delivery.objects.order_by("id")
    mine = Delivery.objects.filter(pk=poison.pk)
    mine.update(state="SENDING", attempts=7, tried_at=SETTLED)
    pigeon, later = Pigeon(), SETTLED + timedelta(minutes=2)
    send(pigeon, later)
    assert [letter.pk for _, letter in pigeon.mails] == [good.pk, poison.pk]
    mine.update(state="SENDING", attempts=8, tried_at=SETTLED)
    send(pigeon, later)
    poison.refresh_from_db()
    assert (poison.state, len(pigeon.mails)) == ("GIVEN_UP", 2)
