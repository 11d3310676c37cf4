"""Head office's prices: publish a snapshot, end a store's or group's own, and see who has what.

  lane hq publish new.snapshot --config hq.toml --key keys/snapshot.key --all
  lane hq publish new.snapshot --config hq.toml --key keys/snapshot.key --store 0001 --group north
  lane hq published --config hq.toml [--stores]
  lane hq withdraw --config hq.toml --key keys/snapshot.key --store 0001

To roll back, publish the old file again: it gets a new number, and only a higher number is ever taken. What is
published for a store goes before what is for its groups, and that before what is for all. Exit status: 0 done,
2 refused.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path

from engine.errors import SnapshotError
from engine.signature import Trust
from runtime.distribution.files import SnapshotFiles
from runtime.hq.publishing import Publication, Publications, PublishError
from runtime.hq.settings import HqFile
from runtime.keys import KeyFileError, Signer, trust_of, trust_of_key
from runtime.tools.refusal import refuse
from runtime.wire.snapshots import ALL, MAX_COUNTER, Holding

MOST_MB = 16_384  # of snapshots and deltas that are not in force any more
MOST_FILES = 400


def open_publications(folder: Path, groups: Mapping[str, Collection[str]]) -> Publications:
    """Head office's, as the server and the command use them. Raises OSError."""
    return Publications(SnapshotFiles(folder, most_bytes=MOST_MB << 20, most_files=MOST_FILES), groups)


def add_publish(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("snapshot", type=Path, metavar="SNAPSHOT", help="what lane compile --sign wrote")
    _add_scopes(parser)
    parser.add_argument("--all", action="store_true", help="for every store that has nothing of its own")
    _add_key(parser)
    parser.add_argument(
        "--counter",
        type=int,
        default=0,
        metavar="N",
        help="at least this number (head office was restored from a copy)",
    )


def add_withdraw(parser: argparse.ArgumentParser) -> None:
    _add_scopes(parser)
    _add_key(parser)


def add_published(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stores", action="store_true", help="also what every store and till has")


def _add_scopes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", action="append", default=[], metavar="S", help="for this store; may be repeated")
    parser.add_argument("--group", action="append", default=[], metavar="G", help="for this group; may be repeated")


def _add_key(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--key", type=Path, metavar="FILE", help="the private key that signs snapshots (lane keys new)")
    which.add_argument("--unsigned", action="store_true", help="for a trial: tills with trusted_keys will not take it")
    parser.add_argument(
        "--trust",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="another public key that may have signed it",
    )


def run(arguments: argparse.Namespace, file: HqFile) -> int:
    """One of ACTIONS."""
    try:
        publications = open_publications(file.snapshots, file.groups)
    except OSError as error:
        return refuse(f"{error.filename or file.snapshots}: {error.strerror or error}")
    do = {"publish": publish, "published": published, "withdraw": withdraw}[arguments.action]
    return do(arguments, publications)


def publish(arguments: argparse.Namespace, publications: Publications) -> int:
    scopes = [*([ALL] if arguments.all else []), *_scopes(arguments)]
    if not scopes:
        return refuse("For whom? Give --all, --store S or --group G.")
    if not 0 <= arguments.counter <= MAX_COUNTER:
        return refuse(f"--counter is from 0 to {MAX_COUNTER}.")
    try:
        signer, trust = _keys(arguments)
        made = publications.publish(
            arguments.snapshot, scopes, signer=signer, trust=trust, now_ms=_now_ms(), at_least=arguments.counter
        )
    except SnapshotError as error:
        return refuse(f"{arguments.snapshot}: {error} Nothing is published.")
    except (KeyFileError, PublishError) as error:
        return refuse(f"{error} {getattr(error, 'remedy', '')}".rstrip())
    except OSError as error:
        return refuse(f"{error.filename or arguments.snapshot}: {error.strerror or error}")
    print("\n".join(map(_line, made)))
    return 0


def withdraw(arguments: argparse.Namespace, publications: Publications) -> int:
    if not _scopes(arguments):
        return refuse("Whose own prices end? Give --store S or --group G.")
    try:
        signer, _ = _keys(arguments)
        for scope in _scopes(arguments):
            print("\n".join(map(_line, publications.withdraw(scope, signer=signer, now_ms=_now_ms()))))
    except (KeyFileError, PublishError) as error:
        return refuse(f"{error} {getattr(error, 'remedy', '')}".rstrip())
    except OSError as error:
        return refuse(f"{error.filename}: {error.strerror or error}")
    return 0


def published(arguments: argparse.Namespace, publications: Publications) -> int:
    try:
        live = publications.live()
        done = publications.all()
    except OSError as error:
        return refuse(f"{error.filename}: {error.strerror or error}")
    if not done:
        print("Nothing is published. Publish a signed snapshot: lane hq publish SNAPSHOT --all ...")
    for one in done:
        print(_line(one) + ("" if live.get(one.scope) == one else " (not in force)"))
    if arguments.stores:
        for store, (gateway, terminals) in sorted(publications.holdings.items()):
            due = publications.due(store)
            wanted = due.manifest.file if due is not None and due.manifest is not None else b""
            print(f"store {store}: {_held(gateway, wanted)}")
            for till in terminals:
                print(f"  till {till.name}: {_held(till, wanted)}")
    return 0


def _line(one: Publication) -> str:
    at = datetime.fromtimestamp(one.published_at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    if one.manifest is None:
        return f"{one.counter}  {one.scope}  withdrawn  {at}"
    signed = f"signed by {one.manifest.key.hex()[:16]}" if one.manifest.key else "unsigned"
    return f"{one.counter}  {one.scope}  {one.name}  {one.manifest.snapshot.hex()[:16]}  {signed}  {at}"


def _held(one: Holding, wanted: bytes) -> str:
    has = f"number {one.counter}" if one.counter else "none of ours"
    state = "as it should be" if one.file and one.file == wanted else "not yet what it should have"
    return f"{has}, {state}" + (f", says {one.refused}" if one.refused else "")


def _scopes(arguments: argparse.Namespace) -> list[str]:
    return [*(f"group:{name}" for name in arguments.group), *(f"store:{name}" for name in arguments.store)]


def _keys(arguments: argparse.Namespace) -> tuple[Signer | None, Trust | None]:
    """Who signs, and whose snapshots are taken: those of the same key, and of those that --trust names."""
    if arguments.key is None:
        return None, None
    signer = Signer(arguments.key)
    more = trust_of(arguments.trust)
    mine = trust_of_key(signer.public)
    return signer, Trust([*mine.keys, *(more.keys if more is not None else ())], mine.verifier)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


ACTIONS: dict[str, tuple[Callable[[argparse.ArgumentParser], None], str]] = {
    "publish": (add_publish, "publish a signed snapshot for all, for groups or for stores"),
    "published": (add_published, "what is published, and who has it"),
    "withdraw": (add_withdraw, "end a store's or group's own prices"),
}
