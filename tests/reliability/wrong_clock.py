"""Runs `lane` on a machine whose clock is wrong by the seconds that a file says: `wrong_clock.py FILE terminal ...`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from runtime.cli import main
from runtime.terminal import clock


def wrong_by_s(file: Path) -> float:
    try:
        return float(file.read_text())
    except (OSError, ValueError):
        return 0.0


if __name__ == "__main__":
    file = Path(sys.argv[1])
    defaults = clock.TillClock.__init__.__kwdefaults__
    defaults["utc_ms"] = lambda: int((time.time() + wrong_by_s(file)) * 1000)
    defaults["synchronised"] = lambda: False
    sys.exit(main(sys.argv[2:]))
