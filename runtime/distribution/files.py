"""A place's snapshot files, each named by the SHA-256 of its bytes; whole ones apart from those that are under way.

    files/HEX.snapshot               whole, verified before it got this name
    deltas/FROM-TO.METHOD            what makes one of another (runtime.delta)
    incoming/                        what is not whole yet; may be removed at any time

What is not there is fetched or made again, so the oldest goes when there are too many. The times of files order them
by their last use and decide nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Collection
from pathlib import Path

from engine.errors import SnapshotError
from engine.signature import Trust
from engine.snapshot import Snapshot
from runtime.wire.snapshots import Manifest

_CHUNK = 256 << 10
_FILE = re.compile(r"([0-9a-f]{64})\.snapshot", re.ASCII)
_DELTA = re.compile(r"([0-9a-f]{64})-([0-9a-f]{64})\.[a-z]+", re.ASCII)


def file_hash(path: Path) -> bytes:
    """SHA-256 of a file, read with read(). Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.digest()


def verify(path: Path, manifest: Manifest, trust: Trust | None) -> None:
    """Whether this is the file that the manifest names, and a snapshot that may be sold from. Reads it twice.

    Raises SnapshotError with the section that is wrong, and OSError.
    """
    snapshot = Snapshot.open(path, trust=trust)
    if snapshot.hash != manifest.snapshot or file_hash(path) != manifest.file:
        raise SnapshotError("snapshot_damaged", "file", "it is not the file that was asked for")


def write_through(path: Path, data: bytes) -> None:
    """There whole or not at all, also after a power cut. Raises OSError."""
    draft = path.with_name(f"{path.name}.new")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    put(draft, path)


def put(draft: Path, path: Path) -> None:
    """Rename a file that is on disk, and have the new name on disk too. Raises OSError."""
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class SnapshotFiles:
    """`most_bytes` bounds whole files and deltas together, but for those that must stay."""

    def __init__(self, folder: Path, *, most_bytes: int, most_files: int) -> None:
        """Raises OSError where the folder cannot be made."""
        self.folder = folder
        self.most_bytes = most_bytes
        self.most_files = most_files
        self.incoming = folder / "incoming"
        for part in ("files", "deltas", "incoming"):
            (folder / part).mkdir(parents=True, exist_ok=True)

    def place(self, file: bytes) -> Path:
        return self.folder / "files" / f"{file.hex()}.snapshot"

    def delta_place(self, old: bytes, new: bytes, method: str) -> Path:
        return self.folder / "deltas" / f"{old.hex()}-{new.hex()}.{method}"

    def has(self, file: bytes) -> bool:
        return self.place(file).is_file()

    def used(self, path: Path) -> None:
        """It is among the last to go now."""
        with contextlib.suppress(OSError):
            os.utime(path)

    def drop(self, file: bytes) -> None:
        """It is damaged: the file goes, and whatever was made from it or of it."""
        with contextlib.suppress(OSError):
            self.place(file).unlink()
        for path in self._listed("deltas", _DELTA):
            if file.hex() in path.name:
                with contextlib.suppress(OSError):
                    path.unlink()

    def sweep(self, keep: Collection[bytes]) -> None:
        """Remove what is too much, the longest unused first; never a file of `keep`."""
        kept = {f"{file.hex()}.snapshot" for file in keep}
        files = sorted(self._listed("files", _FILE), key=_last_used, reverse=True)
        others = [path for path in files if path.name not in kept]
        room = self.most_bytes - sum(_size(path) for path in files if path.name in kept)
        going = others[max(self.most_files - len(kept), 0) :]
        staying = [path for path in others if path not in going]
        deltas = self._listed("deltas", _DELTA)
        for path in sorted([*staying, *deltas], key=_last_used, reverse=True):
            room -= _size(path)
            if room < 0:
                going.append(path)
        for path in going:
            with contextlib.suppress(OSError):
                path.unlink()

    def tidy(self) -> None:
        """At the start: remove what another life left half written."""
        for part, name in (("files", _FILE), ("deltas", _DELTA)):
            with contextlib.suppress(OSError):
                for path in (self.folder / part).iterdir():
                    if not name.fullmatch(path.name):
                        path.unlink(missing_ok=True)

    def clear_incoming(self, but: str = "") -> None:
        """Remove what is under way, but for what has this in its name, if it is not empty."""
        with contextlib.suppress(OSError):
            for path in self.incoming.iterdir():
                if not but or but not in path.name:
                    path.unlink(missing_ok=True)

    def _listed(self, part: str, name: re.Pattern[str]) -> list[Path]:
        with contextlib.suppress(OSError):
            return [path for path in (self.folder / part).iterdir() if name.fullmatch(path.name)]
        return []


def _last_used(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_mtime_ns
    return 0


def _size(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_size
    return 0
