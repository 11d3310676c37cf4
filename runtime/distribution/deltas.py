"""Deltas that others ask for: each made once, one at a time, in a process of its own, and kept in a file.

Only towards a file that is wanted now: what else a peer names is work for nothing.
"""

from __future__ import annotations

import asyncio
import importlib.util
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

from runtime.distribution.child import lane
from runtime.distribution.files import SnapshotFiles

log = logging.getLogger(__name__)

MOST_WAITING = 32
MAKERS = {"zstd": "zstandard", "bsdiff": "bsdiff4"}
WORTH = 2  # a delta of more than 1/WORTH of the file is not worth its time

Make = Callable[[Path, Path, Path, str], Awaitable[bool]]
_Key = tuple[bytes, bytes, str]


async def make_in_child(old: Path, new: Path, out: Path, method: str) -> bool:
    return await lane("diff", old, new, "-o", out, "--method", method)


class Deltas:
    """`make(old, new, out, method)` writes `out` whole or not at all."""

    def __init__(self, files: SnapshotFiles, make: Make = make_in_child) -> None:
        self._files = files
        self._make = make
        self._waiting: dict[_Key, asyncio.Task[None]] = {}
        self._useless: set[_Key] = set()
        self._turn = asyncio.Lock()

    def find(self, old: bytes, new: bytes, method: str) -> Path | Literal["making"] | None:
        """The delta's file; "making": ask again in a second; None: there will be none."""
        path = self._files.delta_place(old, new, method)
        if path.is_file():
            self._files.used(path)
            return path
        key = (old, new, method)
        if key in self._waiting:
            return "making"
        module = MAKERS.get(method)
        if module is None or key in self._useless or importlib.util.find_spec(module) is None:
            return None
        if old == new or len(self._waiting) >= MOST_WAITING or not (self._files.has(old) and self._files.has(new)):
            return None
        self._waiting[key] = asyncio.ensure_future(self._work(key))
        return "making"

    async def _work(self, key: _Key) -> None:
        old, new, method = key
        try:
            async with self._turn:
                source, target = self._files.place(old), self._files.place(new)
                self._files.used(source)
                path = self._files.delta_place(old, new, method)
                if not await self._make(source, target, path, method):
                    self._useless.add(key)
                elif path.stat().st_size * WORTH > target.stat().st_size:
                    self._useless.add(key)
                    path.unlink()
                else:
                    log.info("%s: %d bytes", path.name, path.stat().st_size)
        except OSError as error:
            log.warning("no delta: %s", error)
            self._useless.add(key)
        finally:
            del self._waiting[key]

    async def close(self) -> None:
        """Stop what is being made."""
        tasks = tuple(self._waiting.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
