"""Answers, written strictly to the output shapes of the service model.

A member that the model does not know, a wrong type or a wrong word is a bug of ours, and raises ResponseBug
instead of reaching a client that would silently ignore it. Timestamps come in as milliseconds and leave as
epoch seconds.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from rekognition_local.errors import ResponseBug
from rekognition_local.wire.catalogue import output_shape

Writer = Callable[[Any], Any]

_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int,),
}


@cache
def answer_writer(operation: str) -> Writer:
    return _writer(output_shape(operation))


def _writer(shape: Shape) -> Writer:
    if isinstance(shape, StructureShape):
        return _structure_writer(shape)
    if isinstance(shape, MapShape):
        return _map_writer(shape)
    if isinstance(shape, ListShape):
        return _list_writer(shape)
    return _scalar_writer(shape)


def _structure_writer(shape: StructureShape) -> Writer:
    members = {name: _writer(member) for name, member in shape.members.items()}

    def write(value: Any) -> dict[str, Any]:
        try:
            return {name: members[name](item) for name, item in value.items() if item is not None}
        except KeyError as unknown:
            raise ResponseBug(f"{shape.name} has no member {unknown}") from None

    return write


def _map_writer(shape: MapShape) -> Writer:
    write_key, write_value = _writer(shape.key), _writer(shape.value)
    return lambda value: {write_key(key): write_value(item) for key, item in value.items()}


def _list_writer(shape: ListShape) -> Writer:
    write_item = _writer(shape.member)
    return lambda value: [write_item(item) for item in value]


def _scalar_writer(shape: Shape) -> Writer:
    kinds = _KINDS[shape.type_name]
    words = frozenset(shape.metadata.get("enum", ()))

    def write(value: Any) -> Any:
        if not isinstance(value, kinds) or (words and value not in words):
            raise ResponseBug(f"{value!r} does not fit {shape.name}")
        return value

    def write_timestamp(value: Any) -> float:
        milliseconds: int = write(value)
        return milliseconds / 1000

    return write_timestamp if shape.type_name == "timestamp" else write
