"""A quarter of one core for a process, by the kernel's own CPU bandwidth control (cgroups, version 1 or 2)."""

from __future__ import annotations

import os
import time
from pathlib import Path

QUOTA_US, PERIOD_US = 25_000, 100_000


class Quarter:
    """`works` is False where the control cannot be had; `reason` says why."""

    def __init__(self) -> None:
        root = Path("/sys/fs/cgroup")
        second = (root / "cgroup.controllers").exists()
        self.folder = (root if second else root / "cpu") / f"lanekit-bench-{os.getpid()}"
        self.works = False
        self.reason = ""
        try:
            self.folder.mkdir()
            if second:
                (self.folder / "cpu.max").write_text(f"{QUOTA_US} {PERIOD_US}")
            else:
                (self.folder / "cpu.cfs_period_us").write_text(str(PERIOD_US))
                (self.folder / "cpu.cfs_quota_us").write_text(str(QUOTA_US))
            self.works = True
        except OSError as error:
            self.reason = f"no CPU bandwidth control here ({error.strerror or error})"
            if self.folder.exists():
                self.folder.rmdir()

    def within(self, words: list[str]) -> list[str]:
        """The command that runs `words` with a quarter of a core."""
        return ["sh", "-c", f'echo $$ > "{self.folder}/cgroup.procs"; exec "$@"', "sh", *words]

    def close(self) -> None:
        if self.works:
            for _ in range(50):
                try:
                    self.folder.rmdir()
                    return
                except OSError:
                    time.sleep(0.1)
