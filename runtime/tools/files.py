"""Files for the tools: written whole or not at all, read within a limit."""

from __future__ import annotations

import errno
import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SHOWN = 40  # characters of a file's name in that of the file beside it
_REMEDIES = {
    errno.ENOSPC: "Make room on the disk, and try again.",
    errno.EDQUOT: "Make room on the disk, and try again.",
    errno.EACCES: "Check who may read and write it.",
    errno.EPERM: "Check who may read and write it.",
    errno.EROFS: "Name a file on a disk that can be written.",
    errno.EINVAL: "Name another file.",
    errno.EISDIR: "Name a file, not a folder.",
}


class TooLarge(Exception):
    """A file past its limit."""


def write_whole(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write a file so that it is there whole or not at all, also after a power cut.

    A link stays, and the file that it leads to is written. What is no ordinary file (a folder, a device, a pipe) is
    refused: it would be gone. Raises OSError about `path`.
    """
    real = Path(os.path.realpath(path))
    if real.exists() and not real.is_file():
        raise OSError(errno.EINVAL, "this is no ordinary file", str(path))
    try:
        handle, name = tempfile.mkstemp(prefix=f".{real.name[:_SHOWN]}.", dir=real.parent)
    except OSError as e:
        raise OSError(e.errno, e.strerror, str(path)) from e
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(name).replace(real)
    except BaseException as e:
        Path(name).unlink(missing_ok=True)
        if isinstance(e, OSError):
            raise OSError(e.errno, e.strerror, str(path)) from e
        raise
    folder = os.open(real.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def one_at_a_time(path: Path, flags: int = 0) -> Iterator[None]:
    """Who comes while another is in here waits for it, in this process or another. `path`: a file or folder that both
    name; `flags` of os.open, O_CREAT for a file that may not be there. Raises OSError."""
    handle = os.open(path, os.O_RDONLY | flags, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def overwritten(output: Path, *inputs: Path) -> str:
    """A sentence where the output would take the place of one of the files that it is made of, else empty."""
    for path in inputs:
        if os.path.realpath(path) == os.path.realpath(output):
            return f"{output}: this is what the new file is made of, and would be lost. Name another file after -o."
    return ""


def file_error(error: OSError, path: Path) -> str:
    """What is the matter with a file, and what to do about it. `path`: where the error does not name one."""
    remedy = _REMEDIES.get(error.errno or 0, "Check the path and who may use it.")
    return f"{error.filename or path}: {error.strerror or error}. {remedy}"


def read_limited(path: Path, most: int) -> bytes:
    """A file of at most so many bytes. Raises OSError, and TooLarge without reading more."""
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise TooLarge(f"{path} has more than {most} bytes")
    return data
