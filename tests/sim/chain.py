"""A chain for some minutes: real terminals, real gateways of several stores, real head office; all else simulated.

    report = run(seed)                     # raises AssertionError where an invariant breaks, naming it
    run(seed).trace == run(seed).trace     # byte for byte, in every process

To what goes wrong in one store (tests.sim.world) come: gateways that get a new, empty disk, terminals that are stolen
and enrolled again, head office that dies at any await, clocks that are wrong by years, tickets that are put aside on
one till and recalled on another. Then everything is switched on and left to settle; and then

  - every record that a terminal closed is at head office exactly once, with the same bytes, and nothing else is; only
    what was on a stolen terminal alone may be there alone;
  - every receipt on paper is such a record's, and no number is on paper twice without the copy mark;
  - no terminal and epoch used a number twice;
  - what head office ever confirmed is found there at every later start, and what a terminal was told is settled too;
  - no ticket was recalled twice, and none that is on a till that was not stolen is lost;
  - no terminal keeps what it need not: what head office has is pruned.

Sales here are short, so that there are many: how a sale is rung, paid and printed is what tests.sim.world is about.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from unittest.mock import patch

from runtime.gateway.store import GatewayStore
from runtime.hq.sqlite import SqliteStore
from runtime.journal import retention
from runtime.sale import events as ev
from runtime.sale.record import read_record
from runtime.sale.state import Checkout, State
from runtime.terminal.paper import receipt_number
from runtime.wire.chain import StoreAnswer
from runtime.wire.records import BatchAnswer, PackedRecord, RecordBatch
from tests.sim.chain_machines import ChainGateway, ChainTerminal, Office
from tests.sim.goods import CODES
from tests.sim.loop import run as run_loop
from tests.sim.machines import COPY_MARK, Gateway, Machine, Terminal
from tests.sim.network import Faults
from tests.sim.world import Plan, Report, World

LineKey = tuple[str, str, int]  # store, terminal, epoch
Ticket = tuple[str, str, int, int]  # store, terminal, epoch, number: as its slip has it
T = TypeVar("T")
YEAR_MS = 31_536_000_000
LONG_S = 700.0  # of virtual time: some five hundred sales
SHORT_S = 120.0
KEPT_RECORDS = 2  # of a till: fewer than tills keep, so that what is let go too early is missed


@dataclass(frozen=True)
class ChainPlan(Plan):
    """How large and how bad. Times are virtual seconds."""

    stores: int = 2
    new_disk: float = 0.15  # chance that a gateway's trouble is a new disk
    theft_s: float = 2_000.0
    office_trouble_s: float = 200.0


def plan_of(seed: int, shift_s: float) -> ChainPlan:
    """Seeds differ in size, haste and weather."""
    rng = random.Random(f"{seed}/chain")
    bad = rng.choice([0.0, 0.05, 0.1, 0.3])
    faults = Faults(
        drop_request=rng.uniform(0.0, bad),
        drop_answer=rng.uniform(0.0, bad),
        repeat=rng.uniform(0.0, bad),
        slow=rng.uniform(0.0, bad),
        slow_s=60.0,
    )
    return ChainPlan(
        terminals=rng.randint(1, 3),
        stores=rng.randint(1, 3),
        shift_s=shift_s,
        think_s=rng.uniform(0.4, 1.5),
        terminal_trouble_s=rng.uniform(60.0, 300.0),
        gateway_trouble_s=rng.uniform(40.0, 200.0),
        office_trouble_s=rng.uniform(40.0, 200.0),
        new_disk=rng.uniform(0.0, 0.3),
        theft_s=rng.uniform(300.0, 2_000.0),
        device_trouble=rng.uniform(0.0, 0.1),
        network=faults,
    )


def at_once(asked: Coroutine[Any, Any, T]) -> T:
    """What a store gives that runs on the loop's own thread: it never waits."""
    try:
        asked.send(None)
    except StopIteration as done:
        return cast(T, done.value)
    raise AssertionError("a store waited")


