"""Head office's publications: which snapshot each store shall have.

    publications/000000000012        one publication, never changed; its number is its counter
    files/, deltas/, incoming/       runtime.distribution.files
    holdings.json                    what stores and their terminals said last

The counter rises by one with each publication, whatever it is for. **Which one a store shall have**: the newest for
this store; without one the newest for any of its groups; without one the newest for all. A wider publication never
undoes a narrower one; `withdraw` does. It publishes again, under a new number, what the stores fall back to, for they
never take an older number.
"""

from __future__ import annotations

import json
import logging
import os
import re
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.signature import Trust
from engine.snapshot import Snapshot
from runtime.delta import MAX_FILE_BYTES, DeltaError, best_method, make_delta
from runtime.distribution.bell import Bell
from runtime.distribution.errors import DistributionError
from runtime.distribution.files import SnapshotFiles, file_hash, write_through
from runtime.distribution.manifest import ManifestSigner, check_form, is_scope, sign_manifest
from runtime.tools.files import one_at_a_time
from runtime.wire.pack import WireError, build, pack, unpack
from runtime.wire.snapshots import ALL, MAX_ANSWER_BYTES, MAX_COUNTER, Holding, Manifest, SnapshotAsk

log = logging.getLogger(__name__)

_NUMBER = re.compile(r"[0-9]{12}", re.ASCII)
TICK_NS = 100_000_000  # more than any file system's clock takes to its next tick
MOST_HELD = 5_000  # stores whose last word is kept


class PublishError(Exception):
    """A publication that is not made. The text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Publication:
    """`manifest` None: nothing is published for this scope any more."""

    counter: int
    scope: str
    manifest: Manifest | None
    name: str  # of the file that was published
    published_at_ms: int


class Publications:
    """`groups`: which stores are in which group. Used by the command and by the server; both may run at once."""

    def __init__(self, files: SnapshotFiles, groups: Mapping[str, Collection[str]]) -> None:
        """Raises OSError."""
        self.files = files
        self._groups = groups
        self._folder = files.folder / "publications"
        self._folder.mkdir(exist_ok=True)
        self._seen = 0
        self._all: tuple[Publication, ...] = ()
        self.holdings: dict[str, tuple[Holding, tuple[Holding, ...]]] = self._read_holdings()

    # --- what is published --------------------------------------------------------------------------------------

    def all(self) -> tuple[Publication, ...]:
        """Every publication, oldest first. Raises OSError."""
        seen = self._folder.stat().st_mtime_ns
        if seen != self._seen:
            found = sorted(path for path in self._folder.iterdir() if _NUMBER.fullmatch(path.name))
            self._all = tuple(one for one in map(_read, found) if one is not None)
            # What is written in the same tick of the file system's clock would not show: then it is looked at again.
            self._seen = seen if abs(time.time_ns() - seen) > TICK_NS else 0
        return self._all

    def live(self) -> dict[str, Publication]:
        """By scope, what is in force for it."""
        last = {one.scope: one for one in self.all()}
        return {scope: one for scope, one in last.items() if one.manifest is not None}

    def due(self, store: str, but: str = "") -> Publication | None:
        """What a store shall have; `but`: were this scope's publication not there."""
        live = {scope: one for scope, one in self.live().items() if scope != but}
        if f"store:{store}" in live:
            return live[f"store:{store}"]
        groups = [live[scope] for scope in live if scope.startswith("group:") and store in self._of(scope)]
        return max(groups, key=lambda one: one.counter) if groups else live.get(ALL)

    def _of(self, scope: str) -> Collection[str]:
        return self._groups.get(scope.partition(":")[2], ())

    # --- publishing ---------------------------------------------------------------------------------------------

    def publish(
        self,
        snapshot: Path,
        scopes: Collection[str],
        *,
        signer: ManifestSigner | None,
        trust: Trust | None,
        now_ms: int,
        at_least: int = 0,
    ) -> list[Publication]:
        """Take the file and announce it, one publication for each scope. Deltas from what it replaces are made first,
        so that they are there when the first gateway asks. Raises SnapshotError, PublishError, OSError.
        """
        data = _read_file(snapshot)
        for scope in scopes:
            kind, _, name = scope.partition(":")
            if not is_scope(scope):
                raise PublishError(f"{scope!r} is no store or group.")
            if kind == "group" and name not in self._groups:
                raise PublishError(f"There is no group {name} in the settings; [groups] has every group's stores.")
        with one_at_a_time(self.files.folder / "lock", os.O_CREAT):
            # The bytes that were read are the bytes that are kept: they are verified where they lie from now on.
            kept = self.files.incoming / "publishing"
            write_through(kept, data)
            try:
                opened = Snapshot.open(kept, trust=trust)
                file = file_hash(kept)
                if not self.files.has(file):
                    kept.replace(self.files.place(file))
            finally:
                kept.unlink(missing_ok=True)
            made = []
            for scope in scopes:
                self._make_delta(scope, file, data)
                made.append(
                    self._announce(scope, opened.hash, file, len(data), snapshot.name, signer, now_ms, at_least)
                )
            self.files.sweep({one.manifest.file for one in self.live().values() if one.manifest is not None})
        return made

    def withdraw(self, scope: str, *, signer: ManifestSigner | None, now_ms: int) -> list[Publication]:
        """End a store's or group's own prices. What its stores fall back to is published again first: a crash between
        leaves the old prices in force. Raises PublishError, OSError."""
        if scope == ALL or scope not in self.live():
            raise PublishError(f"Nothing is published for {scope} alone; lane hq published lists what is.")
        kind, _, name = scope.partition(":")
        stores = [name] if kind == "store" else sorted(self._of(scope))
        with one_at_a_time(self.files.folder / "lock", os.O_CREAT):
            mine = self.live()[scope]
            back = {one.scope: one for one in (self.due(store, but=scope) for store in stores) if one is not None}
            made = []
            for one in back.values():
                was = one.manifest
                if was is not None and one.counter < mine.counter:
                    said = (one.scope, was.snapshot, was.file, was.size, one.name)
                    made.append(self._announce(*said, signer, now_ms, 0))
            made.append(self._write(Publication(self._next(), scope, None, "", now_ms)))
        return made

    def _announce(
        self,
        scope: str,
        snapshot: bytes,
        file: bytes,
        size: int,
        name: str,
        signer: ManifestSigner | None,
        now_ms: int,
        at_least: int,
    ) -> Publication:
        manifest = Manifest(max(self._next(), at_least), scope, snapshot, file, size)
        if signer is not None:
            manifest = sign_manifest(manifest, signer)
        try:
            check_form(manifest)
        except DistributionError as error:
            raise PublishError(str(error)) from error
        return self._write(Publication(manifest.counter, scope, manifest, name[:200], now_ms))

    def _write(self, publication: Publication) -> Publication:
        """From here on it is published."""
        write_through(self._folder / f"{publication.counter:012d}", pack(publication))
        self._seen = 0
        return publication

    def _next(self) -> int:
        """By the names: also of what cannot be read."""
        numbers = [int(path.name) for path in self._folder.iterdir() if _NUMBER.fullmatch(path.name)]
        if max(numbers, default=0) >= MAX_COUNTER:
            raise PublishError("The counter is at its end.")
        return max(numbers, default=0) + 1

    def _make_delta(self, scope: str, new: bytes, data: bytes) -> None:
        """From what most of the scope's stores have. Without it gateways ask for one, or take the whole file."""
        live = self.live()
        before = live.get(scope) or live.get(ALL)
        method = best_method()
        if before is None or before.manifest is None or method == "whole":
            return
        old = before.manifest.file
        path = self.files.delta_place(old, new, method)
        if old == new or path.exists() or not self.files.has(old):
            return
        try:
            delta = make_delta(self.files.place(old).read_bytes(), data, method=method)
        except (DeltaError, OSError, MemoryError) as error:
            log.warning("no delta: %s", error)
            return
        if len(delta) * 2 < len(data):
            write_through(path, delta)

    # --- who has what -------------------------------------------------------------------------------------------

    def _read_holdings(self) -> dict[str, tuple[Holding, tuple[Holding, ...]]]:
        try:
            said = json.loads((self.files.folder / "holdings.json").read_bytes())
            return {
                store: (_holding(one["gateway"]), tuple(map(_holding, one["terminals"]))) for store, one in said.items()
            }
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            log.warning("what stores have cannot be read and is heard anew: %s", error)
            return {}

    def hear(self, ask: SnapshotAsk) -> bool:
        """A gateway told what it and its terminals have. True where that is news."""
        before = self.holdings.get(ask.store)
        terminals = ask.holdings if ask.holdings is not None else before[1] if before is not None else ()
        if before == (ask.has, terminals) or (before is None and len(self.holdings) >= MOST_HELD):
            return False
        self.holdings[ask.store] = ask.has, terminals
        return True

    def write_holdings(self) -> None:
        """For `lane hq published`. Raises OSError."""
        said = {
            store: {"gateway": _shown(gateway), "terminals": [_shown(one) for one in terminals]}
            for store, (gateway, terminals) in sorted(self.holdings.items())
        }
        path = self.files.folder / "holdings.json"
        draft = path.with_name("holdings.new")
        draft.write_text(json.dumps(said, indent=1), encoding="utf-8")
        draft.replace(path)


