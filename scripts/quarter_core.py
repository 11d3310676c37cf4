"""A quarter of one core, and where asked 512 MB, for processes: by the kernel's own control groups, version 1 or 2."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

QUOTA_US, PERIOD_US = 25_000, 100_000
ROOT = Path("/sys/fs/cgroup")


class Quarter:
    """`works` is False where the control of processors cannot be had; `reason` says why. `memory_mb` is a limit on
    all memory of the processes together; `how` says in words what holds, and by what."""

    def __init__(self, memory_mb: int = 0) -> None:
        self._second = (ROOT / "cgroup.controllers").exists()
        name = f"lanekit-bench-{os.getpid()}"
        self._folders: list[Path] = []
        self.works = False
        self.reason = ""
        self.how = ""
        try:
            cpu = self._made((ROOT if self._second else ROOT / "cpu") / name)
            _weigh(cpu, self._second)  # the quarter is a limit, and not what busy neighbours leave of it
            if self._second:
                (cpu / "cpu.max").write_text(f"{QUOTA_US} {PERIOD_US}")
            else:
                (cpu / "cpu.cfs_period_us").write_text(str(PERIOD_US))
                (cpu / "cpu.cfs_quota_us").write_text(str(QUOTA_US))
            self.works = True
            self.how = f"cgroup v{1 + self._second}: {QUOTA_US // 1000} ms in every {PERIOD_US // 1000} ms"
        except OSError as error:
            self.reason = f"no CPU bandwidth control here ({error.strerror or error})"
            self.close()
        if self.works and memory_mb:
            self._limit_memory(name, memory_mb)

    def _limit_memory(self, name: str, memory_mb: int) -> None:
        try:
            folder = self._folders[0] if self._second else self._made(ROOT / "memory" / name)
            (folder / ("memory.max" if self._second else "memory.limit_in_bytes")).write_text(str(memory_mb << 20))
            self.how += f", {memory_mb} MB"
        except OSError as error:
            self.how += f"; no limit of memory ({error.strerror or error})"

    def _made(self, folder: Path) -> Path:
        folder.mkdir()
        self._folders.append(folder)
        return folder

    def within(self, words: list[str]) -> list[str]:
        """The command that runs `words` within it."""
        enter = "; ".join(f'echo $$ > "{folder}/cgroup.procs"' for folder in self._folders)
        return ["sh", "-c", f'{enter}; exec "$@"', "sh", *words]

    def close(self) -> None:
        for folder in self._folders:
            _removed(folder)
        self._folders.clear()


def _removed(folder: Path) -> None:
    for _ in range(50):
        try:
            folder.rmdir()
            return
        except OSError:  # a process is still ending
            time.sleep(0.1)


def _weigh(folder: Path, second: bool) -> None:
    """The largest weight that there is."""
    (folder / ("cpu.weight" if second else "cpu.shares")).write_text("10000" if second else "262144")


@contextmanager
def ahead() -> Iterator[bool]:
    """This process and those that it starts come before the machine's other work; False where that cannot be had."""
    second = (ROOT / "cgroup.controllers").exists()
    above = ROOT if second else ROOT / "cpu"
    folder = above / f"lanekit-bench-ahead-{os.getpid()}"
    try:
        folder.mkdir()
        _weigh(folder, second)
        (folder / "cgroup.procs").write_text(str(os.getpid()))
    except OSError:
        yield False
        return
    try:
        yield True
    finally:
        (above / "cgroup.procs").write_text(str(os.getpid()))
        _removed(folder)
