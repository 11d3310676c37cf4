"""Runs `lane` on a disk that is full while a file exists: `python full_disk.py FLAG terminal --config ...`."""

from __future__ import annotations

import sys
from pathlib import Path

import apsw

from runtime.cli import main


class FillingFile(apsw.VFSFile):
    flag = Path()

    def xWrite(self, data: bytes, offset: int) -> None:
        if self.flag.exists():
            raise apsw.FullError("the disk is full")
        super().xWrite(data, offset)


class FillingDisk(apsw.VFS):
    def __init__(self) -> None:
        super().__init__("filling", "unix", makedefault=True)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> FillingFile:
        return FillingFile("unix", name, flags)


if __name__ == "__main__":
    FillingFile.flag = Path(sys.argv[1])
    disk = FillingDisk()
    sys.exit(main(sys.argv[2:]))
