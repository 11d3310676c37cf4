"""How a tool says no: one sentence on standard error, and the exit status for what a person must mend first."""

from __future__ import annotations

import sys

REFUSED = 2


def refuse(text: object) -> int:
    """Say it; gives the exit status."""
    print(text, file=sys.stderr)
    return REFUSED
