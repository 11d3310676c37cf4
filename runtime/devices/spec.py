"""What the daemon is told about one device: its name, its driver, where it is plugged in, its driver's settings.

A port is named by its whole stable path (`/dev/serial/by-id/...`, `/dev/serial/by-path/...`): `ttyUSB0` is another
device after a replug, and a port that is not named here is never opened, let alone written to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from drivers.api import SerialLine


@dataclass(frozen=True, slots=True)
class SerialPort:
    """A serial port; `line` is None where the model's own factory setting (the driver's SERIAL) holds."""

    path: str
    line: SerialLine | None = None


@dataclass(frozen=True, slots=True)
class TcpPort:
    """A device on the store's network. `host` is an address in digits, or `localhost`: looking a name up would take
    a thread, and a till whose name server is down still has to print."""

    host: str
    port: int = 9100


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    name: str
    driver: str  # `<class>.<model>`, e.g. pos_printer.escpos
    transport: SerialPort | TcpPort
    settings: Mapping[str, Any] = field(default_factory=dict)  # the driver's own, checked against its Settings
