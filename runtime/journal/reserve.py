"""Room that is kept for the day when the disk is full: a file of zeros beside the journal, given up first.

Its blocks are taken when it is made, so that removing it gives room at once. It is made anew in an idle moment when
there is room for it twice. A file system that compresses, or copies on write, may give back less than was reserved.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Protocol

PIECE = bytes(1 << 16)


class Reserve(Protocol):
    """What a journal asks of its reserve."""

    @property
    def given_up(self) -> bool: ...

    def give_up(self) -> bool:
        """True where there is more room than before."""
        ...

    def restore(self) -> bool: ...

    def room_bytes(self) -> int | None: ...


class ReserveFile:
    """`size` in bytes; 0 is no reserve. Nothing here raises: a reserve is never worth a sale."""

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size
        self.given_up = False

    def give_up(self) -> bool:
        try:
            self._path.unlink()
            _sync_folder(self._path.parent)  # some file systems free the blocks only then
        except FileNotFoundError:
            self.given_up = self.given_up or self._size > 0
            return False
        except OSError:
            return False
        self.given_up = True
        return True

    def restore(self) -> bool:
        """True where the reserve is whole now, or none is wanted."""
        if self._is_whole():
            self.given_up = False
            return True
        room = self.room_bytes()
        if room is None:
            return False
        # Where it cannot be made, a process before this one may have given it up: what room there is, is in use.
        self.given_up = room < 2 * self._size or not self._made()
        return not self.given_up

    def _is_whole(self) -> bool:
        if self._size == 0:
            return True
        try:
            found = self._path.stat()
        except OSError:
            return False
        return found.st_size == self._size and found.st_blocks * 512 >= self._size

    def _made(self) -> bool:
        try:
            self._make()
        except OSError:
            self._forget()
            return False
        return True

    def _forget(self) -> None:
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _make(self) -> None:
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            try:
                os.posix_fallocate(handle, 0, self._size)
            except OSError:  # this file system cannot: then zeros, the slow way
                for at in range(0, self._size, len(PIECE)):
                    os.pwrite(handle, PIECE[: self._size - at], at)
            os.fsync(handle)
        finally:
            os.close(handle)
        _sync_folder(self._path.parent)

    def room_bytes(self) -> int | None:
        try:
            found = os.statvfs(self._path.parent)
        except OSError:
            return None
        return found.f_bavail * found.f_frsize


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
