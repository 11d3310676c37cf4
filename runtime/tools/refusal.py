"""How a tool says no: one sentence on standard error, and the exit status for what a person must mend first."""

from __future__ import annotations

import os
import sys

REFUSED = 2


def refuse(text: object) -> int:
    """Say it; gives the exit status."""
    print(text, file=sys.stderr)
    return REFUSED


def output_lost(error: OSError) -> int:
    """What was to be printed had no place to go. Gives the exit status: 0 where the reader just wanted no more."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())  # what is still in the buffer is not tried again when the process ends
    os.close(nowhere)
    if isinstance(error, BrokenPipeError):
        return 0
    return refuse(f"Not all could be written to standard output: {error.strerror}. Make room there, and start again.")
