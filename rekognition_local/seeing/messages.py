"""What the server and a looking process say to each other over a pipe: a length, a line of JSON, bytes."""

import json
import struct
from typing import IO, Any

_LENGTHS = struct.Struct(">II")


def send(stream: IO[bytes], head: Any, content: bytes = b"") -> None:
    text = json.dumps(head).encode()
    stream.write(_LENGTHS.pack(len(text), len(content)) + text + content)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[Any, bytes]:
    """Raises EOFError when the other side is gone."""
    text_length, content_length = _LENGTHS.unpack(_exactly(stream, _LENGTHS.size))
    return json.loads(_exactly(stream, text_length)), _exactly(stream, content_length)


def _exactly(stream: IO[bytes], count: int) -> bytes:
    content = stream.read(count)
    if len(content) < count:
        raise EOFError
    return content
