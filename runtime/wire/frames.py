"""Frames on the local socket: four bytes of length (big-endian), then a msgpack map `{"t": type, "b": body}`."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from runtime.wire.messages import Answer, Command, Hello, Message, View
from runtime.wire.pack import WireError, build, pack, unpack
from runtime.wire.status import Status, StatusRequest

MAX_FRAME = 1 << 20
Framed = Message | StatusRequest | Status
_TYPES: dict[str, type[Framed]] = {
    kind.__name__: kind for kind in (Hello, Command, Answer, View, StatusRequest, Status)
}


def encode(message: Framed) -> bytes:
    """One message as one frame. Raises WireError `too_long`."""
    body = pack({"t": type(message).__name__, "b": message})
    if len(body) > MAX_FRAME:
        raise WireError("too_long", f"a message of {len(body)} bytes")
    return struct.pack(">I", len(body)) + body


class FrameReader:
    """Bytes in, messages out, however the bytes are cut. After a WireError the connection is of no more use."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[Framed]:
        """Raises WireError `too_long`, `not_msgpack`, `bad_field` or `bad_type`."""
        self._held += data
        while len(self._held) >= 4:
            (length,) = struct.unpack_from(">I", self._held)
            if length > MAX_FRAME:
                raise WireError("too_long", f"a frame says that it is {length} bytes long")
            if len(self._held) < 4 + length:
                return
            body = bytes(self._held[4 : 4 + length])
            del self._held[: 4 + length]
            yield _message(body)


def _message(body: bytes) -> Framed:
    value = unpack(body, MAX_FRAME)
    if not isinstance(value, dict) or value.keys() != {"t", "b"} or not isinstance(value["t"], str):
        raise WireError("bad_type", "a frame is a map of t and b")
    cls = _TYPES.get(value["t"])
    if cls is None:
        raise WireError("bad_type", f"{value['t']!r} is no message")
    return build(cls, value["b"])
