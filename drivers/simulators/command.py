"""Simulated devices: each speaks the bytes of a real one on a pty or a TCP port.

For tests, and for people without hardware. A pty behaves like a serial port whose speed and parity are always right.
A control socket takes one JSON object a line and answers one; `lane simulate tell SOCKET '{...}'` sends one. Each
device's --help lists what it understands.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from drivers.simulators import display, payment, printer, scale, scanner
from drivers.simulators.device import Answer, ControlError, Device, Later, Request
from drivers.simulators.lines import ControlSocket, PtyLine, TcpLine, tell
from drivers.simulators.paper import WIDTHS_DOTS

HELPS = {name: module.HELP for name, module in (
    ("scanner", scanner), ("scale", scale), ("display", display), ("printer", printer), ("payment", payment),
)}  # fmt: skip
WHAT = {
    "scanner": "a serial scanner",
    "scale": "a counter scale of the OS2 / CAS families",
    "display": "an LED8 customer display",
    "printer": "an ESC/POS receipt printer with cutter and cash drawer",
    "payment": "a provider of code payments (TCP)",
}
ALL_EPILOG = 'on RUN/control, each with its device, such as {"device":"scanner","scan":"6901234567892"}:\n\n'
TCP_AT_ONCE = {"printer": 1, "payment": 64}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    devices = parser.add_subparsers(dest="device", metavar="DEVICE", required=True)
    raw = argparse.RawDescriptionHelpFormatter
    for name, text in HELPS.items():
        one = devices.add_parser(name, help=WHAT[name], epilog="control requests of the " + text, formatter_class=raw)
        where = one.add_mutually_exclusive_group(required=True)
        where.add_argument("--pty", type=Path, metavar="LINK", help="make a pty, and LINK to it")
        where.add_argument("--tcp", type=_address, metavar="HOST:PORT", help="listen there (port 0: any free one)")
        one.add_argument("--control", type=Path, metavar="LINK", help="unix socket that takes control requests")
        _add_settings(one, (name,))
    every = devices.add_parser(
        "all",
        help="scanner, scale and display on ptys, printer and payment on TCP, one control socket",
        epilog=ALL_EPILOG + "\n".join(HELPS.values()),
        formatter_class=raw,
    )
    every.add_argument("--dir", type=Path, required=True, metavar="RUN", help="folder for the links and the socket")
    every.add_argument("--printer-port", type=_port, default=9100, help="0: any free one (default 9100)")
    every.add_argument("--payment-port", type=_port, default=9500, help="0: any free one (default 9500)")
    every.add_argument("--printer-pty", action="store_true", help="the printer on the pty RUN/printer instead of TCP")
    _add_settings(every, tuple(HELPS))
    teller = devices.add_parser("tell", help="send one request to a control socket, print the answer")
    teller.add_argument("socket", type=Path)
    teller.add_argument("request", help='JSON, such as \'{"device":"printer","take":true}\'')
    paper = devices.add_parser("paper", help="show what ESC/POS bytes look like on paper")
    paper.add_argument("bytes", nargs="?", type=Path, metavar="FILE", help="ESC/POS bytes (none: standard input)")
    paper.add_argument("--sample", action="store_true", help="a receipt made up for this instead of FILE")
    paper.add_argument("--png", type=Path, metavar="OUT", help="save a picture instead of printing text")
    _add_settings(paper, ("width",))


def _add_settings(parser: argparse.ArgumentParser, names: tuple[str, ...]) -> None:
    if "scanner" in names:
        parser.add_argument("--suffix", choices=tuple(scanner.SUFFIXES), default="CR", help="after a code (CR)")
        parser.add_argument("--aim", action="store_true", help="an AIM identifier before each code")
    if "scale" in names:
        parser.add_argument("--dialect", choices=("os2", "cas"), default="os2", help="BCC with or without header (os2)")
        parser.add_argument("--mode", choices=("passive", "active"), default="passive", help="only answers (passive)")
    if "display" in names:
        parser.add_argument("--lamps", choices=("ascii", "binary", "both"), default="both", help="lamp numbers (both)")
    if "payment" in names:
        parser.add_argument("--store", type=Path, metavar="FILE", help="keep the trades in this file")
    if "printer" in names or "width" in names:
        parser.add_argument("--width", type=int, choices=WIDTHS_DOTS, default=576, help="dots across the paper (576)")


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError(text)
    return port


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host.strip("[]") or "127.0.0.1", _port(port)


def run(arguments: argparse.Namespace) -> int:
    try:
        if arguments.device == "tell":
            answer = asyncio.run(tell(arguments.socket, arguments.request))
            print(answer)
            return 1 if answer.startswith('{"error"') or not answer else 0
        if arguments.device == "paper":
            return _paper(arguments)
        return asyncio.run(_serve(arguments))
    except (ControlError, OSError) as error:
        print(f"lane simulate {arguments.device}: {error}", file=sys.stderr)
        return 1


def _paper(arguments: argparse.Namespace) -> int:
    from drivers.simulators import sample

    if arguments.sample:
        data = sample.receipt(arguments.width // 12)
    else:
        data = arguments.bytes.read_bytes() if arguments.bytes else sys.stdin.buffer.read()
    machine = printer.Printer(lambda _delay, _then: None, arguments.width)
    machine.hear(data)
    slip = machine.everything()
    for event in slip.events:
        print(event, file=sys.stderr)
    if arguments.png is None:
        print(slip.text, end="")
    else:
        from drivers.simulators.picture import draw

        draw(slip).save(arguments.png, optimize=True)
    return 0


def _make(name: str, arguments: argparse.Namespace, later: Later) -> Device:
    if name == "scanner":
        return scanner.Scanner(later, scanner.SUFFIXES[arguments.suffix], arguments.aim)
    if name == "scale":
        return scale.Scale(later, arguments.dialect, arguments.mode)
    if name == "display":
        return display.Display(arguments.lamps)
    if name == "payment":
        return payment.Provider(later, arguments.store)
    return printer.Printer(later, arguments.width)


class _Running:
    """The lines and sockets of this process, to be closed in reverse."""

    def __init__(self) -> None:
        self.closers: list[Callable[[], None]] = []
        self.places: list[str] = []

    def on_pty(self, name: str, device: Device, link: Path) -> None:
        self.closers.append(PtyLine(device, link, drop_stale=name == "scale").close)
        self.places.append(f"{name}={link}")

    def on_tcp(self, name: str, device: Device, host: str, port: int) -> None:
        line = TcpLine(device, host, port, TCP_AT_ONCE.get(name, 8))
        self.closers.append(line.close)
        self.places.append(f"{name}={host}:{line.port}")

    async def control(self, path: Path, handle: Callable[[Request], Answer]) -> None:
        control = ControlSocket(path, handle)
        await control.open()
        self.closers.append(control.close)
        self.places.append(f"control={path}")


async def _serve(arguments: argparse.Namespace) -> int:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    running = _Running()
    try:
        if arguments.device == "all":
            await _start_all(running, arguments)
        else:
            await _start_one(running, arguments)
        print("ready", *running.places, flush=True)
        await stop.wait()
    finally:
        for close in reversed(running.closers):
            close()
    return 0


async def _start_one(running: _Running, arguments: argparse.Namespace) -> None:
    name = arguments.device
    device = _make(name, arguments, asyncio.get_running_loop().call_later)
    if arguments.pty is not None:
        running.on_pty(name, device, arguments.pty)
    else:
        running.on_tcp(name, device, *arguments.tcp)
    if arguments.control is not None:
        await running.control(arguments.control, device.control)


async def _start_all(running: _Running, arguments: argparse.Namespace) -> None:
    later = asyncio.get_running_loop().call_later
    devices = {name: _make(name, arguments, later) for name in HELPS}
    for name in ("scanner", "scale", "display"):
        running.on_pty(name, devices[name], arguments.dir / name)
    if arguments.printer_pty:
        running.on_pty("printer", devices["printer"], arguments.dir / "printer")
    else:
        running.on_tcp("printer", devices["printer"], "127.0.0.1", arguments.printer_port)
    running.on_tcp("payment", devices["payment"], "127.0.0.1", arguments.payment_port)

    def handle(request: Request) -> Answer:
        name = request.get("device")
        if not isinstance(name, str) or name not in devices:
            raise ControlError(f"device must be one of {', '.join(devices)}")
        return devices[name].control({key: value for key, value in request.items() if key != "device"})

    await running.control(arguments.dir / "control", handle)
