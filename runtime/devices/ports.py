"""What the terminal asks of its devices: the seam between the sale and the outside.

The daemon puts `runtime.devices.manager` here, the simulation its own. Everything that a device says comes through
`DeviceListener`, on the event loop, one call at a time. No method here raises because of a device: a device that is
missing, silent or talking nonsense is an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from drivers.api import DeviceClass, Document, Lamp, PaymentStatus, ScaleReading, ScanData


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """`code` is a key of drivers.api.SENTENCES; OK is health."""

    name: str
    device_class: DeviceClass
    code: str


@dataclass(frozen=True, slots=True)
class PrintResult:
    """`code` is OK (on paper, as far as the printer can tell), or why not (a key of drivers.api.SENTENCES).

    `started` tells whether any byte of the document went out: then the customer may hold a part of it."""

    code: str
    started: bool


class DeviceListener(Protocol):
    def scanned(self, device: str, scan: ScanData) -> None: ...

    def garbled(self, device: str, reason: str) -> None:
        """A scanner sent something that is no code."""
        ...

    def status_changed(self, status: DeviceStatus) -> None:
        """Once when a device is lost or changes its state, once when it is back."""
        ...


class Devices(Protocol):
    def statuses(self) -> tuple[DeviceStatus, ...]: ...

    async def print_document(self, document: Document) -> PrintResult:
        """Returns when it is on paper or has failed; never waits for paper or cable."""
        ...

    async def open_drawer(self) -> str:
        """OK, or DRAWER_NOT_OPENED, or the printer's trouble."""
        ...

    async def weigh(self, timeout_s: float) -> ScaleReading | str:
        """The first steady reading within the time, else the last unsteady one, else the scale's trouble as a code."""
        ...

    def show(self, lamp: Lamp, amount_minor: int) -> None:
        """On every line display; lost where there is none."""
        ...

    async def pay(self, trade_no: str, auth_code: str, amount_minor: int, timeout_s: float) -> PaymentStatus | str: ...

    async def query_payment(self, trade_no: str, timeout_s: float) -> PaymentStatus | str: ...

    async def cancel_payment(self, trade_no: str, timeout_s: float) -> PaymentStatus | str: ...
