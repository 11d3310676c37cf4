"""Keeps the C library from holding on to large blocks that were needed for a moment.

glibc raises the size from which it maps a block apart (and so gives it back) to that of the largest that was freed:
after the first scrypt of 16 MiB the second one's would stay in the process for ever. A fixed size switches that off
(mallopt(3), M_MMAP_THRESHOLD). Other C libraries have neither the habit nor the switch.
"""

from __future__ import annotations

import ctypes

M_MMAP_THRESHOLD = -3
LARGE_BYTES = 1 << 20


def give_back_large_blocks() -> bool:
    """From here on, blocks of a MiB and more go back when they are freed. False where the library cannot be told."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    return bool(mallopt(M_MMAP_THRESHOLD, LARGE_BYTES))
