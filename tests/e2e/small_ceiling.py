"""Runs `lane` as if its unit's MemoryHigh were 1 MB: `python small_ceiling.py terminal --config ...`."""

from __future__ import annotations

import sys

import runtime.service.memory
import runtime.terminal.ceiling
from runtime.cli import main

if __name__ == "__main__":
    runtime.service.memory.ceiling_bytes = lambda: 1 << 20  # before the daemon takes it by its name
    runtime.terminal.ceiling.LOOK_S = 0.2
    runtime.terminal.ceiling.NOT_BEFORE_S = 4.0
    sys.exit(main(sys.argv[1:]))
