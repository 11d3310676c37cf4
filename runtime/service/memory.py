"""What this process's memory is, and what its unit allows: from /proc and the control group, without a library."""

from __future__ import annotations

import ctypes
import gc
import re
from pathlib import Path

_PRIVATE = re.compile(r"^(?:RssAnon|VmSwap):\s+(\d+) kB$", re.MULTILINE)


def private_bytes(status: Path = Path("/proc/self/status")) -> int:
    """What no other process shares and no file stands behind, in memory and swapped out; -1 where nobody can say."""
    try:
        found = _PRIVATE.findall(status.read_text(encoding="ascii", errors="replace"))
    except OSError:
        return -1
    return sum(int(kib) for kib in found) * 1024 if found else -1


def ceiling_bytes(cgroup: Path = Path("/proc/self/cgroup"), groups: Path = Path("/sys/fs/cgroup")) -> int:
    """`memory.high` of the group that systemd put this process in; 0 where there is none."""
    try:
        lines = cgroup.read_text(encoding="ascii", errors="replace").splitlines()
        own = next((line[3:] for line in lines if line.startswith("0::/")), None)
        text = (groups / own.lstrip("/") / "memory.high").read_text(encoding="ascii") if own is not None else "max"
    except OSError:
        return 0
    return int(text) if text.strip().isdecimal() else 0


def give_back() -> None:
    """Let go of what nothing refers to, and give free memory back to the kernel (malloc_trim(3), if there is one)."""
    gc.collect()
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError):
        pass