def run(seed: int, shift_s: float = LONG_S, keep_lines: bool = False) -> Report:
    """One seed from opening to settled. Raises AssertionError naming the seed and what broke."""
    chain = Chain(seed, plan_of(seed, shift_s), keep_lines)
    try:
        with patch.object(retention, "KEPT_RECORDS", KEPT_RECORDS):
            return run_loop(chain.main())
    except AssertionError as error:
        raise AssertionError(f"chain {seed}: {error}") from error
    finally:
        chain.close()


class Chain(World):
    plan: ChainPlan

    def _make_machines(self) -> None:
        self.office = Office(self)
        self.gateways = [ChainGateway(self, f"gateway {n}", f"S{n}") for n in range(1, self.plan.stores + 1)]
        tills = range(1, self.plan.terminals + 1)
        self.terminals = [
            ChainTerminal(self, f"T{index}{n}", gateway) for index, gateway in enumerate(self.gateways) for n in tills
        ]
        self.machines: list[Machine] = [self.office, *self.gateways, *self.terminals]
        self.records: dict[LineKey, dict[int, PackedRecord]] = {}
        self.stolen: set[LineKey] = set()
        self.tickets: dict[Ticket, int] = {}  # how often it was recalled
        self._confirmed: dict[LineKey, int] = {}
        self._told: dict[str, dict[LineKey, int]] = {}  # type: ignore[assignment]  # by gateway
        self._wrong_ms = self.rng("clocks").choice([0, 0, -50 * YEAR_MS, 5 * YEAR_MS])

    def utc_ms(self) -> int:
        return super().utc_ms() + self._wrong_ms

    # --- what is told as it happens ------------------------------------------------------------------------------

    def closed(self, terminal: ChainTerminal, epoch: int, record: PackedRecord) -> None:
        line = self.records.setdefault((terminal.gateway.store, terminal.name, epoch), {})
        known = line.setdefault(record.sequence, record)
        assert known.hash == record.hash, f"{terminal.name}: number {record.sequence} was used twice"

    def happened(self, terminal: ChainTerminal, epoch: int, before: Checkout, event: ev.Event) -> None:
        """An event is on disk. Tickets are followed by what their slips say."""
        if not isinstance(event, ev.SaleRecalled):
            if isinstance(event, ev.SaleSuspended):
                self.tickets[terminal.gateway.store, terminal.name, epoch, before.last_suspended + 1] = 0
            return
        (ticket,) = (one for one in before.suspended if one.number == event.number)
        slip = ticket.slip
        own = (terminal.name, epoch, ticket.number)
        key = (terminal.gateway.store, *((slip.terminal, slip.epoch, slip.number) if slip is not None else own))
        self.tickets[key] += 1
        self.counts["recalled"] += 1
        self.counts["recalled elsewhere"] += slip is not None
        assert self.tickets[key] == 1, f"{terminal.name}: ticket {key} was recalled twice"

    def heard(self, gateway: Gateway, sent: RecordBatch, answer: BatchAnswer, disk: int) -> None:
        assert not answer.quarantined, f"{sent.terminal}: {answer.quarantined} quarantined"
        key = (gateway.store, sent.terminal, sent.epoch)
        self._confirmed[key] = max(answer.settled, self._confirmed.get(key, 0))
        if disk == gateway.disks:  # else it was on its way when the disk went
            self._told.setdefault(gateway.name, {})[key] = answer.stored

    def confirmed(self, store: str, answer: StoreAnswer) -> None:
        assert not answer.disputed, f"head office has other records: {answer.disputed}"
        for mark in answer.marks:
            key = (store, mark.terminal, mark.epoch)
            self._confirmed[key] = max(mark.stored, self._confirmed.get(key, 0))

    def check_watermarks(self, gateway: Gateway, store: GatewayStore) -> None:
        """What a gateway said it has is there at each later start of that disk."""
        has = {(gateway.store, one.terminal, one.epoch): one.stored for one in store.terminals()}
        for key, told in self._told.get(gateway.name, {}).items():
            if told > self._confirmed.get(key, 0):  # what head office has, a gateway may have from hearsay
                assert has.get(key, 0) >= told, f"{key} was told {told}, the gateway has {has.get(key, 0)}"

    def check_office(self, store: SqliteStore) -> None:
        for (name, terminal, epoch), mark in self._confirmed.items():
            has = next(
                (one.stored for one in at_once(store.lines(name)) if (one.terminal, one.epoch) == (terminal, epoch)), 0
            )
            assert has >= mark, f"{mark} of {terminal} was confirmed, head office has {has}"

    # --- what people do, and what goes wrong ---------------------------------------------------------------------

    def _shift(self) -> list[Coroutine[Any, Any, None]]:
        chain = [self._troubled("office", self.office, self.plan.office_trouble_s), self._theft()]
        chain += [self._troubled(one.name, one, self.plan.gateway_trouble_s) for one in self.gateways]
        people = [self._cashier(terminal) for terminal in self.terminals]
        return [*people, *map(self._terminal_trouble, self.terminals), *chain, self._network_trouble()]

    def _wish(self, rng: random.Random, sale: Any) -> tuple[str, dict[str, str | int | None]]:
        chance = rng.random()
        if sale.state is State.TENDERING:
            return "cash", {"amount_minor": sale.due_minor}
        if sale.state is State.RINGING and sale.live_lines:
            if chance < 0.05:
                return "suspend", {}
            if chance < 0.8:
                return "subtotal", {}
        elif chance < 0.08:
            return "recall", {}
        if sale.state is State.WEIGHING:
            return "cancel", {}
        return "code", {"code": rng.choice(CODES)}

    def _act(self, terminal: Terminal, rng: random.Random) -> str:
        life = terminal.life
        assert life is not None
        checkout = life.till.checkout
        name, args = self._wish(rng, checkout.sale)
        if name == "recall":
            choices = [(one.number, "") for one in checkout.suspended]
            choices += [(one.ticket.number, one.terminal) for one in life.till.sharing.others]
            if not choices:
                return "nothing to recall"
            number, owner = rng.choice(choices)
            args = {"number": number, "terminal": owner} if owner else {"number": number}
        if name == "code":
            life.scan(str(args["code"]))
            return f"scans {args['code']}: {life.till.last_said}"
        answer = life.command(name, **args)
        return f"{name} and the power went" if answer is None else f"{name} {answer.ok}"

    async def _troubled(self, name: str, machine: Machine, every_s: float) -> None:
        rng = self.rng(f"{name}/trouble")
        while True:
            await self._pause(rng, every_s)
            if isinstance(machine, Gateway) and rng.random() < self.plan.new_disk:
                self.counts["new disk"] += 1
                self._told.pop(machine.name, None)
                machine.replace_disk()
            else:
                await self._trouble(machine, rng)

    async def _theft(self) -> None:
        rng = self.rng("theft")
        while True:
            await self._pause(rng, self.plan.theft_s)
            one = rng.choice(self.terminals)
            if isinstance(one, ChainTerminal) and one.known is not None:
                self.counts["stolen"] += 1
                one.steal()

    # --- and then ------------------------------------------------------------------------------------------------

    def _unsettled(self, machine: Machine) -> str:
        why = super()._unsettled(machine)
        if why or not isinstance(machine, ChainTerminal):
            return why
        life = machine.life
        assert life is not None
        if life.forwarder.settled < life.journal.last_sequence:
            return f"{machine.name}: {life.journal.last_sequence} closed, {life.forwarder.settled} settled"
        shares = life.till.checkout.shares
        lost = {key[1:] for key in self.stolen}
        if [one for one in shares.released if (one.to.terminal, one.to.epoch) not in lost]:
            return f"{machine.name} has tickets on their way"
        return ""

    def _check(self) -> None:
        assert not self.bugs, f"somebody gave up: {self.bugs[0]}"
        office = self.office.life
        assert office is not None
        self.check_office(office.store)
        kept = {}
        for gateway in self.gateways:
            for line in at_once(office.store.lines(gateway.store)):
                kept[gateway.store, line.terminal, line.epoch] = line
        for key, line in kept.items():
            # A gateway's disk died, and then a thief had the only till that could have filled the gap: see _check_line.
            whole = line.records == line.stored or key in self.stolen
            assert whole, f"{key}: {line.records} counted, {line.stored} without a gap"
            assert key in self.records, f"{key} is at head office and was sold by nobody"
        for key, records in self.records.items():
            self._check_line(key, records, office.store)
        for terminal in self.terminals:
            self._check_till(terminal)
        self._check_tickets()
        callbacks = [error for error in self.loop.errors if error.startswith("Exception in callback")]
        assert not callbacks, callbacks[0]
        self.counts["crashes"] = sum(machine.disk.counters.crashes for machine in self.machines)
        self.counts["lives"] = sum(machine.lives for machine in self.machines)
        self.note(f"end {sorted(self.counts.items())}")

    def _check_line(self, key: LineKey, records: dict[int, PackedRecord], store: SqliteStore) -> None:
        has = self._all(lambda after: at_once(store.records(*key, after, 100)))
        last = max(records)
        numbers = [one.sequence for one in has]
        if key in self.stolen:  # what is missing was never confirmed (check_office), so the till still had it
            self.counts["only on stolen"] += last - len(has)
            assert numbers == sorted(set(numbers)) and set(numbers) <= records.keys(), f"{key}: {numbers}"
        else:
            assert numbers == list(range(1, last + 1)), f"{key}: {len(has)} of {last} at head office"
        for one in has:
            assert records[one.sequence].hash == one.hash == hashlib.sha256(one.body).digest(), f"{key}: other bytes"
        self.counts["records"] += len(records)
        self.note(f"{key} {last} {hashlib.sha256(b''.join(one.hash for one in has)).hexdigest()}")

    def _check_till(self, terminal: Terminal) -> None:
        life = terminal.life
        assert life is not None
        fault = life.journal.verify()
        assert fault is None, f"{terminal.name}: the chain breaks at row {fault}"
        lines = [line for key, line in self.records.items() if key[:2] == (terminal.gateway.store, terminal.name)]
        numbers = {receipt_number(read_record(one.body)) for line in lines for one in line.values()}
        unmarked = Counter(slip.number for slip in terminal.printer.slips if not slip.marked(COPY_MARK))
        self.counts["slips"] += len(terminal.printer.slips)
        assert unmarked.keys() <= numbers, f"{terminal.name}: {unmarked.keys() - numbers} on paper and nowhere else"
        twice = [number for number, count in unmarked.items() if count > 1]
        assert not twice, f"receipt {twice[0]} was printed {unmarked[twice[0]]} times without the mark"
        self.counts["pruned"] += life.journal.anchor().sequence

    def _check_tickets(self) -> None:
        places: Counter[Ticket] = Counter()
        lost = {key[:3] for key in self.stolen}
        touched = set()
        for terminal in self.terminals:
            life = terminal.life
            assert life is not None
            checkout = life.till.checkout
            own = (terminal.gateway.store, terminal.name, life.journal.epoch)
            for one in [*checkout.suspended, *(released.ticket for released in checkout.shares.released)]:
                slip = one.slip
                key = (own[0], slip.terminal, slip.epoch, slip.number) if slip is not None else (*own, one.number)
                places[key] += 1
            touched |= {(own[0], one.to.terminal, one.to.epoch) for one in checkout.shares.released}
        for key, recalled in self.tickets.items():
            assert recalled + places[key] <= 1, f"ticket {key} is in {recalled + places[key]} places"
            if not lost:  # a thief may have it
                assert recalled + places[key] == 1, f"ticket {key} is nowhere"
        self.counts["suspended"] = len(self.tickets)
