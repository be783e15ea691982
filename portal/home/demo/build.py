"""Build the demonstration through the services that people use. Asked again, it only re-opens the pop-up."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction

from detections.models import Product
from models_registry.models import Connection, Deployment, ModelVersion
from models_registry.services.deployments import assign_stores, save_deployment
from models_registry.services.sync import sync_connection, sync_with_evaluations
from models_registry.wiring import connect, open_buckets
from portal.base import clock
from portal.base.errors import PortalError
from portal.base.models import User
from portal.home.demo import cast
from portal.home.demo.article import tell_article
from portal.home.demo.company import hire_people, set_money_and_bounds
from portal.home.demo.lessons import (
    FULL,
    OUTPUT,
    STARVED,
    TESTING,
    draw_lessons,
    manifest_uri,
    wait_for_training,
)
from portal.home.demo.local_models import seed_versions
from portal.home.demo.new_bread import bring_new_bread
from portal.home.demo.past import live_through
from portal.home.demo.trays import BREADS
from stores.domain.hours import SpecialKind
from stores.domain.localtime import DAY_MINUTES, local_date, zone
from stores.models import Area, Membership, Role, Store
from stores.services.special_days import DayFacts, Scope, set_special_day
from stores.services.stores import StoreFacts, create_store
from stores.services.stores_import import import_stores

PAST = timedelta(days=31)
Say = Callable[[str], None]


class ForeignData(PortalError):
    """The database already holds somebody's stores."""

    code = "foreign_data"


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the demonstration plays: Rekognition Local, the folder that stands for S3, and who is told."""

    endpoint: str
    buckets: Path
    say: Say
    is_shown: bool = False


def build_demo(stage: Stage, *, at: datetime, watch: Callable[[datetime], None]) -> None:
    """Build what is missing of the demonstration and open the pop-up store two minutes from now.

    `at` is when the past ends. The models learn while it is lived through.
    """
    person = _headquarters()
    _headquarters(cast.SECOND_SIGN_IN)
    draw_lessons(stage.buckets, say=stage.say, is_shown=stage.is_shown)
    if not Store.objects.filter(code=cast.POP_UP_CODE).exists():
        if Store.objects.exists():
            raise ForeignData("This database has stores of its own. Give the demo another KAMADO_HOME.")
        with transaction.atomic():
            _build_franchise(person, stage, at=at, watch=watch)
            set_money_and_bounds(person, at=at)
    hire_people()
    _stock()
    _seed_local_models(stage.endpoint, at)
    wait_for_training(stage.endpoint, say=stage.say, is_shown=stage.is_shown)
    for connection in Connection.objects.order_by("id"):
        rekognition, objects = connect(connection), open_buckets(connection)
        sync_with_evaluations(connection, at=at, rekognition=rekognition, objects=objects)
    tell_article(store=Store.objects.get(code=cast.POP_UP_CODE), author=person, at=clock.now())
    bring_new_bread(store=Store.objects.get(code=cast.NEW_BREAD_CODE), author=person, at=clock.now())
    _open_pop_up(person, at=clock.now().replace(microsecond=0), say=stage.say)


def _stock() -> None:
    """Put every bread on the price list: the larger, the dearer."""
    for bread in BREADS:
        facts = {"name_ja": bread.ja, "name_en": bread.en, "price": 120 + 10 * round(bread.reach)}
        Product.objects.get_or_create(label=bread.ja, defaults=facts)


def _headquarters(name: str = cast.SIGN_IN) -> User:
    person, is_new = User.objects.get_or_create(
        username=name, defaults={"first_name": "本部", "is_staff": True, "is_superuser": True}
    )
    if is_new:
        person.set_password(cast.PASSWORD)
        person.save(update_fields=["password"])
        Membership.objects.create(user=person, role=Role.HQ)
    return person


def _build_franchise(person: User, stage: Stage, *, at: datetime, watch: Callable[[datetime], None]) -> None:
    say = stage.say
    since = at - PAST
    report = import_stores(file=io.BytesIO(cast.STORES_CSV.encode()), at=since, author=person)
    if report.is_refused:
        raise PortalError(f"The demonstration's own store list is refused: {report.problems}")
    say(f"{len(report.created)} stores in Tokyo, Osaka, Sapporo, Paris, New York and São Paulo")
    for each in cast.CONNECTIONS:
        Connection.objects.create(name=each.name, region=each.region, max_running_models=cast.QUOTA)
    _seed_local_models(stage.endpoint, at)
    for connection in Connection.objects.order_by("id"):
        sync_connection(connection, at=since, rekognition=connect(connection))
    for part in cast.DEPLOYMENTS:
        _deploy(part)
    say(f"{len(cast.DEPLOYMENTS)} deployments; living through the past {PAST.days} days")
    live_through(since=since, until=at, author=person, watch=watch)
    _build_pop_up()


def _seed_local_models(endpoint: str, at: datetime) -> None:
    for connection in Connection.objects.order_by("id"):
        parts = [
            part for part in (*cast.DEPLOYMENTS, cast.POP_UP_DEPLOYMENT) if part.connection == connection.name
        ]
        if parts:
            seed_versions(endpoint, connection.region, parts, at=at, lesson_of=_lesson)


def _lesson(part: cast.DeploymentPart) -> dict[str, str]:
    return {
        "training_manifest": manifest_uri(STARVED if part.is_starved else FULL),
        "testing_manifest": manifest_uri(TESTING),
        "output": OUTPUT,
    }


def _deploy(part: cast.DeploymentPart, *, learned_lead: bool = True) -> None:
    newest = ModelVersion.objects.get(
        project__name=part.project, project__connection__name=part.connection, name=f"v{part.versions}"
    )
    deployment = save_deployment(
        Deployment(
            name=part.name,
            connection=newest.project.connection,
            live_version=newest,
            min_inference_units=part.units,
            uses_learned_lead=learned_lead,
        )
    )
    stores = [store for prefix in part.prefixes for store in Store.objects.filter(code__startswith=prefix)]
    assign_stores(deployment=deployment, stores=stores)


def _build_pop_up() -> None:
    facts = StoreFacts(
        code=cast.POP_UP_CODE,
        name=cast.POP_UP_NAME,
        timezone=cast.POP_UP_ZONE,
        country="JP",
        subdivision="13",
        open_buffer_minutes=1,
        close_buffer_minutes=1,
    )
    create_store(facts=facts, area=Area.objects.get(name=cast.POP_UP_AREA))
    _deploy(cast.POP_UP_DEPLOYMENT, learned_lead=False)


def _open_pop_up(person: User, *, at: datetime, say: Say) -> None:
    """Open it at the next whole minute two minutes from now, for four minutes."""
    store = Store.objects.get(code=cast.POP_UP_CODE)
    wall = (at + timedelta(minutes=2, seconds=59)).astimezone(zone(store.timezone))
    opens = wall.hour * 60 + wall.minute
    on = local_date(store.timezone, wall)
    facts = DayFacts(
        on, SpecialKind.HOURS, ((opens, opens + 4),), "起動から停止まで / Watch it start, serve and stop"
    )
    set_special_day(scope=Scope(store=store), facts=facts, author=person, at=at)
    minutes = divmod(opens % DAY_MINUTES, 60), divmod((opens + 4) % DAY_MINUTES, 60)
    (hour, minute), (end_hour, end_minute) = minutes
    say(
        f"The pop-up store opens {hour:02d}:{minute:02d} and closes {end_hour:02d}:{end_minute:02d} "
        f"({store.timezone}): watch it on the fleet board"
    )
