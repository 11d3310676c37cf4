"""What the gateway forgets: records that head office has, some time after it has them, oldest first.

Nothing goes before it is settled. What has gone is not asked for again from terminals, unless head office loses it.
"""

from __future__ import annotations

import asyncio
import logging

from runtime.gateway.errors import GatewayError
from runtime.gateway.keeper import Keeper

log = logging.getLogger("lane.gateway")

EVERY_S = 600.0
BREATH_S = 0.2  # between two steps: sales come first
DAY_MS = 86_400_000


async def prune(keeper: Keeper, keep_days: int) -> None:
    """For ever. Raises GatewayError `store_broken`."""
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            while await keeper.ask(lambda: keeper.store.prune(keeper.store.database.clock() - keep_days * DAY_MS)):
                await asyncio.sleep(BREATH_S)
        except GatewayError as error:
            if error.fatal:
                raise
            log.warning("%s %s", error, error.remedy)
