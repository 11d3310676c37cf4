"""Gateways that are let in no more: `lane hq revoke`, `lane hq revoked`.

  lane hq revoke --config hq.toml --store S001 --by NAME                     all its certificates made before now
  lane hq revoke --config hq.toml --store S001 --by NAME --before 2026-11-30T12:00
  lane hq revoke --config hq.toml --store S001 --by NAME --certificate FILE  this one alone; or its number
  lane hq revoked --config hq.toml                                           what was revoked, when and by whom

A running head office refuses them from the next request on. It is for good: make a new one with lane ca store.
Exit status: 0 done, 2 refused.
"""

from __future__ import annotations

import argparse
import re
import time
from datetime import datetime
from pathlib import Path

from runtime.hq.revoked import FILE, SECOND_MS, Revocation, add, read
from runtime.hq.settings import HqFile
from runtime.serving.showing import moment
from runtime.tools.refusal import refuse
from runtime.trust.errors import TrustError
from runtime.trust.names import check_name, gateway_of

MAX_BY = 64  # characters of who did it
_NUMBER = re.compile(r"(?:0x)?([0-9A-Fa-f:]{1,63})")


def add_revoke(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", required=True, metavar="S", help="whose gateway's certificates")
    parser.add_argument("--by", required=True, metavar="NAME", help="who does it; it is written down")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--before", metavar="WHEN", help="those made before it, this machine's time (now)")
    which.add_argument("--certificate", metavar="NUMBER|FILE", help="one alone: its number in hex, or its PEM file")


def add_revoked(parser: argparse.ArgumentParser) -> None:
    """Nothing of its own."""


def run(arguments: argparse.Namespace, file: HqFile) -> int:
    """One of the two. Raises HqError."""
    if file.trust is None:
        return refuse("The settings have no [tls]: nobody shows a certificate here.")
    path = file.trust / FILE
    if arguments.action == "revoked":
        print("\n".join(map(_line, read(path))) if path.exists() else "Nothing was revoked.")
        return 0
    now_ms = time.time_ns() // 1_000_000
    try:
        one = _wanted(arguments, now_ms)
        add(path, one)
    except (TrustError, ValueError) as error:
        return refuse(f"{error} {getattr(error, 'remedy', '')}".rstrip())
    except OSError as error:
        return refuse(f"{error.filename or path}: {error.strerror or error}")
    print(f"{_line(one)}.")
    print("A running head office refuses it from the next request on. A new one for the same store:")
    print(f"  lane ca store DIR {one.store} -o OUT")
    return 0


def _wanted(arguments: argparse.Namespace, now_ms: int) -> Revocation:
    """Raises TrustError, ValueError with a sentence."""
    check_name("store", arguments.store)
    if not 1 <= len(arguments.by) <= MAX_BY or not arguments.by.isprintable():
        raise ValueError(f"--by takes 1 to {MAX_BY} printable characters.")
    named = {"store": arguments.store, "by": arguments.by, "at_ms": now_ms}
    if arguments.certificate is not None:
        return Revocation(**named, number=_number(arguments.certificate, arguments.store))
    if arguments.before is not None:
        return Revocation(**named, before_ms=_moment(arguments.before))
    # A certificate says whole seconds: what was made within this one goes too.
    return Revocation(**named, before_ms=(now_ms // SECOND_MS + 1) * SECOND_MS)


def _number(text: str, store: str) -> str:
    if found := _NUMBER.fullmatch(text):
        return f"{int(found[1].replace(':', ''), 16):x}"
    from runtime.trust import issuing
    from runtime.trust.authority import read_file

    pem = read_file(Path(text))
    if issuing.named(pem) != gateway_of(store):
        raise ValueError(f"{text} is no certificate of the gateway of store {store}.")
    return f"{issuing.serial_of(pem):x}"


def _moment(text: str) -> int:
    try:
        return int(datetime.fromisoformat(text).timestamp() * 1000)
    except (ValueError, OverflowError, OSError) as error:
        raise ValueError(f"--before {text!r} is no moment like 2026-11-30T12:00.") from error


def _line(one: Revocation) -> str:
    which = f"certificate {one.number}" if one.number else f"all made before {moment(one.before_ms)}"
    return f"Revoked: store {one.store}, {which}; {moment(one.at_ms)} by {one.by}"


ACTIONS = {
    "revoke": (add_revoke, "certificates of a store's gateway count no more"),
    "revoked": (add_revoked, "which certificates count no more"),
}
