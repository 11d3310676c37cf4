"""Runs `lane` on a disk that a file fills: `filling_disk.py FLAG terminal ...`.

FLAG says `full`: no write goes in while the reserve is there; `last`: the same, and little is left without it;
`over`: none goes in at all. No FLAG: there is room.
"""

from __future__ import annotations

import sys
from pathlib import Path

import apsw

from runtime.cli import main
from runtime.journal.reserve import ReserveFile
from runtime.terminal import tending

flag = Path()
LEFT_BYTES = {"full": 8 << 20, "last": 1 << 20, "over": 0}


def said() -> str:
    try:
        return flag.read_text()
    except OSError:
        return ""


class FillingFile(apsw.VFSFile):
    def __init__(self, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        self._reserve = Path(path.removesuffix("-wal") + "-reserve")
        super().__init__("unix", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        state = said()
        if state == "over" or (state and self._reserve.exists()):
            raise apsw.FullError("the disk is full")
        super().xWrite(data, offset)


class FillingDisk(apsw.VFS):
    def __init__(self) -> None:
        super().__init__("filling", "unix", makedefault=True)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> FillingFile:
        return FillingFile(name, flags)


def room_bytes(self: ReserveFile) -> int | None:
    return LEFT_BYTES.get(said(), 1 << 30)


if __name__ == "__main__":
    flag = Path(sys.argv[1])
    disk = FillingDisk()
    ReserveFile.room_bytes = room_bytes  # type: ignore[method-assign]  # the disk's own answer, as the flag has it
    tending.LOOK_AFTER_S = 0.1
    sys.exit(main(sys.argv[2:]))
