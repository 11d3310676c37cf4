"""Asks the scale until the item that waits has its weight, and takes no weight twice.

A scale says how much, never of what. Goods that are left on it would be sold a second time as the next item; so a
weight that a line has taken is taken again only after the scale was seen to show anything else (docs/adr/0007). After
a line is weighed the scale is watched until then, which is until the goods are lifted. The cashier may overrule it with
the `weigh` key; a voided line gives its weight back, for its goods may lie there still under a wrong number.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from drivers.api import ScaleReading
from runtime.sale.events import Weighed
from runtime.sale.state import Checkout, SaleLine, Weighing
from runtime.terminal.money import weight_text
from runtime.terminal.sentences import sentence
from runtime.wire.messages import Sentence

if TYPE_CHECKING:
    from runtime.terminal.till import Till

ASK_FOR_S = 2.0  # one question to the scale; asked again while the item waits
WATCH_FOR_S = 0.5  # one look at whether the last goods are off it
PAUSE_S = 0.3
SAME_G = 5  # a division of a 15 kg scale: goods that lie still, or are nudged, may show one more or less


class ScaleWork:
    def __init__(self, till: Till) -> None:
        self._till = till
        self.says: Sentence | None = None  # of the weighing under way
        self._taken: SaleLine | None = None  # the line whose goods may still lie there
        self._task: asyncio.Task[None] | None = None

    def recover(self, checkout: Checkout) -> None:
        """After a start nobody has seen the scale: the last line's goods may lie there."""
        last = checkout.sale.lines[-1] if checkout.sale.lines else None
        self._taken = last if last is not None and last.entry == "scale" and not last.voided else None

    def ask(self, by_hand: bool = False) -> None:
        """Weigh the item that waits. `by_hand`: the cashier says that its goods lie there."""
        if by_hand:
            self._taken = None
        self.says = None
        self._begin()

    def voided(self, line: SaleLine) -> None:
        if self._taken is not None and self._taken.line == line.line:
            self._taken = None

    def _begin(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = self._till.spawn(self._until_known())

    async def _until_known(self) -> None:
        till = self._till
        waiting = till.checkout.sale.weighing
        while waiting is not None and till.checkout.sale.weighing is waiting:
            reading = await till.devices.weigh(ASK_FOR_S)
            if till.checkout.sale.weighing is not waiting:
                break
            self._look(reading)
            if self._take(reading, waiting):
                break
            await asyncio.sleep(PAUSE_S)
        while self._taken is not None and till.checkout.sale.weighing is None:
            await asyncio.sleep(PAUSE_S)
            self._look(await till.devices.weigh(WATCH_FOR_S))

    def _look(self, reading: ScaleReading | str) -> None:
        """A scale that says nothing has not been seen to change."""
        if self._taken is None or isinstance(reading, str):
            return
        touched = reading.code in ("OK", "ESCAL_UNSTABLE") and abs(reading.weight_g - self._taken.weight_g) <= SAME_G
        if not touched:
            self._taken = None

    def _take(self, reading: ScaleReading | str, waiting: Weighing) -> bool:
        till = self._till
        if isinstance(reading, str) or reading.code != "OK":
            self._say(sentence(reading if isinstance(reading, str) else reading.code, device="scale"))
        elif self._taken is not None:
            self._say(sentence("weight_taken", name=self._taken.name))
        elif till.attempt(Weighed(reading.weight_g)):
            self._taken = till.checkout.sale.lines[-1]
            till.say("good", sentence("weighed", name=waiting.name, weight=weight_text(reading.weight_g)))
            till.changed()
            return True
        elif till.last_said == "bad_weight":
            self._say(sentence("ESCAL_OVERWEIGHT", device="scale"))
        else:
            self._say(sentence(till.last_said))
        return False

    def _say(self, says: Sentence) -> None:
        if says != self.says:
            self.says = says
            self._till.changed()
