"""`lane diff OLD NEW -o DELTA`: what makes the new snapshot out of the old one, for terminals that have the old one.

By zstandard where it is installed, else by bsdiff4, else the whole file packed; `--method bsdiff` is for terminals that
have no zstandard. DELTA cannot be one of the two. Exit status: 0 written, 2 a file cannot be read or written or is no
snapshot, or the method is not installed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.container import MAGIC
from engine.errors import SnapshotError
from engine.snapshot import Snapshot
from runtime.delta import MAX_FILE_BYTES, METHODS, DeltaError, best_method, make_delta
from runtime.tools.files import TooLarge, file_error, overwritten, read_limited, write_whole
from runtime.tools.refusal import refuse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("old", metavar="OLD", type=Path, help="the snapshot that terminals have")
    parser.add_argument("new", metavar="NEW", type=Path, help="the snapshot that they shall have")
    parser.add_argument("-o", "--output", metavar="DELTA", type=Path, required=True, help="the file to write")
    parser.add_argument("--method", choices=list(METHODS), default="", help="the best one installed, unless given")


def run(arguments: argparse.Namespace) -> int:
    method = arguments.method or best_method()
    lost = overwritten(arguments.output, arguments.old, arguments.new)
    if lost:
        return refuse(lost)
    try:
        old, new = (read_limited(path, MAX_FILE_BYTES) for path in (arguments.old, arguments.new))
        if not old.startswith(MAGIC):  # its format may be an older one
            return refuse(f"{arguments.old}: this is not a snapshot. Name what lane compile wrote.")
        Snapshot(new)
        delta = make_delta(old, new, method=method)
        write_whole(arguments.output, delta)
    except DeltaError as e:
        return refuse(f"{e} {e.remedy}")
    except SnapshotError as e:
        return refuse(f"{arguments.new}: {e} Name what lane compile wrote, or compile it again.")
    except TooLarge as e:
        return refuse(str(e))
    except OSError as e:
        return refuse(file_error(e, arguments.output))
    print(f"{arguments.output}: {method}, {len(delta)} bytes for a file of {len(new)}")
    return 0
