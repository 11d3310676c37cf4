"""A hash of a PIN takes 16 MiB for a moment, and not for ever."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CODE = """
import threading
from runtime.day.users import hash_pin
from runtime.terminal.memory import give_back_large_blocks
if {switch}:
    assert give_back_large_blocks()
def pss_kb():
    text = open("/proc/self/smaps_rollup").read()
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith("Pss:")))
def hash_once():
    thread = threading.Thread(target=hash_pin, args=("274931", bytes(16)))
    thread.start()
    thread.join()
hash_once()
before = pss_kb()
for _ in range(4):
    hash_once()
print(pss_kb() - before)
"""


def grown_kb(switch: bool) -> int:
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(switch=switch)], capture_output=True, text=True, cwd=ROOT, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps large blocks")
def test_hashes_of_pins_leave_no_memory_behind() -> None:
    assert grown_kb(True) < 2_000
    assert grown_kb(False) > 8_000  # without the switch the same measure shows it
