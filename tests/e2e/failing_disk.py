"""Runs `lane` on a disk whose sync fails while a file exists: `python failing_disk.py FLAG terminal --config ...`."""

from __future__ import annotations

import sys
from pathlib import Path

import apsw

from runtime.cli import main


class FailingFile(apsw.VFSFile):
    flag = Path()

    def xSync(self, flags: int) -> None:
        if self.flag.exists():
            raise apsw.IOError("the disk does not sync")
        super().xSync(flags)


class FailingDisk(apsw.VFS):
    def __init__(self) -> None:
        super().__init__("failing", "unix", makedefault=True)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> FailingFile:
        return FailingFile("unix", name, flags)


if __name__ == "__main__":
    FailingFile.flag = Path(sys.argv[1])
    disk = FailingDisk()
    sys.exit(main(sys.argv[2:]))
