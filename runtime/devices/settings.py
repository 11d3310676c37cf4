"""How a terminal's TOML says where a device is: one of `serial` and `tcp`, with that transport's own settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from drivers.api import SerialLine, setting
from runtime.devices.spec import SerialPort, TcpPort


@dataclass(frozen=True, slots=True)
class SerialTransport:
    """[device.NAME.serial]: a serial port, a USB serial adapter or a pty.

    A port is named by something that stays when cables are moved: `/dev/serial/by-id/...` or `/dev/serial/by-path/...`.
    What is left out of the line is as the model leaves the factory.
    """

    path: str = setting(..., "the port, by a name that stays: /dev/serial/by-id/... or by-path/...", low=1, high=255)
    baud: int | None = setting(
        None,
        "bits a second, where not the model's own",
        choices=(1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200),
    )
    bits: int | None = setting(None, "data bits, where not the model's own", choices=(7, 8))
    parity: str | None = setting(None, "parity (none, even, odd), where not the model's own", choices=("N", "E", "O"))
    stop: int | None = setting(None, "stop bits, where not the model's own", choices=(1, 2))

    def port(self, folder: Path, factory: SerialLine) -> SerialPort:
        """The port; a relative path begins at `folder`. `factory` is the line as the model leaves the factory."""
        line = SerialLine(
            baud=factory.baud if self.baud is None else self.baud,
            bits=factory.bits if self.bits is None else self.bits,
            parity=factory.parity if self.parity is None else self.parity,
            stop=factory.stop if self.stop is None else self.stop,
        )
        return SerialPort(str(folder / self.path), None if line == factory else line)


@dataclass(frozen=True, slots=True)
class TcpTransport:
    """[device.NAME.tcp]: a device on the network."""

    host: str = setting(..., "address of the device in digits, or localhost", low=1, high=45)
    port: int = setting(9100, "its TCP port", low=1, high=65535)

    def tcp_port(self) -> TcpPort:
        return TcpPort(self.host, self.port)


TransportSettings = SerialTransport | TcpTransport

TRANSPORT_OF_TABLE: dict[str, type[SerialTransport] | type[TcpTransport]] = {
    "serial": SerialTransport,
    "tcp": TcpTransport,
}
