"""The snapshot that a terminal sells by, the one before it, and the one that takes over.

A new file is put at the configured path, in whatever way: renamed there, or copied over the old one byte by byte. So
the terminal never sells from that file. It takes a copy into a folder of its own, verifies the copy (hash and, with
trusted keys, signature), and maps that. It looks for a new file between sales only; a file that is refused is not
looked at again until it changes. The last two copies are kept, numbered: a basket that was open when the terminal was
switched off is priced by the snapshot that it began with, and where the file at the path is bad, the newest good copy
is sold from.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
from pathlib import Path

from engine.container import head_size, read_header
from engine.errors import SnapshotError
from engine.signature import Trust
from engine.snapshot import Snapshot

log = logging.getLogger(__name__)

KEPT = 2
_NAME = re.compile(r"(\d{8})-([0-9a-f]{64})\.snapshot", re.ASCII)

_Seen = tuple[int, int, int, int]  # device, inode, size, time of the last change: another file, or other content


class Snapshots:
    """`current` is what is sold by. `refused` is what is wrong with the file at the path, None where nothing is.

    Its methods block for as long as copying and hashing the file take, some 0.1 s; only when there is a new file.
    """

    current: Snapshot

    def __init__(self, path: Path, folder: Path, trust: Trust | None = None) -> None:
        """`folder` is the terminal's own, on its own disk. Raises SnapshotError where nothing can be sold from."""
        self._path = path
        self._folder = folder
        self._trust = trust
        self._seen: _Seen | None = None
        self.refused: SnapshotError | None = None
        try:
            self._seen = _seen(path)
            self.current = self._take()
        except SnapshotError as error:
            good = self._newest_good("")
            if good is None:
                raise
            self.refused = error
            self.current = good
            log.error("%s: %s The last good one stays in use.", path, error)

    def for_basket(self, hash_hex: str) -> Snapshot:
        """A basket that began with this snapshot is open: that one is current again, where a copy of it is kept."""
        if hash_hex != self.current.hash.hex():
            kept = self._newest_good(hash_hex)
            if kept is None:
                log.warning("the snapshot that the open basket began with is not kept: the new one prices it")
            else:
                self.current = kept
                self._seen = None  # the file at the path is looked at again when the basket is closed
        return self.current

    def kept(self, hash_hex: str) -> Snapshot | None:
        """The snapshot with this hash, where a copy of it is kept; what is sold by stays as it is."""
        return self.current if hash_hex == self.current.hash.hex() else self._newest_good(hash_hex)

    def look(self) -> Snapshot:
        """Between sales: the current snapshot, a new one where another file is at the path and good."""
        seen = _seen(self._path)
        if seen is None or seen == self._seen:
            return self.current
        self._seen = seen
        try:
            fresh = self._take()
            _check_money(self.current, fresh)
        except SnapshotError as error:
            self.refused = error
            log.error("%s: %s The last good one stays in use.", self._path, error)
            return self.current
        self.refused = None
        if fresh.hash != self.current.hash:
            self.current = fresh
            log.info("the snapshot %s takes over", fresh.hash.hex()[:16])
        return self.current

    # --- the copies ---------------------------------------------------------------------------------------------

    def _take(self) -> Snapshot:
        """Open a copy of the file at the path; the copy that is there, where it is the same. Raises SnapshotError."""
        hash_hex = self._hash_at_path()
        number, newest = self._copies()[-1] if self._copies() else (0, "")
        if newest == hash_hex:
            try:
                return Snapshot.open(self._place(number, newest), trust=self._trust)
            except SnapshotError as error:  # signed anew, or the copy has come to harm: taken again
                log.info("the copy is taken again: %s", error)
        draft = self._folder / "draft"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            _copy(self._path, draft)
        except OSError as e:
            with contextlib.suppress(OSError):  # half a copy fills the disk for nothing; where it cannot go, it stays
                draft.unlink(missing_ok=True)
            log.warning("no copy can be kept (%s): the file at the path is used as it lies", e)
            return Snapshot.open(self._path, trust=self._trust)
        try:
            snapshot = Snapshot.open(draft, trust=self._trust)
        except SnapshotError:
            draft.unlink(missing_ok=True)
            raise
        try:
            draft.replace(self._place(number + 1, snapshot.hash.hex()))
            self._sweep()
        except OSError as e:
            log.warning("the copies cannot be put in order: %s", e)
        return snapshot

    def _hash_at_path(self) -> str:
        try:
            with self._path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                return read_header(file.read(head_size()), size).hash.hex()
        except OSError as e:
            raise SnapshotError("snapshot_missing", "file", f"{self._path}: {e.strerror or e}") from e

    def _newest_good(self, hash_hex: str) -> Snapshot | None:
        """The newest copy that can be used, of those with this hash; of all where it is empty."""
        for number, name in reversed(self._copies()):
            if hash_hex in ("", name):
                try:
                    return Snapshot.open(self._place(number, name), trust=self._trust)
                except SnapshotError as error:
                    log.warning("a copy cannot be used: %s", error)
        return None

    def _copies(self) -> list[tuple[int, str]]:
        """Number and hash of each copy, oldest first."""
        try:
            names = [_NAME.fullmatch(path.name) for path in self._folder.iterdir()]
        except OSError:
            return []
        return sorted((int(name[1]), name[2]) for name in names if name)

    def _place(self, number: int, hash_hex: str) -> Path:
        return self._folder / f"{number:08d}-{hash_hex}.snapshot"

    def _sweep(self) -> None:
        """Keep the newest copy of each of the last KEPT contents. What is mapped stays mapped until it is let go."""
        kept: set[str] = set()
        for number, name in reversed(self._copies()):
            if name in kept or len(kept) == KEPT:
                self._place(number, name).unlink(missing_ok=True)
            kept.add(name)
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _check_money(old: Snapshot, new: Snapshot) -> None:
    """Receipts and labels were set up for one currency. Raises SnapshotError where the new book is in another."""
    if (old.currency, old.exponent) != (new.currency, new.exponent):
        raise SnapshotError("snapshot_version", "meta", "it is in another currency: start the terminal again")


def _seen(path: Path) -> _Seen | None:
    """What tells a new file from the one that was seen; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as old, target.open("wb") as new:
        shutil.copyfileobj(old, new, 1 << 18)
        new.flush()
        os.fsync(new.fileno())
