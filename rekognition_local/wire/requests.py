"""Requests, checked against every rule of the service model.

botocore's client checks required members, types and minima before it sends; patterns, maxima, enums and blob
sizes it does not, so those reach the service and are refused here. Each shape is compiled once into a
function that returns the value as Python wants it (blobs decoded, unknown members left out, as the service
does) or raises with a sentence.
"""

import base64
import binascii
import re
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from rekognition_local.errors import ServiceError, invalid_parameter
from rekognition_local.wire.catalogue import input_shape

Reader = Callable[[Any, str], Any]
Check = Callable[[Any, str], None]

_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "string": ((str,), "a string"),
    "boolean": ((bool,), "true or false"),
    "integer": ((int,), "a whole number"),
    "long": ((int,), "a whole number"),
    "float": ((int, float), "a number"),
    "double": ((int, float), "a number"),
}


@cache
def request_reader(operation: str) -> Reader:
    """The reader of one operation's request; call it with the parsed JSON and an empty path."""
    return _reader(input_shape(operation))


def _reader(shape: Shape) -> Reader:
    if isinstance(shape, StructureShape):
        return _structure_reader(shape)
    if isinstance(shape, MapShape):
        return _map_reader(shape)
    if isinstance(shape, ListShape):
        return _list_reader(shape)
    if shape.type_name == "blob":
        return _blob_reader(shape)
    return _scalar_reader(shape)


def _structure_reader(shape: StructureShape) -> Reader:
    members = [(name, _reader(member)) for name, member in shape.members.items()]
    required = tuple(shape.required_members)

    def read(value: Any, path: str) -> dict[str, Any]:
        _require_kind(value, (dict,), "an object", path or "The request")
        prefix = f"{path}." if path else ""
        for name in required:
            if value.get(name) is None:
                raise invalid_parameter(f"{prefix}{name} is required.")
        return {
            name: reader(value[name], prefix + name)
            for name, reader in members
            if value.get(name) is not None
        }

    return read


def _map_reader(shape: MapShape) -> Reader:
    read_key, read_value, check = _reader(shape.key), _reader(shape.value), _size_check(shape, len, "entries")

    def read(value: Any, path: str) -> dict[str, Any]:
        _require_kind(value, (dict,), "an object", path)
        check(value, path)
        return {
            read_key(key, f"Each key of {path}"): read_value(item, f"{path}[{key!r}]")
            for key, item in value.items()
        }

    return read


def _list_reader(shape: ListShape) -> Reader:
    read_item, check = _reader(shape.member), _size_check(shape, len, "items")

    def read(value: Any, path: str) -> list[Any]:
        _require_kind(value, (list,), "a list", path)
        check(value, path)
        return [read_item(item, f"{path}[{index}]") for index, item in enumerate(value)]

    return read


def _blob_reader(shape: Shape) -> Reader:
    check = _size_check(shape, len, "bytes")

    def read(value: Any, path: str) -> bytes:
        _require_kind(value, (str,), "base64 text", path)
        try:
            blob = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise invalid_parameter(f"{path} must be base64 text.") from None
        check(blob, path)
        return blob

    return read


def _scalar_reader(shape: Shape) -> Reader:
    kinds, words = _KINDS[shape.type_name]
    checks = _scalar_checks(shape)

    def read(value: Any, path: str) -> Any:
        _require_kind(value, kinds, words, path)
        for check in checks:
            check(value, path)
        return value

    return read


def _scalar_checks(shape: Shape) -> list[Check]:
    checks: list[Check] = [_require_unicode] if shape.type_name == "string" else []
    if "min" in shape.metadata or "max" in shape.metadata:
        is_text = shape.type_name == "string"
        checks.append(
            _size_check(shape, len if is_text else lambda number: number, "characters" if is_text else "")
        )
    if "enum" in shape.metadata:
        checks.append(_enum_check(shape.metadata["enum"]))
    if "pattern" in shape.metadata:
        checks.append(_pattern_check(shape.metadata["pattern"]))
    return checks


def _require_unicode(value: str, path: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise invalid_parameter(f"{path} must be valid Unicode text.") from None


def _size_check(shape: Shape, measure: Callable[[Any], float], unit: str) -> Check:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    noun = f" {unit}" if unit else ""
    # The model's own words: a page size over 100 is a ValidationException, a name that the model does not
    # list.
    code = "ValidationException" if shape.name.endswith("PageSize") else "InvalidParameterException"

    def check(value: Any, path: str) -> None:
        size = measure(value)
        if low is not None and size < low:
            raise invalid_parameter(f"{path} must be at least {low}{noun}; it is {size}.")
        if high is not None and size > high:
            raise ServiceError(code, f"{path} must be at most {high}{noun}; it is {size}.")

    return check


def _enum_check(words: list[str]) -> Check:
    allowed = frozenset(words)

    def check(value: str, path: str) -> None:
        if value not in allowed:
            raise invalid_parameter(f"{path} must be one of {', '.join(words)}; it is {value!r}.")

    return check


def _pattern_check(pattern: str) -> Check:
    # Python's re has no \p{...}. The value's letters, numbers and separators are folded to one ASCII stand-in
    # each instead, which matches exactly when the original would.
    is_unicode = r"\p{" in pattern
    plain = pattern.replace(r"\p{L}", "a-zA-Z").replace(r"\p{N}", "0-9").replace(r"\p{Z}", " ")
    compiled = re.compile(plain, re.ASCII)

    def check(value: str, path: str) -> None:
        if not compiled.fullmatch(_folded(value) if is_unicode else value):
            raise invalid_parameter(f"{path} must match {pattern}; it is {value[:100]!r}.")

    return check


def _folded(text: str) -> str:
    if text.isascii():
        return text
    stand_ins = {"L": "a", "N": "0", "Z": " "}
    return "".join(c if c.isascii() else stand_ins.get(unicodedata.category(c)[0], "\0") for c in text)


def _require_kind(value: Any, kinds: tuple[type, ...], words: str, path: str) -> None:
    # True is an int to Python and not to JSON.
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise invalid_parameter(f"{path} must be {words}.")
