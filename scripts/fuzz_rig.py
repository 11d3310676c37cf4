"""What several of the fuzz targets need: places in memory, a registry of terminals, silence."""

from __future__ import annotations

import atexit
import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from runtime.gateway.registry import Registry
from runtime.trust.authority import make_chain, make_store

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def in_memory() -> Path:
    """A folder of this process's own; nothing of it is ever on a disk where there is memory for it."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="lanekit-fuzz-", dir=memory if memory.is_dir() else None))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def new_registry() -> Registry:
    """Of store S001, without a terminal."""
    folder = in_memory()
    make_chain(folder / "safe", "Chain", NOW)
    make_store(folder / "safe", "S001", folder / "trust", NOW)
    return Registry.open(folder / "trust", "S001", lambda: int(NOW.timestamp() * 1000))


@contextmanager
def unlogged() -> Iterator[None]:
    """Every refusal is a line."""
    logs = [logging.getLogger(name) for name in ("lane", "runtime")]
    before = [log.level for log in logs]
    for log in logs:
        log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for log, level in zip(logs, before, strict=True):
            log.setLevel(level)