class PublicationSource:
    """What head office's endpoints serve. `news` is called when somebody has something else than before."""

    def __init__(self, publications: Publications, news: Callable[[], None] = lambda: None) -> None:
        self._publications = publications
        self._news = news
        self.files = publications.files
        self.bell = Bell()

    def wanted(self, store: str) -> Manifest | None:
        due = self._publications.due(store)
        return due.manifest if due is not None else None

    def is_wanted(self, file: bytes) -> bool:
        live = self._publications.live().values()
        return any(one.manifest is not None and one.manifest.file == file for one in live)

    def heard(self, ask: SnapshotAsk) -> None:
        newest = self._publications.all()[-1].counter if self._publications.all() else 0
        if self._publications.hear(ask):
            if ask.has.counter > newest:
                log.warning(
                    "store %s has prices number %d; number %d is the newest here. Publish with --counter %d",
                    ask.store, ask.has.counter, newest, ask.has.counter + 1,
                )  # fmt: skip
            self._news()


def _read(path: Path) -> Publication | None:
    try:
        publication = build(Publication, unpack(path.read_bytes(), MAX_ANSWER_BYTES))
        if publication.manifest is not None:
            check_form(publication.manifest)
    except (OSError, WireError, DistributionError) as error:
        log.error("%s is not what publishing writes and is passed over: %s", path, error)
        return None
    return publication


def _read_file(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise PublishError(f"{path} has more than {MAX_FILE_BYTES} bytes.")
    return data


def _shown(one: Holding) -> dict[str, str | int]:
    return {**asdict(one), "file": one.file.hex()}


def _holding(said: Mapping[str, object]) -> Holding:
    return build(Holding, {**said, "file": bytes.fromhex(str(said["file"]))})
