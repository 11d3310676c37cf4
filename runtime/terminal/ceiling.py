"""What the daemon does near the memory that its unit may use (MemoryHigh; above it the kernel slows a process down).

Everything that grows has a limit of its own (docs/service.md); this is for what nobody thought of: a leak, a library.
Near the ceiling free memory is given back and one line is logged. Nearer still the daemon ends between two sales, to be
started again: that costs a second of nobody's time. In the middle of a sale, by the kernel's hand, it would cost the
cashier one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from runtime.service.memory import give_back, private_bytes
from runtime.terminal.troubles import NEAR_CEILING_PERCENT

log = logging.getLogger(__name__)

LOOK_S = 30.0
AT_CEILING_PERCENT = 90
NOT_BEFORE_S = 600.0  # a ceiling that is too low for any day must not make a till that only starts


class MemoryCeiling(Exception):
    """Ended to be started again: `used` of `ceiling` bytes."""

    def __init__(self, used: int, ceiling: int) -> None:
        super().__init__(f"{used >> 20} MB of {ceiling >> 20} MB are in use; started again between two sales")


async def mind(
    ceiling: int,
    is_between_sales: Callable[[], bool],
    end: Callable[[BaseException], None] | None,
    *,
    used: Callable[[], int] = private_bytes,
    free: Callable[[], None] = give_back,
) -> None:
    """For ever, or not at all without a ceiling. `ceiling` and `used` in bytes. `end` ends the daemon; None where
    nobody would start it again."""
    if ceiling <= 0:
        return
    clock = asyncio.get_running_loop().time
    began_s, near = clock(), False
    while True:
        await asyncio.sleep(LOOK_S)
        if used() * 100 < ceiling * NEAR_CEILING_PERCENT:
            if near:
                log.info("memory is well again")
            near = False
            continue
        free()
        left = used()
        if not near:
            log.warning("memory: %d MB of %d MB are in use", left >> 20, ceiling >> 20)
        near = True
        is_at = left * 100 >= ceiling * AT_CEILING_PERCENT
        if is_at and end is not None and clock() - began_s >= NOT_BEFORE_S and is_between_sales():
            end(MemoryCeiling(left, ceiling))
            return
