"""One file from the server above: by delta from what is here, else whole; verified before anyone gets it.

A piece is asked for, written, synced, and then the next one is: so an interrupted transfer goes on where it stopped,
the disk never owes more than a piece (a sale's own sync does not wait behind it), and a slow link is not flooded. What
blocks is done by `blocking`, off the loop. Whatever arrives is believed only after `files.verify`.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import importlib.util
import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol, TypeVar

from engine.errors import SnapshotError
from engine.signature import Trust
from runtime.distribution.child import lane
from runtime.distribution.errors import DistributionError
from runtime.distribution.files import verify
from runtime.link.ports import LinkDown, LinkReply
from runtime.wire.snapshots import MAX_PIECE_BYTES, Manifest, delta_path, file_path

LEAST_PIECE_BYTES = 4 << 10  # on a link that is so slow that a longer piece does not come in time
FREE_BYTES = 32 << 20  # stay free beside what is fetched: they are the sales'
SMALL_BYTES = 256 << 10  # such a file travels whole: a process that applies a delta takes longer to start
DELTA_PATIENCE = 60  # times that a delta in making is asked for again, a second apart

T = TypeVar("T")
Blocking = Callable[..., Awaitable[T]]  # blocking(function, *arguments) gives what the function gives
Patch = Callable[[Path, Path, Path], Awaitable[bool]]  # patch(old, delta, new): whether `new` is written


class Getter(Protocol):
    """runtime.link.http_link.HttpLink, or the simulation's."""

    async def get(self, path: str) -> LinkReply: ...


class Later(Exception):
    """The server has it not, or not now. `after_s`: when it said to ask again."""

    def __init__(self, text: str, after_s: int | None = None) -> None:
        super().__init__(text)
        self.after_s = after_s


async def patch_in_child(old: Path, delta: Path, new: Path) -> bool:
    return await lane("patch", old, delta, "-o", new)


def methods_here() -> tuple[str, ...]:
    """Of runtime.delta, those that can be applied here, the best first."""
    return ("zstd", "bsdiff") if importlib.util.find_spec("zstandard") is not None else ("bsdiff",)


class Fetcher:
    """`incoming` is a folder of its own on the disk where the file is going to lie."""

    def __init__(
        self,
        link: Getter,
        incoming: Path,
        trust: Trust | None,
        *,
        blocking: Blocking[None] = asyncio.to_thread,
        patch: Patch = patch_in_child,
        methods: tuple[str, ...] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        piece_bytes: int = MAX_PIECE_BYTES,
        small_bytes: int = SMALL_BYTES,
    ) -> None:
        """`piece_bytes`: the most that is asked for at once; `small_bytes`: up to here a file travels whole."""
        self._small_bytes = small_bytes
        self._link = link
        self._incoming = incoming
        self._trust = trust
        self._blocking = blocking
        self._patch = patch
        self._methods = methods_here() if methods is None else methods
        self._sleep = sleep
        self._piece_bytes = self._most_piece_bytes = piece_bytes
        self.delta: tuple[Path, str] | None = None  # what the last file was made with, and by which method

    async def fetch(self, manifest: Manifest, base: tuple[bytes, Path] | None) -> Path:
        """The file, verified and on disk, in the folder `incoming`. `base`: hash and path of the file that is here;
        None to fetch it whole.

        Raises SnapshotError (it is damaged, of another kind, or not signed by who is trusted; nothing of it is left),
        DistributionError `prices_no_room` or `prices_disk`, Later and LinkDown.
        """
        part = self._incoming / f"{manifest.file.hex()}.part"
        try:
            self._incoming.mkdir(exist_ok=True)
            # For the delta's file too: it is written while the delta is there still.
            if shutil.disk_usage(self._incoming).free < 2 * manifest.size + FREE_BYTES:
                raise DistributionError("prices_no_room")
            self.delta = None
            if manifest.size <= self._small_bytes or base is None or not await self._by_delta(manifest, base, part):
                await self._pieces(lambda at, limit: file_path(manifest.file.hex(), at, limit), part, manifest.size)
            try:
                await self._blocking(verify, part, manifest, self._trust)
            except SnapshotError:
                part.unlink(missing_ok=True)
                raise
        except OSError as error:
            with contextlib.suppress(OSError):  # half a file fills the disk for nothing
                part.unlink(missing_ok=True)
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DistributionError("prices_no_room") from error
            raise DistributionError("prices_disk", reason=error.strerror or str(error)) from error
        return part

    async def _by_delta(self, manifest: Manifest, base: tuple[bytes, Path], part: Path) -> bool:
        """Whether `part` is what a delta made. Where it is not, the whole file is the way."""
        old, old_path = base
        if old == manifest.file or _size(part) > 0:  # or the whole file is half here
            return False
        for method in self._methods:
            delta = self._incoming / f"{old.hex()}-{manifest.file.hex()}.{method}"
            try:
                await self._pieces(
                    lambda at, limit, by=method: delta_path(old.hex(), manifest.file.hex(), by, at, limit),  # type: ignore[misc]
                    delta,
                    None,
                    manifest.size,
                )
            except Later:
                continue
            if await self._patch(old_path, delta, part):
                self.delta = delta, method
                return True
            delta.unlink(missing_ok=True)
            return False
        return False

    async def _pieces(
        self, path_of: Callable[[int, int], str], target: Path, size: int | None, most: int | None = None
    ) -> None:
        """Fetch what is not here yet; without `size` until a piece is shorter than what was asked for."""
        at = _size(target)
        if size is not None and at > size:
            target.unlink()
            at = 0
        waits = 0
        while size is None or at < size:
            limit = self._piece_bytes if size is None else min(self._piece_bytes, size - at)
            try:
                reply = await self._link.get(path_of(at, limit))
            except LinkDown:
                self._piece_bytes = max(LEAST_PIECE_BYTES, self._piece_bytes // 2)
                raise
            if reply.status in (429, 503) and waits < DELTA_PATIENCE and size is None:
                waits += 1
                await self._sleep(reply.retry_after_s or 1)
                continue
            if reply.status != 200:
                raise Later(f"status {reply.status}", reply.retry_after_s)
            self._piece_bytes = min(self._most_piece_bytes, self._piece_bytes * 2)
            if len(reply.body) > limit or (size is not None and not reply.body):
                raise Later("an answer of another length")
            if reply.body:
                await self._blocking(_append, target, at, reply.body)
            at += len(reply.body)
            if size is None and (len(reply.body) < limit or at > (most or 0)):
                return


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _append(path: Path, at: int, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        while data:
            written = os.pwrite(handle, data, at)
            at += written
            data = data[written:]
        os.fsync(handle)
    finally:
        os.close(handle)
