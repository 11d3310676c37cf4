"""`lane diff OLD NEW -o DELTA`: what makes the new snapshot out of the old one, for terminals that have the old one.

By zstandard where it is installed, else by bsdiff4, else the whole file packed; `--method bsdiff` is for terminals that
have no zstandard. Exit status: 0 written, 2 a file cannot be read or written, or the method is not installed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from runtime.delta import MAX_FILE_BYTES, METHODS, DeltaError, best_method, make_delta
from runtime.tools.files import TooLarge, read_limited, write_whole
from runtime.tools.refusal import refuse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("old", metavar="OLD", type=Path, help="the snapshot that terminals have")
    parser.add_argument("new", metavar="NEW", type=Path, help="the snapshot that they shall have")
    parser.add_argument("-o", "--output", metavar="DELTA", type=Path, required=True, help="the file to write")
    parser.add_argument("--method", choices=list(METHODS), default="", help="the best one installed, unless given")


def run(arguments: argparse.Namespace) -> int:
    method = arguments.method or best_method()
    try:
        old, new = (read_limited(path, MAX_FILE_BYTES) for path in (arguments.old, arguments.new))
        delta = make_delta(old, new, method=method)
        write_whole(arguments.output, delta)
    except DeltaError as e:
        return refuse(f"{e} {e.remedy}")
    except TooLarge as e:
        return refuse(str(e))
    except OSError as e:
        return refuse(f"{e.filename or arguments.output}: {e.strerror}")
    print(f"{arguments.output}: {method}, {len(delta)} bytes for a file of {len(new)}")
    return 0
