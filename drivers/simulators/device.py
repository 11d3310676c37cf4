"""What every simulated device is: something on a cable that can be spoken to, and told what to do by a person.

Rule: a device has no clock and no I/O of its own. Bytes come in through `Peer.receive`, go out through the `Send` that
the line gave to `attach`; time comes as `Later`. So the same device runs on a pty, on TCP and in a test without either.
Nothing here is shared with the drivers: both were written from the same facts, apart, so that a misreading shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

Send = Callable[[bytes], None]
Later = Callable[[float, Callable[[], None]], object]  # seconds from now, what then
Request = Mapping[str, object]
Answer = dict[str, object]


class ControlError(ValueError):
    """A control request that makes no sense; its text is for the person who sent it."""


class Peer(Protocol):
    """One open connection as the device sees it."""

    def receive(self, data: bytes) -> None: ...

    def closed(self) -> None: ...


class Device(Protocol):
    def attach(self, send: Send) -> Peer:
        """Somebody has plugged in; what the device says goes to `send`."""
        ...

    def control(self, request: Request) -> Answer:
        """Do what the request says. Raises ControlError."""
        ...


class _Cable:
    def __init__(self, device: CableDevice, send: Send) -> None:
        self._device = device
        self._send = send

    def receive(self, data: bytes) -> None:
        self._device.hear(data)

    def closed(self) -> None:
        self._device.unplug(self._send)


class CableDevice:
    """A device that does not know who listens: what it says goes to everyone who is plugged in."""

    def __init__(self) -> None:
        self._sends: list[Send] = []

    def attach(self, send: Send) -> Peer:
        self._sends.append(send)
        return _Cable(self, send)

    def unplug(self, send: Send) -> None:
        self._sends.remove(send)

    def hear(self, data: bytes) -> None:
        """Bytes from the terminal, cut anyhow. Never raises."""

    def say(self, data: bytes) -> bool:
        """False when nobody is plugged in: then the bytes are lost, as they are on a real cable."""
        for send in list(self._sends):
            send(data)
        return bool(self._sends)


# --- reading a request ------------------------------------------------------------------------------------------


def only(request: Request, known: tuple[str, ...]) -> None:
    unknown = sorted(set(request) - set(known))
    if unknown:
        raise ControlError(f"unknown: {', '.join(unknown)}. Known here: {', '.join(known)}")
    if not request:
        raise ControlError(f"nothing asked. Known here: {', '.join(known)}")


def text_of(request: Request, key: str, limit: int = 4096) -> str:
    value = request[key]
    if not isinstance(value, str) or len(value) > limit:
        raise ControlError(f"{key} must be a text of at most {limit} characters")
    return value


def choice_of(request: Request, key: str, choices: tuple[str, ...]) -> str:
    value = request[key]
    if not isinstance(value, str) or value not in choices:
        raise ControlError(f"{key} must be one of {', '.join(choices)}")
    return value


def flag_of(request: Request, key: str) -> bool:
    value = request[key]
    if not isinstance(value, bool):
        raise ControlError(f"{key} must be true or false")
    return value


def number_of(request: Request, key: str, low: int, high: int) -> int:
    value = request[key]
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ControlError(f"{key} must be a whole number from {low} to {high}")
    return value


def bytes_of(request: Request, key: str) -> bytes:
    try:
        return bytes.fromhex(text_of(request, key, 65536))
    except ValueError as error:
        raise ControlError(f"{key} must be bytes in hex, such as 010253: {error}") from None
