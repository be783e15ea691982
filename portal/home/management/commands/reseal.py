"""Seal the kept secrets with the newest secret key."""

from __future__ import annotations

from typing import Any

from portal.base.commands import PortalCommand
from portal.base.errors import PortalError
from portal.home.resealing import reseal


class Unreadable(PortalError):
    """Something was sealed with a key that is in neither setting."""

    code = "unreadable"


class Command(PortalCommand):
    help = "Seal channels and second factors with KAMADO_SECRET_KEY; the fallbacks can go then."

    def run(self, **options: Any) -> None:
        done, lost = reseal()
        self.stdout.write(f"{done} sealed anew.")
        if lost:
            raise Unreadable(
                f"{lost} cannot be read with KAMADO_SECRET_KEY or its fallbacks. Add their key to "
                "KAMADO_SECRET_KEY_FALLBACKS, or enter those channels and set up those second factors again."
            )
