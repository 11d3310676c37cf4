"""`lane keys new DIR`: make a pair of keys for signing snapshots.

DIR/snapshot.key signs (`lane compile --sign`) and stays at head office; DIR/snapshot.pub goes to the terminals, whose
`trusted_keys` name it. Exit status: 0 written, 2 refused.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from runtime.keys import PRIVATE, PUBLIC, KeyFileError, new_pair
from runtime.tools.refusal import refuse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    new = actions.add_parser("new", help="make a pair of keys")
    new.add_argument("folder", metavar="DIR", type=Path, help="the folder to write them into")


def run(arguments: argparse.Namespace) -> int:
    folder: Path = arguments.folder
    try:
        public = new_pair(folder)
    except KeyFileError as e:
        return refuse(f"{e} {e.remedy}")
    print(f"{folder / PRIVATE}: keep it secret, it signs\n{folder / PUBLIC}: for the terminals, {public}")
    return 0
