"""`lane compile BOOK_DIR -o FILE`: make a snapshot of a book of prices and promotions.

Every fault of the book is written to standard error, one a line, with its file and line or its promotion, and nothing
is written to FILE. Exit status: 0 compiled, 2 the book has faults, or a file or key cannot be read or
written.
"""

from __future__ import annotations

import argparse
import gc
import sys
from pathlib import Path

from engine.compiler import FILES, compile_book
from engine.errors import BookError
from runtime.keys import KeyFileError, sign_snapshot
from runtime.tools.files import file_error, overwritten, write_whole
from runtime.tools.refusal import refuse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("book", metavar="BOOK_DIR", type=Path, help="its book.json, items.csv and promotions.json")
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, required=True, help="the snapshot to write")
    parser.add_argument("--sign", metavar="KEYFILE", type=Path, help="sign it with this key (lane keys new makes one)")
    parser.add_argument("--lenient", action="store_true", help="a selector that names an unknown sku: a warning")


def run(arguments: argparse.Namespace) -> int:
    book: Path = arguments.book
    output: Path = arguments.output
    try:
        files = {name: (book / name).read_bytes() for name in FILES if (book / name).exists()}
    except OSError as e:
        return refuse(file_error(e, book))
    lost = overwritten(output, *(book / name for name in FILES), *([arguments.sign] if arguments.sign else []))
    if lost:
        return refuse(lost)
    if not files:
        return refuse(
            f"{book}: this is no folder with a book (book.json, items.csv, promotions.json). Name the folder."
        )
    gc.disable()  # a million small objects and no cycles: the collector would look at each again and again
    try:
        compiled = compile_book(files, lenient=arguments.lenient)
    except BookError as e:
        for fault in e.faults:
            print(fault, file=sys.stderr)
        return refuse(f"{e} {e.remedy}")
    finally:
        gc.enable()
    for warning in compiled.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    data = compiled.data
    try:
        if arguments.sign is not None:
            data = sign_snapshot(data, arguments.sign)
        write_whole(output, data)
    except KeyFileError as e:
        return refuse(f"{e} {e.remedy}")
    except OSError as e:
        return refuse(file_error(e, output))
    counts = ", ".join(f"{count} {what}" for what, count in compiled.counts.items())
    print(f"{output}: {counts}, {len(data)} bytes{'' if arguments.sign is None else ', signed'}")
    return 0
