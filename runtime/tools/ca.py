"""The chain's own authority: who is a terminal, a gateway, head office.

Used at head office, offline, a few times a year.

  lane ca new DIR --chain NAME        make the root: DIR/root.key stays in a safe, DIR/root.pem is for everybody
  lane ca store DIR STORE -o OUT      what this store's gateway needs: its authority, its certificate, the root
  lane ca hq DIR -o OUT               what head office's server needs

The files that hold a key are for their owner's eyes alone; nothing is ever written over. Exit status: 0 written, 2
refused.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from runtime.tools.refusal import refuse
from runtime.trust.errors import TrustError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    new = actions.add_parser("new", help="make the root of a chain")
    store = actions.add_parser("store", help="make what one store's gateway needs")
    hq = actions.add_parser("hq", help="make what head office's server needs")
    for one in (new, store, hq):
        one.add_argument("folder", metavar="DIR", type=Path, help="the folder of the root")
    new.add_argument("--chain", required=True, metavar="NAME", help="the chain's name, in every certificate")
    store.add_argument("store", metavar="STORE", help="the store's number, as in its settings")
    for one in (store, hq):
        one.add_argument("-o", dest="out", metavar="OUT", type=Path, required=True, help="the folder to write into")


def run(arguments: argparse.Namespace) -> int:
    now = datetime.now(UTC)
    try:
        from runtime.trust import authority

        if arguments.action == "new":
            written = authority.make_chain(arguments.folder, arguments.chain, now)
        elif arguments.action == "store":
            written = authority.make_store(arguments.folder, arguments.store, arguments.out, now)
        else:
            written = authority.make_hq(arguments.folder, arguments.out, now)
    except TrustError as error:
        return refuse(f"{error} {error.remedy}")
    for path in written:
        secret = path.stat().st_mode & 0o077 == 0
        print(f"{path}: {'keep it secret, it holds a key' if secret else 'for everybody'}")
    return 0
