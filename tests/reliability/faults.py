"""Every write, sync, truncation, creation and deletion fails in turn, as a full disk or as a broken one.

One till of the real machine, records and journal for each point: the operation fails once, or it and all after it,
until the reserve is given up or the process is started anew. After a full disk the same event goes in as soon as there
is room, and nothing is lost or doubled. After an I/O error the journal refuses everything; then the process is killed,
or the power goes with it, and the next start finds every row that was acknowledged.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from runtime.journal.errors import SENTENCES, JournalError
from runtime.sale import events as e
from tests.reliability.selling import Till, any_legal, open_at
from tests.sim.disk import Disk

SALES = 10
MANY = 1 << 40
Plan = tuple[int, str, int, str]  # operation, error, times (0: from then on), end: "kill" or "crash"


class Room:
    """A reserve on a simulated disk: giving it up makes the disk well for some operations."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self.given_up = False
        self.till: Till | None = None
        self.sales_then = 0

    def give_up(self) -> bool:
        if self.given_up:
            return False
        self.given_up = True
        self.sales_then = self.till.checkout.last_sequence if self.till is not None else 0
        self._disk.mend()
        return True

    def restore(self) -> bool:
        return not self.given_up

    def room_bytes(self) -> int | None:
        return None


@dataclass
class Swept:
    points: int = 0
    failed: int = 0  # points at which the fault was felt
    lost: int = 0
    broken: int = 0
    gone_on: int = 0  # sales that were closed after the reserve was given up
    codes: Counter[str] = field(default_factory=Counter)
    firsts: list[str] = field(default_factory=list)


def operations() -> int:
    """How many there are in the whole work."""
    disk = Disk(random.Random(1))
    try:
        till = Till(lambda: open_at(disk.vfs), random.Random("work"))
        disk.fail("any", at=MANY)
        _work(till)
        return MANY - disk._faults[0].countdown
    finally:
        disk.close()


def _work(till: Till) -> None:
    till.start()
    for number in range(SALES):
        till.sell(1 + number % 3)
        if number == 3 and till.journal is not None:
            till.settle(2)
            till.journal._database.tidy()


class _Steady(Till):
    """A cashier before a full disk: what was not taken is tried again."""

    def __init__(self, disk: Disk, room: Room | None, said: Counter[str]) -> None:
        super().__init__(lambda: open_at(disk.vfs, room), random.Random("work"))
        self._disk, self._said = disk, said
        self.full = 0

    def accept(self, event: e.Event) -> None:
        try:
            super().accept(event)
        except JournalError as error:
            self._said[error.code] += 1
            if error.code != "DISK_FULL":
                raise
            assert self.journal is not None and self.journal.last_seq == self.truth.acknowledged, "half a row"
            self.full += 1
            self._disk.mend()  # somebody made room
            super().accept(event)


def point(plan: Plan, with_reserve: bool, swept: Swept) -> None:
    number, error, times, end = plan
    disk = Disk(random.Random(f"{plan}"))
    room = Room(disk) if with_reserve else None
    till = _Steady(disk, room, swept.codes)
    if room is not None:
        room.till = till
    swept.points += 1
    disk.fail("any", at=number, error="full" if error == "full" else "io", times=times)
    try:
        try:
            _work(till)
        except JournalError as failed:
            swept.codes[failed.code] += till.journal is None  # at the start; later ones are counted as they come
            text, remedy = SENTENCES[failed.code]
            assert text and remedy
        swept.failed += disk.counters.faults > 0
        if room is not None and room.given_up:
            swept.gone_on += till.checkout.last_sequence - room.sales_then
        wrong = _after(till, disk, end)
        if wrong:
            swept.lost += wrong == "lost"
            swept.broken += wrong != "lost"
            swept.firsts.append(f"{plan}: {wrong}")
    finally:
        disk.close()


def _after(till: Till, disk: Disk, end: str) -> str:
    """Start anew and look."""
    truth = till.truth
    if end == "crash":
        disk.crash()
    else:
        disk.kill()
    disk.mend()
    try:
        journal = open_at(disk.vfs)
        state = journal.recover()
        last = journal.last_seq
        rows = journal._database.connection.execute("SELECT seq, body, hash FROM rows ORDER BY seq").fetchall()
        records = journal.records(0, 1000)
        if last < truth.acknowledged:
            return "lost"
        if last > truth.begun or rows != truth.rows[:last] or state != truth.states[last]:
            return "other rows"
        if [r.sequence for r in records] != list(range(1, state.last_sequence + 1)) or journal.inspect() is not None:
            return "broken chain"
        journal.append("2026-12-01T08:00:00", "system", any_legal(state))
        journal.close()
    except JournalError as error:
        return f"does not start: {error}"
    return ""


def plans(every: int = 1, first: int = 0) -> list[tuple[Plan, bool]]:
    """Every operation, each way to fail, each end; with and without a reserve where it matters."""
    count = operations()
    made: list[tuple[Plan, bool]] = []
    for number in range(1, count + 1):
        made.append(((number, "io", 1, "kill"), False))
        made.append(((number, "io", 1, "crash"), False))
        made.append(((number, "full", 1, "kill"), False))
        made.append(((number, "full", 0, "crash"), True))
    return made[first::every]


def sweep(every: int = 1) -> Swept:
    swept = Swept()
    for plan, with_reserve in plans(every):
        point(plan, with_reserve, swept)
    return swept


def figures(swept: Swept) -> dict[str, Any]:
    return {
        "points": swept.points, "lost": swept.lost, "broken": swept.broken, "gone_on": swept.gone_on,
        "codes": dict(swept.codes), "firsts": swept.firsts[:5],
    }  # fmt: skip
