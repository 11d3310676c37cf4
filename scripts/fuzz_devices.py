"""What devices send, and what the simulated ones are sent: one target a class of devices, of fuzz_targets.py's list.

The first two bytes choose the driver with its settings, and where the bytes are cut; the rest is what comes over the
line.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

from drivers.api import MAX_PENDING, Garbage
from drivers.simulators.device import ControlError
from drivers.simulators.display import Display
from drivers.simulators.payment import Provider
from drivers.simulators.printer import Printer
from drivers.simulators.scale import Scale
from drivers.simulators.scanner import Scanner
from runtime.devices.registry import Driver, find_driver, known_drivers

Target = Callable[[bytes], None]

# Good frames of each class, in its drivers' default settings.
FRAMES: dict[str, tuple[bytes, ...]] = {
    "Scanner": (b"\r6901234567892\r", b"\x02]E06901234567892\x03\r\n", b"]C1010690123456789210AB\x1d17261231\r"),
    "Scale": (bytes.fromhex("0102 53 20 30312e323334 6b67 65 03 04"), b"\x06", bytes.fromhex("15 0102 46")),
    "POSPrinter": (b"\x14\x00\x00\x0c", b"\x12\x12\x12\x12", b"\x16\x00\x11\x13"),
    "LineDisplay": (b"?",),
    "ElectronicValueRW": (b'\n{"trade_no": "T1", "state": "SUCCESS"}\n', b'{"pong": true}\n', b'{"error": "x"}\n'),
}
_SAID_TO = {
    "printer": b"\x1b@\x1c&\xc4\xe3\n\x1da\xff\x10\x04\x01\x1dk\x02690123456789\x00\x1d(k\x03\x001Q0"
    b"\x1bp\x00\x32\x32\x1dV\x00",
    "scale": b"\x05\x11ZT",
    "display": b"\x1bs2\x1bQA12.50\r\x0c",
    "payment": b'{"op":"pay","trade_no":"T","auth_code":"134567890123456791","amount_minor":5}\n'
    b'{"op":"query","trade_no":"T"}\n',
}


def variants(driver: Driver) -> list[Any]:
    """The default settings, and each choice of each setting."""
    made = [driver.settings_type()]
    for field in dataclasses.fields(driver.settings_type):
        values = field.metadata["choices"] or ((True, False) if isinstance(field.default, bool) else ())
        made += [driver.settings_type(**{field.name: value}) for value in values]
    return made


def ask(codec: Any) -> None:
    """All that the daemon may have asked the device before it speaks."""
    codec.probe()
    for name in ("ask", "ask_status"):
        if hasattr(codec, name):
            getattr(codec, name)()


def held(codec: Any) -> int:
    parts = (getattr(codec, name) for name in vars(codec))
    return sum(len(part) for part in parts if isinstance(part, bytes | bytearray))


def heard(device_class: str) -> Target:
    """The target of a class: read the same however it is cut, within bounds, and nothing raised."""
    drivers = [find_driver(name) for name in known_drivers()]
    ways = [(one, made) for one in drivers if one.device_class == device_class for made in variants(one)]

    def target(data: bytes) -> None:
        driver, made = ways[data[0] % len(ways) if data else 0]
        stream = data[2:]
        cut = data[1] % (len(stream) + 1) if len(data) > 1 else 0
        whole, parts = driver.codec_type(made), driver.codec_type(made)
        ask(whole), ask(parts)
        at_once = whole.receive(stream)
        assert held(whole) <= MAX_PENDING
        at_once += whole.flush()
        assert at_once == parts.receive(stream[:cut]) + parts.receive(stream[cut:]) + parts.flush()
        assert whole.flush() == []
        assert all(0 < len(one.data) <= 64 and one.reason for one in at_once if isinstance(one, Garbage))

    return target


def seeds_of(device_class: str) -> list[bytes]:
    return [bytes((way, 3)) + frame for frame in FRAMES[device_class] for way in range(4)]


def _simulated() -> dict[str, Any]:
    def never(seconds: float, then: Callable[[], None]) -> None:
        pass

    return {
        "printer": Printer(never), "scale": Scale(never), "display": Display(), "payment": Provider(never),
        "scanner": Scanner(never),
    }  # fmt: skip


def simulators(data: bytes) -> None:
    """The simulated device that the first byte says: told the first line by a person, then sent the rest."""
    devices = _simulated()
    device = devices[sorted(devices)[data[0] % len(devices)]] if data else devices["scale"]
    line, _, stream = data[1:].partition(b"\n")
    peer = device.attach(lambda said: None)
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        request = None
    # The one thing that writes where the request says, and needs Pillow.
    if isinstance(request, dict) and not {"pictures"} & set(request):
        try:
            json.dumps(device.control(request))
        except ControlError as refused:
            assert str(refused)
    peer.receive(stream[: len(stream) // 2])
    peer.receive(stream[len(stream) // 2 :])
    peer.closed()


def simulators_seeds() -> list[bytes]:
    names = sorted(_simulated())
    told = {
        "printer": {"paper_out_after_lines": 3}, "scale": {"weight_g": 1236, "stable": True},
        "payment": {"trades": True}, "scanner": {"scan": "6901234567892"}, "display": {"read": True},
    }  # fmt: skip
    return [
        bytes((number,)) + json.dumps(told[name]).encode() + b"\n" + _SAID_TO.get(name, b"")
        for number, name in enumerate(names)
    ]


CLASSES = {
    "scanner": "Scanner", "scale": "Scale", "printer": "POSPrinter", "display": "LineDisplay",
    "payment": "ElectronicValueRW",
}  # fmt: skip
