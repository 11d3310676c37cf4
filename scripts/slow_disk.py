"""Runs `lane` with a disk that takes its time: `python scripts/slow_disk.py MS terminal --config ...`.

Every sync of SQLite takes at least MS milliseconds longer, as on the eMMC and flash disks of old tills.
"""

from __future__ import annotations

import sys
import time

import apsw

from runtime.cli import main


class SlowFile(apsw.VFSFile):
    delay_s = 0.0

    def xSync(self, flags: int) -> None:
        time.sleep(self.delay_s)
        super().xSync(flags)


class SlowDisk(apsw.VFS):
    def __init__(self) -> None:
        super().__init__("slow", "unix", makedefault=True)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> SlowFile:
        return SlowFile("unix", name, flags)


if __name__ == "__main__":
    SlowFile.delay_s = int(sys.argv[1]) / 1000
    disk = SlowDisk()
    sys.exit(main(sys.argv[2:]))
