"""Fill an empty database with the demonstration, or open its pop-up store again."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any

from django.conf import settings
from tqdm import tqdm

from portal.base import clock
from portal.base.commands import PortalCommand
from portal.base.errors import PortalError
from portal.home.demo import cast
from portal.home.demo.build import PAST, Stage, build_demo


class NoBucketsFolder(PortalError):
    """The demonstration's pictures have no place."""

    code = "no_buckets_folder"


class Command(PortalCommand):
    help = "Build the demonstration franchise (through the services), or re-open its pop-up store."

    def run(self, **options: Any) -> None:
        at = clock.now().replace(microsecond=0)
        with tqdm(total=PAST.days, unit="day", disable=not sys.stderr.isatty(), leave=False) as bar:

            def watch(instant: datetime) -> None:
                bar.update(max(0, (instant - at + PAST).days - bar.n))

            build_demo(self._stage(), at=at, watch=watch)
        self.say(f"Sign in as “{cast.SIGN_IN}” with the password “{cast.PASSWORD}”")
        self.say(f"What wants a second person: “{cast.SECOND_SIGN_IN}”, with the same password")
        names = ", ".join(f"“{person.sign_in}”" for person in cast.PEOPLE)
        self.say(f"The portal of others: {names}, with the same password")

    def _stage(self) -> Stage:
        if not settings.BUCKETS_DIR:
            raise NoBucketsFolder("The demonstration's pictures need a folder. Set KAMADO_BUCKETS_DIR.")
        return Stage(
            settings.AWS_ENDPOINT_URL_REKOGNITION, settings.BUCKETS_DIR, self.say, sys.stderr.isatty()
        )

    def say(self, line: str) -> None:
        """Print one plain line at once."""
        self.stdout.write(line)
        self.stdout.flush()
