"""Files for the tools: written whole or not at all, read within a limit."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


class TooLarge(Exception):
    """A file past its limit."""


def write_whole(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write a file so that it is there whole or not at all, also after a power cut. Raises OSError."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_limited(path: Path, most: int) -> bytes:
    """A file of at most so many bytes. Raises OSError, and TooLarge without reading more."""
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise TooLarge(f"{path} has more than {most} bytes")
    return data
