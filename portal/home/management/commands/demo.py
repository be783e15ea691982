"""Fill an empty database with the demonstration, or open its pop-up store again."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any

from django.conf import settings
from tqdm import tqdm

from portal.base import clock
from portal.base.commands import PortalCommand
from portal.home.demo import cast
from portal.home.demo.build import PAST, build_demo


class Command(PortalCommand):
    help = "Build the demonstration franchise (through the services), or re-open its pop-up store."

    def run(self, **options: Any) -> None:
        at = clock.now().replace(microsecond=0)
        with tqdm(total=PAST.days, unit="day", disable=not sys.stderr.isatty(), leave=False) as bar:

            def watch(instant: datetime) -> None:
                bar.update(max(0, (instant - at + PAST).days - bar.n))

            build_demo(at=at, endpoint=settings.AWS_ENDPOINT_URL_REKOGNITION, say=self.say, watch=watch)
        self.say(f"Sign in as “{cast.SIGN_IN}” with the password “{cast.PASSWORD}”")

    def say(self, line: str) -> None:
        """Print one plain line at once."""
        self.stdout.write(line)
        self.stdout.flush()
