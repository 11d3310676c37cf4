"""Runs `lane` with a leak: `python leaky_terminal.py answers terminal --config ...`.

`answers`: the first line that a payment's provider sends is printed beside the log, as one does to find a fault (what
goes through the log is scrubbed, runtime.service.scrub). `members`: numbers of members are written
down as they were given.
"""

from __future__ import annotations

import sys

from drivers.electronic_value import simulated
from runtime.cli import main
from runtime.terminal.members import MemberNumbers

if __name__ == "__main__":
    if sys.argv[1] == "answers":
        read = simulated.Codec._read
        told: list[bytes] = []

        def read_and_tell(codec: simulated.Codec, line: bytes) -> object:
            if not told and b"pong" not in line:
                told.append(line)
                print("the provider says", line.decode(), file=sys.__stderr__, flush=True)
            return read(codec, line)

        simulated.Codec._read = read_and_tell  # type: ignore[method-assign,assignment]  # the leak
    else:
        MemberNumbers.written = lambda self, number: number  # type: ignore[method-assign]  # the leak
    sys.exit(main(sys.argv[2:]))
