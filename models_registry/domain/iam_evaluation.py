"""What IAM policies allow: enough of the evaluation logic to judge ours, and the trust of a role.

Source: IAM user guide, “Policy evaluation logic” and “IAM JSON policy elements: Condition operators”. An
operator that is not known here raises, so that nothing is taken for allowed by mistake.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any

Policy = Mapping[str, Any]


class Verdict(StrEnum):
    """An explicit deny beats an allow; what nothing allows is denied."""

    ALLOWED = "allowed"
    DENIED = "denied"
    NOT_ALLOWED = "not allowed"


class UnknownElement(ValueError):
    """A policy uses an element that is not evaluated here."""


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody wants to do something. `principal` is `Service: name` or `AWS: arn`, for trust policies."""

    action: str
    resource: str = "*"
    principal: tuple[str, str] | None = None
    context: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)


def evaluate(policies: Iterable[Policy], request: Request) -> Verdict:
    """Return what the policies together say of a request."""
    statements = [statement for policy in policies for statement in _listed(policy["Statement"])]
    effects = {statement["Effect"] for statement in statements if _applies(statement, request)}
    if "Deny" in effects:
        return Verdict.DENIED
    return Verdict.ALLOWED if "Allow" in effects else Verdict.NOT_ALLOWED


def is_allowed(policies: Iterable[Policy], request: Request) -> bool:
    """Tell whether the policies together allow a request."""
    return evaluate(policies, request) is Verdict.ALLOWED


def _applies(statement: Policy, request: Request) -> bool:
    return (
        _names(statement, "Action", request.action.lower(), _folded)
        and _names(statement, "Resource", request.resource, matches)
        and _is_principal(statement, request.principal)
        and all(
            _holds(operator, key, _listed(values), request.context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _names(statement: Policy, element: str, value: str, is_match: Callable[[str, str], bool]) -> bool:
    """Tell whether an element, or its Not… form, names a value; a trust policy has no resource."""
    if f"Not{element}" in statement:
        return not any(is_match(pattern, value) for pattern in _listed(statement[f"Not{element}"]))
    if element not in statement:
        return element == "Resource" and "Principal" in statement
    return any(is_match(pattern, value) for pattern in _listed(statement[element]))


def _is_principal(statement: Policy, principal: tuple[str, str] | None) -> bool:
    if "NotPrincipal" in statement:
        raise UnknownElement("NotPrincipal is not evaluated here.")
    named = statement.get("Principal")
    if named is None or named == "*":
        return True
    if principal is None:
        return False
    kind, name = principal
    return any(_is_same_principal(kind, said, name) for said in _listed(named.get(kind, ())))


def _is_same_principal(kind: str, said: str, name: str) -> bool:
    if said in {"*", name}:
        return True
    account = name.split(":")[4] if kind == "AWS" and name.count(":") >= 5 else None
    return account is not None and (
        said == account or re.fullmatch(rf"arn:[^:]+:iam::{account}:root", said) is not None
    )


@lru_cache(maxsize=4_096)
def _pattern(text: str) -> re.Pattern[str]:
    parts = (
        ".*" if part == "*" else "." if part == "?" else re.escape(part) for part in re.split(r"([*?])", text)
    )
    return re.compile("".join(parts), re.DOTALL)


def matches(pattern: str, value: str) -> bool:
    """Tell whether a pattern with `*` and `?` covers a value, case and all."""
    return _pattern(pattern).fullmatch(value) is not None


def _folded(pattern: str, value: str) -> bool:
    return matches(pattern.lower(), value.lower())


def _arn_like(pattern: str, value: str) -> bool:
    """Compare ARNs part by part: a wildcard does not reach over a colon of the first five."""
    parts, given = pattern.split(":", 5), value.split(":", 5)
    return len(parts) == len(given) == 6 and all(map(matches, parts, given))


def _equal(said: str, given: str) -> bool:
    return said == given


OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": _equal,
    "StringEqualsIgnoreCase": lambda said, given: said.lower() == given.lower(),
    "StringLike": matches,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": lambda said, given: said.lower() == given.lower(),
}
NEGATIVES: Mapping[str, str] = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}


def _holds(operator: str, key: str, said: list[Any], context: Mapping[str, str | tuple[str, ...]]) -> bool:
    """Tell whether one condition holds. A key that is missing fails it, unless it is negated or IfExists."""
    given = {name.lower(): value for name, value in context.items()}.get(key.lower())
    if operator == "Null":
        return [_text(each) for each in said] == ["true" if given is None else "false"]
    name = operator.removesuffix("IfExists")
    positive = NEGATIVES.get(name, name)
    if positive not in OPERATORS:
        raise UnknownElement(f"The condition operator {operator} is not evaluated here.")
    if given is None:
        return name in NEGATIVES or operator.endswith("IfExists")
    is_match = OPERATORS[positive]
    found = any(is_match(_text(each), value) for each in said for value in _values(given))
    return not found if name in NEGATIVES else found


def _values(given: str | tuple[str, ...]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else given


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
