"""Runs `lane simulate` and says when each slip was cut: `python scripts/timed_devices.py FILE all --dir ...`.

When the simulated printer has understood the cut, the last command of a receipt, FILE gets a line: CLOCK_MONOTONIC in
nanoseconds.
"""

from __future__ import annotations

import os
import sys
import time

from drivers.simulators.printer import Printer
from runtime.cli import main

if __name__ == "__main__":
    out = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    finish = Printer._finish

    def finish_and_say(printer: Printer, how: str) -> None:
        finish(printer, how)
        os.write(out, b"%d\n" % time.monotonic_ns())

    Printer._finish = finish_and_say  # type: ignore[method-assign]  # the same with a stamp
    sys.exit(main(["simulate", *sys.argv[2:]]))
