"""`lane patch OLD DELTA -o NEW`: the new snapshot from the old one and what `lane diff` wrote.

NEW is written whole or not at all, and only where its hash is the one that the delta names; it may be the same file as
OLD. Exit status: 0 written, 2 refused, with the reason on standard error.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from runtime.delta import MAX_DELTA_BYTES, MAX_FILE_BYTES, DeltaError, apply_delta
from runtime.tools.files import TooLarge, file_error, overwritten, read_limited, write_whole
from runtime.tools.refusal import refuse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("old", metavar="OLD", type=Path, help="the snapshot that is here")
    parser.add_argument("delta", metavar="DELTA", type=Path, help="what lane diff wrote")
    parser.add_argument("-o", "--output", metavar="NEW", type=Path, required=True, help="the snapshot to write")


def run(arguments: argparse.Namespace) -> int:
    lost = overwritten(arguments.output, arguments.delta)
    if lost:
        return refuse(lost)
    try:
        old = read_limited(arguments.old, MAX_FILE_BYTES)
        new = apply_delta(old, read_limited(arguments.delta, MAX_DELTA_BYTES))
        write_whole(arguments.output, new)
    except DeltaError as e:
        return refuse(f"{arguments.delta}: {e} {e.remedy}")
    except TooLarge as e:
        return refuse(str(e))
    except OSError as e:
        return refuse(file_error(e, arguments.output))
    print(f"{arguments.output}: {len(new)} bytes")
    return 0
