"""The evaluator of IAM policies does what IAM's own documentation says."""

from __future__ import annotations

from typing import Any

import pytest

from models_registry.domain.iam_evaluation import Request, UnknownElement, Verdict, evaluate, is_allowed

PHOTO = "arn:aws:s3:::trays/1.jpg"
PORTAL = ("AWS", "arn:aws:iam::111122223333:role/portal")


def allow(**fields: Any) -> dict[str, Any]:
    return {"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **fields}}


def deny(**fields: Any) -> dict[str, Any]:
    return {"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*", **fields}]}


def test_nothing_is_allowed_unless_something_allows_it() -> None:
    assert evaluate([], Request("s3:GetObject", PHOTO)) is Verdict.NOT_ALLOWED
    assert evaluate([allow()], Request("s3:GetObject", PHOTO)) is Verdict.ALLOWED


def test_explicit_deny_beats_every_allow() -> None:
    assert evaluate([allow(), deny(Action="s3:Get*")], Request("s3:GetObject", PHOTO)) is Verdict.DENIED


@pytest.mark.parametrize(
    ("fields", "is_met"),
    [
        ({"Action": "S3:getobject"}, True),
        ({"Action": ["s3:List*", "s3:Get?bject"]}, True),
        ({"Action": "s3:GetObjec"}, False),
        ({"NotAction": "s3:Put*", "Action": []}, True),
        ({"NotAction": "s3:*", "Action": []}, False),
        ({"Resource": "arn:aws:s3:::trays/*"}, True),
        ({"Resource": "arn:aws:s3:::TRAYS/*"}, False),
        ({"Resource": "arn:aws:s3:::trays"}, False),
        ({"Resource": ["arn:aws:s3:::others/*", "arn:aws:s3:::trays/?.jpg"]}, True),
        ({"NotResource": "arn:aws:s3:::trays/*", "Resource": []}, False),
    ],
)
def test_actions_fold_case_and_resources_do_not(fields: dict[str, Any], is_met: bool) -> None:
    policy = allow(**fields)
    for name in ("Action", "Resource"):
        if policy["Statement"][name] == []:
            del policy["Statement"][name]
    assert is_allowed([policy], Request("s3:GetObject", PHOTO)) is is_met


@pytest.mark.parametrize(
    ("operator", "said", "given", "is_met"),
    [
        ("StringEquals", "kamado", "kamado", True),
        ("StringEquals", "kamado", "Kamado", False),
        ("StringEquals", "kam*", "kamado", False),
        ("StringEquals", ["other", "kamado"], "kamado", True),
        ("StringEqualsIgnoreCase", "KAMADO", "kamado", True),
        ("StringNotEquals", "kamado", "kamado", False),
        ("StringNotEquals", ["other", "kamado"], "kamado", False),
        ("StringNotEquals", "kamado", None, True),
        ("StringLike", "kam*", "kamado", True),
        ("StringNotLike", "kam*", "kamado", False),
        ("StringEquals", "kamado", None, False),
        ("StringEqualsIfExists", "kamado", None, True),
        ("StringEqualsIfExists", "kamado", "other", False),
        ("ArnLike", "arn:aws:iam::*:role/a*", "arn:aws:iam::111122223333:role/abc", True),
        ("ArnEquals", "arn:aws:iam::*:role/a*", "arn:aws:iam::111122223333:role/abc", True),
        ("ArnLike", "arn:*:role/a", "arn:aws:iam::111122223333:role/a", False),
        ("ArnNotLike", "arn:aws:iam::*:role/a*", "arn:aws:iam::111122223333:role/abc", False),
        ("Bool", True, "true", True),
        ("Bool", "false", "true", False),
        ("Null", "true", None, True),
        ("Null", True, "kamado", False),
    ],
)
def test_condition_holds_as_documented(operator: str, said: Any, given: str | None, is_met: bool) -> None:
    policy = allow(Condition={operator: {"aws:Some": said}})
    context = {} if given is None else {"AWS:some": given}
    assert is_allowed([policy], Request("s3:GetObject", PHOTO, context=context)) is is_met


def test_all_conditions_hold_together_and_their_values_one_of_them() -> None:
    policy = allow(Condition={"StringEquals": {"aws:A": ["1", "2"], "aws:B": "3"}})
    both = Request("s3:GetObject", PHOTO, context={"aws:A": "2", "aws:B": "3"})
    assert is_allowed([policy], both)
    assert not is_allowed([policy], Request("s3:GetObject", PHOTO, context={"aws:A": "2"}))


@pytest.mark.parametrize(
    ("principal", "who", "is_met"),
    [
        ("*", PORTAL, True),
        ({"AWS": "arn:aws:iam::111122223333:role/portal"}, PORTAL, True),
        ({"AWS": "111122223333"}, PORTAL, True),
        ({"AWS": ["arn:aws:iam::111122223333:root"]}, PORTAL, True),
        ({"AWS": "arn:aws:iam::999999999999:root"}, PORTAL, False),
        ({"Service": "scheduler.amazonaws.com"}, PORTAL, False),
        ({"Service": ["scheduler.amazonaws.com"]}, ("Service", "scheduler.amazonaws.com"), True),
        ({"Service": "scheduler.amazonaws.com"}, ("Service", "events.amazonaws.com"), False),
        ({"Service": "scheduler.amazonaws.com"}, None, False),
    ],
)
def test_trust_names_who_may(principal: Any, who: tuple[str, str] | None, is_met: bool) -> None:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    asked = Request("sts:AssumeRole", principal=who)
    assert is_allowed([{"Statement": [statement]}], asked) is is_met


@pytest.mark.parametrize(
    "fields", [{"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, {"NotPrincipal": "*"}]
)
def test_what_it_does_not_know_it_never_takes_for_allowed(fields: dict[str, Any]) -> None:
    with pytest.raises(UnknownElement):
        evaluate([allow(**fields)], Request("s3:GetObject", PHOTO))
