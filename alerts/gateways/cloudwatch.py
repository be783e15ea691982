"""The portal's signs of life in Amazon CloudWatch, over boto3. Needs cloudwatch:PutMetricData."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from alerts.domain.signs import Signs, SignsRefused
from models_registry.gateways.aws import Account, botocore_session
from models_registry.gateways.sessions import RoleNotAssumed

DENIED = frozenset(
    {
        "AccessDenied", "AccessDeniedException", "ExpiredToken", "ExpiredTokenException",
        "InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where metrics go: the account, the namespace, and the installation as their one dimension."""

    account: Account
    namespace: str
    installation: str


class CloudWatch:
    """The metrics of one installation; safe to share between threads."""

    def __init__(self, place: Place) -> None:
        self._place = place
        config = Config(
            connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2},
            user_agent_extra="kamado",
        )  # fmt: skip
        account = place.account
        session = boto3.Session(botocore_session=botocore_session(account), region_name=account.region)
        self._client: Any = session.client("cloudwatch", config=config)

    def publish(self, signs: Signs, *, at: datetime) -> None:
        """Hand the signs over in one call. See PutMetricData."""
        dimensions = [{"Name": "Installation", "Value": self._place.installation}]
        data = [
            {
                "MetricName": each.name, "Dimensions": dimensions, "Timestamp": at,
                "Value": each.value, "Unit": each.unit.value,
            }
            for each in signs.listed()
        ]  # fmt: skip
        try:
            self._client.put_metric_data(Namespace=self._place.namespace, MetricData=data)
        except ClientError as error:
            raise _ours(error) from error
        except RoleNotAssumed as error:
            raise SignsRefused(str(error), "DENIED") from error
        except BotoCoreError as error:
            raise SignsRefused(f"CloudWatch did not answer: {error}", "UNANSWERED") from error


@lru_cache(maxsize=8)
def cloudwatch_for(place: Place) -> CloudWatch:
    """Return the client of a place, made once a process."""
    return CloudWatch(place)


def _ours(error: ClientError) -> SignsRefused:
    details = error.response.get("Error", {})
    name, message = str(details.get("Code", "")), str(details.get("Message", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))
    cause = "DENIED" if name in DENIED else "UNANSWERED" if status >= 500 else "REFUSED"
    return SignsRefused(f"{name}: {message}", cause)
