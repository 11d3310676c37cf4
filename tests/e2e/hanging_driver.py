"""Runs `lane` with a scanner's driver that never returns from the code HANG and raises at the code RAISE. The daemon's
patience is half a second, or $GUARD_S."""

from __future__ import annotations

import os
import sys
from typing import Any

import runtime.devices.guard
from drivers.scanner import serial_line
from runtime.cli import main

receive = serial_line.Codec.receive


def hangs(self: Any, data: bytes) -> Any:
    while b"HANG" in data:
        pass
    if b"RAISE" in data:
        raise RuntimeError("as drivers do")
    return receive(self, data)


if __name__ == "__main__":
    serial_line.Codec.receive = hangs  # type: ignore[method-assign]
    runtime.devices.guard.LIMIT_S = float(os.environ.get("GUARD_S", "0.5"))
    sys.exit(main(sys.argv[1:]))
