"""Single questions to AWS, each asked once, whose refusals are answers: what a check of access needs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from models_registry.domain.access import NO_ANSWER, Reply
from models_registry.gateways.aws import Account
from models_registry.gateways.sessions import Assumed, RoleNotAssumed, session_for

COST_REGION = "us-east-1"


class AwsLook:
    """One identity in one account and region; a client for each service that is asked."""

    def __init__(self, account: Account) -> None:
        self._account = account
        assumed = Assumed(account.region, account.role_arn, account.external_id)
        session = session_for(assumed, is_fresh=True)
        self._session: Any = boto3.Session(botocore_session=session, region_name=account.region)
        self._clients: dict[str, Any] = {}

    def ask(self, service: str, operation: str, arguments: Mapping[str, Any]) -> Reply:
        """Make one call, once; what AWS refuses, and what does not answer, is a Reply too."""
        try:
            answer = getattr(self._client(service), operation)(**arguments)
        except ClientError as error:
            details = error.response.get("Error", {})
            return Reply(
                str(details.get("Code", "")), str(details.get("Message", "")), {}, _date(error.response)
            )
        except RoleNotAssumed as error:
            return Reply("RoleNotAssumed", str(error))
        except BotoCoreError as error:
            return Reply(NO_ANSWER, str(error))
        return Reply("", "", answer, _date(answer))

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            config = Config(
                connect_timeout=3, read_timeout=10, user_agent_extra="kamado",
                retries={"mode": "standard", "total_max_attempts": 1},
            )  # fmt: skip
            named: dict[str, Any] = {"config": config}
            if service == "rekognition":
                named["endpoint_url"] = self._account.endpoint_url or None
            if service == "ce":
                named["region_name"] = COST_REGION
            self._clients[service] = self._session.client(service, **named)
        return self._clients[service]


def _date(answer: Mapping[str, Any]) -> datetime | None:
    text = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    return parsedate_to_datetime(text).astimezone(UTC) if text else None
