"""Credentials of a connection: the portal's own, or those of a role it assumes, shared by every client.

botocore renews assumed credentials from fifteen minutes before their end; a renewal that fails is tried again
with the next call and only stops work ten minutes before the end (botocore.credentials).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import Loader, create_loader
from botocore.session import Session

SESSION_NAME = "kamado"
DENIED = frozenset({"AccessDenied", "AccessDeniedException"})
CLOCK = frozenset({"RequestExpired", "RequestTimeTooSkewed"})
SKEWED = ("Signature expired", "Signature not yet current")


@dataclass(frozen=True, slots=True)
class Assumed:
    """A role, the region whose STS is asked for it, and the external ID that its trust may want."""

    region: str
    role_arn: str
    external_id: str = ""


class RoleNotAssumed(BotoCoreError):
    """STS did not give the credentials of a role; the message says what to do. `aws_code` is STS's word."""

    fmt = "{told}"

    def __init__(self, told: str, aws_code: str) -> None:
        super().__init__(told=told)
        self.aws_code = aws_code


def said(error: ClientError) -> str:
    """Return AWS's own words, with what to do when it is this machine's clock that is wrong."""
    details = error.response.get("Error", {})
    code = str(details.get("Code", ""))
    words = f"{code}: {details.get('Message') or code}"
    if code in CLOCK or any(sign in words for sign in SKEWED):
        return f"{words} This machine's clock is wrong: set it by NTP. manage.py check_aws says by how much."
    return words


def session_for(assumed: Assumed, *, is_fresh: bool = False) -> Session:
    """Return a new session in a region, with the portal's own credentials or those of the role.

    `is_fresh` assumes the role anew instead of sharing what other clients hold.
    """
    session = _own(assumed.region)
    if assumed.role_arn:
        # botocore keeps a session's credentials here and offers no setter for refreshable ones.
        vars(session)["_credentials"] = assume(assumed) if is_fresh else credentials_of(assumed)
    return session


def _own(region: str) -> Session:
    session = Session()
    session.set_config_variable("region", region)
    session.register_component("data_loader", _loader(session.get_config_variable("data_path")))
    return session


@lru_cache(maxsize=1)
def _loader(path: str | None) -> Loader:
    """Return the reader of botocore's service models, shared: each session would read and keep its own."""
    loader: Loader = create_loader(path)
    return loader


@lru_cache(maxsize=256)
def credentials_of(assumed: Assumed) -> DeferredRefreshableCredentials:
    """Return the credentials of a role, one object a process: all clients renew them together."""
    return assume(assumed)


def assume(assumed: Assumed, *, now: Callable[[], datetime] | None = None) -> DeferredRefreshableCredentials:
    """Return credentials that are fetched when first used and renewed by the clock `now`, botocore's own."""
    extra: dict[str, Any] = {} if now is None else {"time_fetcher": now}
    return DeferredRefreshableCredentials(
        refresh_using=lambda: _fetched(assumed), method="assume-role", **extra
    )


def _fetched(assumed: Assumed) -> dict[str, Any]:
    """Ask STS. Raises RoleNotAssumed."""
    own = _own(assumed.region)
    own.set_default_client_config(Config(connect_timeout=3, read_timeout=10, user_agent_extra="kamado"))
    if own.get_credentials() is None:
        raise RoleNotAssumed(
            f"The portal has no credentials of its own with which to assume {assumed.role_arn}. Give its "
            "machine an instance role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
            "NoCredentials",
        )
    extra = {"ExternalId": assumed.external_id} if assumed.external_id else {}
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=own.create_client,
        source_credentials=own.get_credentials(),
        role_arn=assumed.role_arn,
        extra_args={"RoleSessionName": SESSION_NAME, **extra},
    )
    try:
        found: dict[str, Any] = fetcher.fetch_credentials()
    except ClientError as error:
        raise _not_assumed(assumed, error) from error
    return found


def _not_assumed(assumed: Assumed, error: ClientError) -> RoleNotAssumed:
    code = str(error.response.get("Error", {}).get("Code", ""))
    if code not in DENIED:
        return RoleNotAssumed(f"{assumed.role_arn} was not assumed. {said(error)}", code)
    known = "this connection's external ID" if assumed.external_id else "no external ID"
    return RoleNotAssumed(
        f"{assumed.role_arn} may not be assumed with {known}. {said(error)} Its trust policy has to name the "
        "portal's identity and the same external ID, and the portal's policy has to allow sts:AssumeRole on "
        "it: print both with manage.py iam_policy.",
        code,
    )
