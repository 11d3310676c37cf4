"""Runs `lane simulate` and keeps all bytes that its printer is sent: `python recorded_paper.py FILE all --dir ...`."""

from __future__ import annotations

import sys

from drivers.simulators.printer import Printer
from runtime.cli import main

if __name__ == "__main__":
    hear = Printer.hear
    with open(sys.argv[1], "ab", buffering=0) as out:  # noqa: PTH123  # as it comes

        def hear_and_keep(printer: Printer, data: bytes) -> None:
            out.write(data)
            hear(printer, data)

        Printer.hear = hear_and_keep  # type: ignore[method-assign]  # the same with a copy
        status = main(["simulate", *sys.argv[2:]])
    sys.exit(status)
