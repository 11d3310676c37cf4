"""The terminal's devices: implements runtime.devices.ports.Devices over real ports.

    manager = DeviceManager(specs, listener, random)
    await manager.start()
    ...
    await manager.stop()

One task a device, and none waits for another. Receipts and drawer go to the first printer of the list, weighings to the
first scale, payments to the first provider, amounts to every display. The loop's clock is the only one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from random import Random
from typing import Any, TypeVar

from drivers.api import DeviceClass, Document, Lamp, PaymentStatus, ScaleReading
from runtime.devices.display import DisplayLink
from runtime.devices.guard import DriverHung
from runtime.devices.link import Link, Surroundings
from runtime.devices.payment import PaymentLink
from runtime.devices.ports import DeviceListener, DeviceStatus, PrintResult
from runtime.devices.printer import PrinterLink
from runtime.devices.registry import Driver, find_driver
from runtime.devices.scale import ScaleLink
from runtime.devices.spec import DeviceSpec

L = TypeVar("L", bound=Link)
T = TypeVar("T")
log = logging.getLogger("lanekit.devices")

_LINKS: dict[DeviceClass, type[Link]] = {
    "Scanner": Link,
    "POSPrinter": PrinterLink,
    "Scale": ScaleLink,
    "LineDisplay": DisplayLink,
    "ElectronicValueRW": PaymentLink,
}


class DeviceManager:
    """Made anywhere, started and stopped once, on the loop. `exponent`: the currency's decimals on displays."""

    def __init__(
        self,
        specs: Sequence[DeviceSpec],
        listener: DeviceListener,
        random: Random,
        clock: Callable[[], float] | None = None,
        exponent: int = 2,
    ) -> None:
        """Raises registry.DriverNameError. `clock` is seconds that pass as the loop's do; the loop's own by default."""
        around = Surroundings(listener, random, clock or _loop_time)
        drivers = [find_driver(spec.driver) for spec in specs]
        self._devices = [_made(spec, driver, around) for spec, driver in zip(specs, drivers, strict=True)]
        self._links = [device for device in self._devices if isinstance(device, Link)]
        self._exponent = exponent
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to look for every device; waits for none."""
        self._tasks = [asyncio.create_task(link.run(), name=f"link {link.name}") for link in self._links]

    async def stop(self) -> None:
        """Let go of every port, in reverse order."""
        for task in reversed(self._tasks):
            task.cancel()
            await asyncio.wait({task})
        self._tasks = []

    def statuses(self) -> tuple[DeviceStatus, ...]:
        return tuple(device.status() if isinstance(device, Link) else device for device in self._devices)

    async def print_document(self, document: Document) -> PrintResult:
        printer = self._first(PrinterLink)
        if printer is None:
            return PrintResult("NOHARDWARE", False)
        return await _sound(printer, printer.print_document(document), PrintResult("FAILURE", True))

    async def open_drawer(self) -> str:
        printer = self._first(PrinterLink)
        return "NOHARDWARE" if printer is None else await _sound(printer, printer.open_drawer(), "FAILURE")

    async def weigh(self, timeout_s: float) -> ScaleReading | str:
        scale = self._first(ScaleLink)
        return "NOHARDWARE" if scale is None else await _sound(scale, scale.weigh(timeout_s), "FAILURE")

    def show(self, lamp: Lamp, amount_minor: int) -> None:
        for link in self._links:
            if isinstance(link, DisplayLink):
                try:
                    link.show(lamp, amount_minor, self._exponent)
                except DriverHung:
                    pass  # as in _sound
                except Exception:
                    log.exception("device %s: its driver failed", link.name)

    async def pay(self, trade_no: str, auth_code: str, amount_minor: int, timeout_s: float) -> PaymentStatus | str:
        provider = self._first(PaymentLink)
        if provider is None:
            return "NOHARDWARE"
        return await _sound(provider, provider.pay(trade_no, auth_code, amount_minor, timeout_s), "FAILURE")

    async def query_payment(self, trade_no: str, timeout_s: float) -> PaymentStatus | str:
        provider = self._first(PaymentLink)
        return (
            "NOHARDWARE" if provider is None else await _sound(provider, provider.query(trade_no, timeout_s), "FAILURE")
        )

    async def cancel_payment(self, trade_no: str, timeout_s: float) -> PaymentStatus | str:
        provider = self._first(PaymentLink)
        return (
            "NOHARDWARE"
            if provider is None
            else await _sound(provider, provider.cancel(trade_no, timeout_s), "FAILURE")
        )

    def _first(self, kind: type[L]) -> L | None:
        return next((link for link in self._links if isinstance(link, kind)), None)


def _made(spec: DeviceSpec, driver: Driver, around: Surroundings) -> Link | DeviceStatus:
    """The link; where the driver cannot even be begun, what is said of the device until the daemon starts anew."""
    try:
        return _LINKS[driver.device_class](spec, driver, around)
    except Exception:
        log.exception("device %s: its driver cannot be begun", spec.name)
        return DeviceStatus(spec.name, driver.device_class, "DRIVER_FAILED")


def _loop_time() -> float:
    return asyncio.get_running_loop().time()


async def _sound(link: Link, work: Coroutine[Any, Any, T], otherwise: T) -> T:
    """What a link answers. A fault of a driver, which may be anybody's, is that device's trouble: without this it would
    end the daemon, and again at every start, for the same receipt would be printed again."""
    try:
        return await work
    except DriverHung:
        return otherwise  # its link has said so, once
    except Exception:
        log.exception("device %s: its driver failed", link.name)
        return otherwise
