"""What the journal needs and no sale waits for: its reserve made anew, and what head office has forgotten in time.

Only between sales, a small step at a time: each step is one commit.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from runtime.journal.errors import JournalError
from runtime.journal.retention import Retention
from runtime.sale.state import State
from runtime.terminal.clock import local_text

if TYPE_CHECKING:
    from runtime.terminal.till import Till

log = logging.getLogger(__name__)

LOOK_AFTER_S = 30.0
NEXT_STEP_AFTER_S = 1.0
NOT_BELIEVED = frozenset({"rehearsal", "suspect"})  # by such a time nothing is old


async def tend(till: Till, retention: Retention) -> None:
    """For ever. Raises JournalError IO_FAILED."""
    broken = False
    while True:
        pruned = 0
        if till.checkout.sale.state in (State.IDLE, State.CLOSED):
            was_low = till.journal.low
            till.journal.restore_reserve()
            if not broken:
                try:
                    pruned = _prune(till, retention)
                except JournalError as error:
                    if error.code == "IO_FAILED":
                        raise
                    broken = error.code != "DISK_FULL"
                    if broken:
                        log.error("nothing is pruned any more: %s", error)
            if was_low != till.journal.low:
                till.changed()
        await asyncio.sleep(NEXT_STEP_AFTER_S if pruned else LOOK_AFTER_S)


def _prune(till: Till, retention: Retention) -> int:
    """With the reserve in use, whatever head office has may go: its pages are room."""
    quality = till.clock.quality
    now = None if quality in NOT_BELIEVED else local_text(till.clock.now())
    waiting = [job.sequence for job in till.checkout.prints]
    keep_after = min([till.checkout.last_sequence, *waiting])
    wanted = Retention(retention.keep_days, 0) if till.journal.low else retention
    return till.journal.prune(wanted, now, keep_after)
