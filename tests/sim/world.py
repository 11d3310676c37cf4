"""One store for an hour: real terminals, a real gateway; simulated disks, network, devices and time; all from a seed.

    report = run(seed)                     # raises AssertionError where an invariant breaks, naming it
    run(seed).trace == run(seed).trace     # byte for byte, in every process

Cashiers ring, weigh, void, pay and go on. Meanwhile power goes at any await and inside any write, processes are killed,
disks fill up or fail a sync, paper runs out, payments hang, the network drops, repeats, delays and parts, and once in a
while the gateway gets a new, empty disk. Then all of that stops, everything is switched on and left to settle; and then

  - every record that a terminal closed is at the gateway exactly once, with the same bytes, without gaps;
  - every receipt on paper is such a record's, word for word, and every record's receipt is on paper whole;
  - no number is on paper twice without the copy mark;
  - every payment that the provider took is in exactly one record, and no other is in any;
  - what any terminal was ever told is `stored` was found there at every later start of that disk, and at the end;
  - every start of a terminal found the basket of its last acknowledged row (or of the one that was being written).
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from runtime.devices.ports import DeviceStatus
from runtime.forward.forwarder import ASK_S
from runtime.gateway.store import GatewayStore
from runtime.journal.errors import JournalError
from runtime.sale.record import read_record
from runtime.sale.state import State
from runtime.serving.errors import Refused
from runtime.terminal.paper import receipt_document, receipt_number
from runtime.wire.records import BatchAnswer, PackedRecord, RecordBatch
from tests.sim.goods import CODES, snapshot
from tests.sim.loop import SimLoop
from tests.sim.loop import run as run_loop
from tests.sim.machines import COPY_MARK, TEXTS, Gateway, Life, Machine, Terminal
from tests.sim.network import Faults, Network
from tests.sim.till_devices import Provider

L = TypeVar("L", bound=Life)
SETTLE_S = 1_800.0  # virtual: after this long without any fault all must be where it belongs
POLL_S = 2.0


@dataclass(frozen=True)
class Plan:
    """How long and how bad. Times are virtual seconds; troubles come to each machine after so long on average."""

    terminals: int = 3
    shift_s: float = 2_700.0
    think_s: float = 9.0
    terminal_trouble_s: float = 240.0
    gateway_trouble_s: float = 200.0
    device_trouble: float = 0.12
    payment_trouble: float = 0.15
    network: Faults = field(
        default_factory=lambda: Faults(drop_request=0.15, drop_answer=0.15, repeat=0.15, slow=0.1, slow_s=60.0)
    )


@dataclass
class Report:
    """What a run came to; `trace` is the hash of everything that happened, in its order."""

    seed: int
    trace: str
    counts: Counter[str]
    lines: list[str]


def plan_of(seed: int) -> Plan:
    """Seeds differ in size, haste and weather too."""
    rng = random.Random(f"{seed}/plan")
    calm = rng.random() < 0.2
    return Plan(
        terminals=rng.randint(1, 4),
        think_s=rng.uniform(6.0, 20.0),
        terminal_trouble_s=rng.uniform(120.0, 600.0),
        gateway_trouble_s=rng.uniform(60.0, 600.0),
        device_trouble=rng.uniform(0.0, 0.3),
        payment_trouble=rng.uniform(0.0, 0.3),
        network=Faults()
        if calm
        else Faults(
            drop_request=rng.uniform(0.0, 0.4),
            drop_answer=rng.uniform(0.0, 0.4),
            repeat=rng.uniform(0.0, 0.3),
            slow=rng.uniform(0.0, 0.3),
            slow_s=60.0,
        ),
    )


def run(seed: int, plan: Plan | None = None, keep_lines: bool = False) -> Report:
    """One seed from opening to settled. Raises AssertionError naming the seed and what broke."""
    world = World(seed, plan or plan_of(seed), keep_lines)
    try:
        return run_loop(world.main())
    except AssertionError as error:
        raise AssertionError(f"seed {seed}: {error}") from error
    finally:
        world.close()


class World:
    def __init__(self, seed: int, plan: Plan, keep_lines: bool) -> None:
        self.seed = seed
        self.plan = plan
        self.began = datetime(2026, 11, 22, 9, 0)
        self.loop: SimLoop
        self.commands = 0
        self.counts: Counter[str] = Counter()
        self.bugs: list[str] = []
        self._hash = hashlib.sha256()
        self._lines: list[str] | None = [] if keep_lines else None
        self._told: dict[tuple[str, int], int] = {}
        self.provider = Provider(self.rng("provider"), plan.payment_trouble)
        self.network = Network(self.rng("network"), plan.network, self.note)
        self.terminals: list[Terminal] = []
        self.machines: list[Machine] = []
        self._make_machines()

    def _make_machines(self) -> None:
        self.gateway = Gateway(self)
        self.terminals = [Terminal(self, f"T{n}", self.gateway) for n in range(1, self.plan.terminals + 1)]
        self.machines = [self.gateway, *self.terminals]

    def rng(self, name: str) -> random.Random:
        """A stream of its own for each thing, so that one more question here does not change what happens there."""
        return random.Random(f"{self.seed}/{name}")

    def note(self, text: str) -> None:
        """One line of the trace."""
        line = f"{self.loop.time():.6f} {text}"
        self._hash.update(line.encode() + b"\n")
        if self._lines is not None:
            self._lines.append(line)

    def close(self) -> None:
        for machine in self.machines:
            machine.disk.close()

    # --- the course of a run -------------------------------------------------------------------------------------

    async def main(self) -> Report:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SimLoop)
        self.loop = loop
        for machine in self.machines:
            machine.boot()
        watchdogs = [loop.create_task(self._keep_up(machine)) for machine in self.machines]
        shift = [loop.create_task(work) for work in self._shift()]
        await self._watch([*watchdogs, *shift], self.plan.shift_s)
        for task in shift:
            task.cancel()
        self._heal()
        await self._settle(watchdogs)
        for watchdog in watchdogs:
            watchdog.cancel()
        self._check()
        return Report(self.seed, self._hash.hexdigest(), self.counts, self._lines or [])

    def _shift(self) -> list[Coroutine[Any, Any, None]]:
        """What people do, and what goes wrong, until the shift is over."""
        people = [self._cashier(terminal) for terminal in self.terminals]
        return [*people, *map(self._terminal_trouble, self.terminals), self._gateway_trouble(), self._network_trouble()]

    async def _watch(self, tasks: list[asyncio.Task[None]], for_s: float) -> None:
        done, _ = await asyncio.wait(tasks, timeout=for_s, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()

    def start(self, machine: Machine, make: Callable[[], L]) -> L | None:
        """Begin a life. A disk with a fault may refuse; one without must not."""
        disk = machine.disk
        faults = disk.counters.faults
        try:
            life = make()
        except (JournalError, Refused) as error:
            if not disk.dead and disk.counters.faults == faults:
                raise AssertionError(f"{machine.name} does not start: {error}") from error
            self.note(f"{machine.name} cannot start: {error.code}")
            life = None
        if disk.dead:
            disk.crash()
            return None
        if life is None:
            disk.kill()
        return life

    async def _keep_up(self, machine: Machine) -> None:
        rng = self.rng(f"{machine.name}/watchdog")
        while True:
            await asyncio.sleep(POLL_S)
            if machine.life is None:
                await asyncio.sleep(rng.uniform(0.0, 45.0))
                machine.boot()

    # --- what people do ------------------------------------------------------------------------------------------

    async def _cashier(self, terminal: Terminal) -> None:
        rng = self.rng(f"{terminal.name}/cashier")
        while True:
            await asyncio.sleep(min(rng.expovariate(1 / self.plan.think_s), 120.0))
            life = terminal.life
            if life is None or not life.alive:
                continue
            said = self._act(terminal, rng)
            self.note(f"{terminal.name} {said} {life.till.checkout.sale.state} row {life.journal.last_seq}")
            self.counts["actions"] += 1

    def _act(self, terminal: Terminal, rng: random.Random) -> str:
        """One thing that a cashier may do now, and now and then one that is not possible now."""
        life = terminal.life
        assert life is not None
        sale = life.till.checkout.sale
        name, args = self._wish(rng, sale)
        if name == "code":
            life.scan(str(args["code"]))
            return f"scans {args['code']}: {life.till.last_said}"
        answer = life.command(name, **args)
        if answer is None:
            return f"{name} and the power went"
        return f"{name} {answer.ok} {answer.sentence.code if answer.sentence else ''}"

    def _wish(self, rng: random.Random, sale: Any) -> tuple[str, dict[str, str | int | None]]:
        chance = rng.random()
        good = rng.choice(CODES)
        line = rng.randint(1, 8)
        pay = f"28{rng.randrange(10**16):016d}"
        anything: list[tuple[str, dict[str, str | int | None]]] = [
            ("quantity", {"qty": rng.choice([2, 3, 0, 100_000])}),
            ("set_quantity", {"line": line, "qty": rng.randint(0, 5)}),
            ("void_line", {"line": line}),
            ("member", {"id": "M1"}),
            ("cancel", {}),
            ("next", {}),
            ("reprint", {}),
            ("subtotal", {}),
            ("weigh", {}),
            ("cash", {"amount_minor": rng.randint(0, 20_000)}),
            ("scan", {"code": rng.choice([good, "4006381333932", "x"])}),
            ("code", {"code": pay}),
        ]
        if chance < 0.12:
            return rng.choice(anything)
        if sale.state is State.TENDERING:
            if chance < 0.45:
                return "code", {"code": pay}
            return "cash", {"amount_minor": sale.due_minor + rng.choice([0, 0, 50, 10_000])}
        if sale.state is State.CLOSED and chance < 0.5:
            return "next", {}
        if len(sale.live_lines) >= 2 and chance < 0.5:
            return "subtotal", {}
        return "code", {"code": good}

    # --- what goes wrong -----------------------------------------------------------------------------------------

    async def _terminal_trouble(self, terminal: Terminal) -> None:
        rng = self.rng(f"{terminal.name}/trouble")
        while True:
            await self._pause(rng, self.plan.terminal_trouble_s)
            if rng.random() < 0.2:
                terminal.printer.paper = rng.randint(0, 2)
            elif rng.random() < 0.3:
                self._load_paper(terminal)
            else:
                await self._trouble(terminal, rng)

    async def _pause(self, rng: random.Random, mean_s: float) -> None:
        await asyncio.sleep(rng.expovariate(1 / mean_s))

    async def _gateway_trouble(self) -> None:
        rng = self.rng("gateway/trouble")
        while True:
            await self._pause(rng, self.plan.gateway_trouble_s)
            if rng.random() < 0.04:
                self.counts["new disk"] += 1
                self._told.clear()  # it has lost all; the terminals have not
                self.gateway.replace_disk()
            else:
                await self._trouble(self.gateway, rng)

    async def _network_trouble(self) -> None:
        rng = self.rng("network/trouble")
        while True:
            await self._pause(rng, 300.0)
            name = rng.choice([machine.name for machine in self.machines])
            self.network.part(name, self.loop.time() + rng.uniform(5.0, 240.0))
            self.note(f"{name} parted")
            self.counts["part"] += 1

    async def _trouble(self, machine: Machine, rng: random.Random) -> None:
        kind = rng.choice(["power", "cut", "cut", "cut", "kill", "full", "full for a while", "io"])
        self.note(f"trouble {machine.name} {kind}")
        self.counts[kind] += 1
        disk = machine.disk
        if kind in ("power", "kill"):
            machine.end(kind)
        elif kind == "cut":
            disk.cut_after(rng.randint(0, 40), lambda: machine.die_soon("power"))
        elif kind == "full":
            disk.fail("write", at=rng.randint(1, 20), error="full", times=rng.randint(1, 30))
        elif kind == "io":
            disk.fail(rng.choice(["write", "sync", "sync"]), at=rng.randint(1, 8))
        else:
            disk.fail("write", error="full", times=0)
            await asyncio.sleep(rng.uniform(10.0, 120.0))
            disk.mend()

    def _load_paper(self, terminal: Terminal) -> None:
        printer = terminal.printer
        printer.paper = 40
        if printer.code != "OK":
            printer.code = "OK"
            self.note(f"{terminal.name} paper loaded")
            life = terminal.life
            if life is not None and life.alive:
                life.run(lambda: life.till.status_changed(DeviceStatus("printer", "POSPrinter", "OK")))

    # --- and then ------------------------------------------------------------------------------------------------

    def _heal(self) -> None:
        self.note("healed")
        self.network.heal()
        self.provider.trouble = 0.0
        for machine in self.machines:
            machine.disk.mend()
        for terminal in self.terminals:
            terminal.printer.trouble = 0.0
            self._load_paper(terminal)
            terminal.printer.paper = 1_000

    async def _settle(self, watchdogs: list[asyncio.Task[None]]) -> None:
        deadline = self.loop.time() + SETTLE_S
        await self._watch(watchdogs, 3 * ASK_S)  # by then each has asked what the gateway has
        while unsettled := [why for machine in self.machines if (why := self._unsettled(machine))]:
            assert self.loop.time() < deadline, f"does not settle: {'; '.join(unsettled)}"
            await self._watch(watchdogs, POLL_S)

    def _unsettled(self, machine: Machine) -> str:
        if machine.life is None or not machine.life.alive:
            return f"{machine.name} is off"
        if not isinstance(machine, Terminal):
            return ""
        life = machine.life
        checkout = life.till.checkout
        if life.forwarder.unsent or life.forwarder.status[1] != "OK":
            return f"{machine.name} has {life.forwarder.unsent} unsent: {life.forwarder.status}"
        if checkout.prints:
            return f"{machine.name} has {len(checkout.prints)} receipts to print"
        return f"{machine.name} is paying" if checkout.sale.state is State.PAYING else ""

    # --- invariants ----------------------------------------------------------------------------------------------

    def utc_ms(self) -> int:
        """The time as servers have it."""
        return 1_760_000_000_000 + int(self.loop.time() * 1000)

    def heard(self, gateway: Gateway, sent: RecordBatch, answer: BatchAnswer, disk: int) -> None:
        """A terminal was told this, by the gateway with the `disk`-th disk."""
        if disk != gateway.disks:
            return  # an answer that was on its way when the disk went
        key = (sent.terminal, sent.epoch)
        self._told[key] = max(answer.stored, self._told.get(key, 0))
        assert not answer.quarantined, f"{sent.terminal}: {answer.quarantined} quarantined"

    def check_watermarks(self, gateway: Gateway, store: GatewayStore) -> None:
        stored = {(status.terminal, status.epoch): status.stored for status in store.terminals()}
        for key, told in self._told.items():
            assert stored.get(key, 0) >= told, f"{key} was told {told}, the gateway has {stored.get(key, 0)}"

    def _check(self) -> None:
        assert not self.bugs, f"a terminal gave up: {self.bugs[0]}"
        gateway = self.gateway.life
        assert gateway is not None
        self.check_watermarks(self.gateway, gateway.store)
        assert not gateway.store.quarantine(1), "something is quarantined"
        trades: Counter[str] = Counter()
        for terminal in self.terminals:
            trades += self._check_terminal(terminal, gateway.store)
        taken = Counter(no for no in self.provider.trades if self.provider.query(no) == "SUCCESS")
        assert trades == taken, f"payments: taken and not sold {taken - trades}, sold and not taken {trades - taken}"
        callbacks = [error for error in self.loop.errors if error.startswith("Exception in callback")]
        assert not callbacks, callbacks[0]
        self.counts["crashes"] = sum(machine.disk.counters.crashes for machine in self.machines)
        self.counts["lives"] = sum(machine.lives for machine in self.machines)
        self.note(f"end {sorted(self.counts.items())} {[machine.disk.counters for machine in self.machines]}")

    def _check_terminal(self, terminal: Terminal, store: GatewayStore) -> Counter[str]:
        life = terminal.life
        assert life is not None
        journal = life.journal
        assert journal.verify() is None, f"{terminal.name}: the chain breaks at row {journal.verify()}"
        own = self._all(lambda after: journal.records(after, 100))
        kept = self._all(lambda after: store.records(terminal.name, journal.epoch, after, 100))
        assert [one.sequence for one in own] == list(range(1, journal.last_sequence + 1)), f"{terminal.name}: gaps"
        assert own == kept, f"{terminal.name}: {len(own)} records, {len(kept)} at the gateway, or with other bytes"
        (status,) = [s for s in store.terminals() if s.terminal == terminal.name] or [None]
        assert (status.records if status else 0) == len(own), f"{terminal.name}: not counted once"
        records = [read_record(one.body) for one in own]
        self._check_paper(terminal, records)
        self.counts["records"] += len(own)
        self.note(f"{terminal.name} {len(own)} {hashlib.sha256(b''.join(one.hash for one in own)).hexdigest()}")
        return Counter(t["TradeNo"] for record in records for t in record["tenders"] if t["TenderType"] == "Code")

    def _check_paper(self, terminal: Terminal, records: list[dict[str, Any]]) -> None:
        by_number = {receipt_number(record): record for record in records}
        unmarked: Counter[str] = Counter()
        whole = set()
        for slip in terminal.printer.slips:
            self.counts["slips"] += 1
            copy = slip.marked(COPY_MARK)
            record = by_number.get(slip.number)
            assert record is not None, f"receipt {slip.number} is on paper and nowhere else"
            wanted = receipt_document(
                record,
                copy=copy,
                header=TEXTS.header,
                footer=TEXTS.footer,
                exponent=2,
                sign=TEXTS.sign,
                promotion_name=lambda name: snapshot().promotion_name(name) or name,
                _=TEXTS.translate,
            )
            assert slip.document == wanted, f"receipt {slip.number} is not what was sold"
            unmarked[slip.number] += not copy
            if slip.whole:
                whole.add(slip.number)
        twice = [number for number, count in unmarked.items() if count > 1]
        assert not twice, f"receipt {twice[0]} was printed {unmarked[twice[0]]} times without the mark"
        missing = by_number.keys() - whole
        assert not missing, f"receipt {min(missing)} is not on paper"

    def _all(self, page: Callable[[int], Any]) -> list[PackedRecord]:
        found: list[PackedRecord] = []
        while more := list(page(found[-1].sequence if found else 0)):
            found += more
        return found
