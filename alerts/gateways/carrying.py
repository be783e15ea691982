"""The carrier that goes out into the world: mail, apprise's services, our own webhook."""

from __future__ import annotations

import smtplib

from alerts.domain.ports import AddressRefused, CannotDeliver, Letter
from alerts.gateways.apprise_posts import read_address, send_by_apprise
from alerts.gateways.sealing import unseal
from alerts.gateways.webhooks import check_address, send_webhook
from portal.base.mail import send_written

WEBHOOK = "WEBHOOK"
FINAL_SMTP = range(500, 600)


class WorldCarrier:
    """Carries letters for real; a Carrier."""

    def mail(self, to: str, letter: Letter) -> None:
        """Hand a letter to the mail server; an address that it will never take is not tried again."""
        try:
            send_written(to=to, subject=letter.subject, body=letter.body, headers=dict(letter.headers))
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            is_final = all(code in FINAL_SMTP for code in codes)
            raise CannotDeliver(f"The mail server refuses {to}.", retryable=not is_final) from error
        except (OSError, smtplib.SMTPException) as error:
            raise CannotDeliver(f"{type(error).__name__}: {error}"[:300]) from error

    def post(self, kind: str, sealed_address: str, sealed_secret: str, letter: Letter, *, now: int) -> None:
        """Hand a letter to a channel."""
        address = unseal(sealed_address)
        if kind == WEBHOOK:
            send_webhook(address, unseal(sealed_secret), letter, now=now)
        else:
            send_by_apprise(kind, address, letter)


def hint_of(kind: str, address: str) -> str:
    """Check an address; return what of it may be shown. Raises AddressRefused."""
    if kind == WEBHOOK:
        return str(check_address(address).hostname)
    return read_address(kind, address)[1]


__all__ = ["AddressRefused", "WorldCarrier", "hint_of"]
