"""kill -9 of the real daemon at random moments under load, and of the real front end: what is back, and how soon.

    python -m tests.reliability.kills --daemon 300 --front-end 50

A whole store of real processes sells without a pause: scans, totals, cash, receipts. At a random moment the daemon gets
SIGKILL and is started again at once, as its supervisor would; the clock runs until a front end has a view with the
basket. Then what the view says is held against what had been answered: every line, every closed sale, and at most the
one thing besides that was under way. In the end every sale is at the gateway once, each receipt is on paper, and
without the mark of a copy at most once; the journal's chain holds.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from peers import gateway_records
from rig import LANE, FrontEnd, Process, RigError, Store, virtual_display, wait_for

from runtime.journal.live import LiveJournal
from runtime.tools.journal_verify import AgainstGateway, verify_all
from runtime.wire.messages import View

MILK = "6901234567892"
NUMBER = re.compile(r"No\. (\d{6})")
BACK_WITHIN_S = 3.0
ANSWER_WITHIN_S = 60.0


@dataclass
class Killed:
    kills: int = 0
    sales: int = 0
    lost: int = 0
    doubled: int = 0  # printed twice without the mark, or closed twice
    back_s: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    copies: int = 0
    under: Counter[str] = field(default_factory=Counter)  # what was under way

    def add(self, text: str, doubled: bool = False) -> None:
        self.wrong.append(text)
        self.doubled += doubled
        self.lost += not doubled


@dataclass
class Load(threading.Thread):
    """Sells over one connection until that closes. What was answered counts; `under` is what has not been."""

    front: FrontEnd
    lines: int
    last_number: int
    under: str = ""
    dice: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        try:
            while True:
                self._sell()
        except (RigError, OSError):
            return  # it was killed

    def _ask(self, name: str, **args: Any) -> bool:
        self.under = name
        ok = self.front.ask(name, within_s=ANSWER_WITHIN_S, **args).ok
        self.under = ""
        return ok

    def _sell(self) -> None:
        front = self.front
        view = front.wait(lambda view: True)
        if view.state == "tendering":
            self._pay()
        for _ in range(self.dice.randint(1, 5)):
            if self._ask("scan", code=MILK):
                self.lines += 1
        if self._ask("subtotal"):
            self._pay()

    def _pay(self) -> None:
        if self._ask("cash", amount_minor=100_000):
            self.last_number += 1
            self.lines = 0
            self._ask("next")


def kill_daemon(times: int, seed: int = 1, tell: Callable[[str], None] = lambda text: None) -> Killed:
    """Raises RigError where the rig itself does not come up."""
    dice = random.Random(seed)
    killed = Killed()
    with tempfile.TemporaryDirectory(prefix="lanekit-kills-") as folder:
        store = Store(Path(folder), language="en")
        with store:
            store.front_end.wait(lambda view: all(device.ok for device in view.devices), 60)
            view = store.front_end.wait(lambda view: True)
            slips: list[dict[str, Any]] = []
            for number in range(times):
                view = _kill_once(store, view, dice, killed)
                slips += store.slips()  # the simulated printer keeps a thousand
                if number % 10 == 9:
                    tell(f"{number + 1} kills, {view.last_number} sales, back within {max(killed.back_s):.2f} s")
            settle(store, killed, slips)
    return killed


def _kill_once(store: Store, view: View, dice: random.Random, killed: Killed) -> View:
    load = begin_load(store, view, dice)
    time.sleep(dice.random() * 0.6)
    return end_and_begin(store, load, killed)


def begin_load(store: Store, view: View, dice: random.Random) -> Load:
    """Goes on selling where `view` stands."""
    in_basket = 0 if view.state == "closed" else sum(not line.voided for line in view.lines)
    load = Load(store.front_end, in_basket, view.last_number)
    load.dice = dice
    load.start()
    return load


def end_and_begin(store: Store, load: Load, killed: Killed) -> View:
    """SIGKILL under this load, and the start after it: what is there again, and what is not."""
    store.terminal.kill(signal.SIGKILL)
    began_s = time.monotonic()
    load.join(ANSWER_WITHIN_S)
    store.terminal.start(60)
    view = store.front_end.wait(lambda view: True)
    killed.back_s.append(time.monotonic() - began_s)
    killed.kills += 1
    killed.under[load.under or "nothing"] += 1
    lines = sum(not line.voided for line in view.lines)
    if view.last_number not in {load.last_number, load.last_number + (load.under == "cash")}:
        killed.add(f"{load.last_number} sales were closed, and now {view.last_number} ({load.under})")
    elif view.last_number > load.last_number or view.state == "closed":
        pass  # the sale was closed; its lines are on the screen until the next one begins
    elif lines not in {load.lines, load.lines + (load.under == "scan")}:
        killed.add(f"{load.lines} lines were in the basket, and now {lines} ({load.under})")
    return view


def settle(store: Store, killed: Killed, slips: list[dict[str, Any]]) -> None:
    """The last sale is ended; then money, records and paper must agree. `slips` are those that were taken before."""
    front = store.front_end
    view = front.wait(lambda view: True)
    if view.state == "ringing":
        front.must("subtotal")
        view = front.wait(lambda view: view.state == "tendering")
    if view.state == "tendering":
        front.must("cash", amount_minor=view.total_minor)
    view = front.wait(lambda view: view.receipts_waiting == 0 and view.network.unsent == 0, 600)
    killed.sales = view.last_number
    wait_for("the gateway", lambda: len(gateway_records(store)) >= view.last_number, 60)
    numbers = [record["SequenceNumber"] for record in gateway_records(store)]
    if numbers != list(range(1, view.last_number + 1)):
        killed.add(f"the gateway has {len(numbers)} records of {view.last_number} sales")
    originals, any_of = Counter[int](), set[int]()
    for slip in slips + store.slips():
        if found := NUMBER.search(slip["text"]):
            any_of.add(int(found[1]))
            originals[int(found[1])] += "COPY" not in slip["text"]
            killed.copies += "COPY" in slip["text"]
    for number in sorted(set(numbers) - any_of):
        killed.add(f"sale {number} is not on paper")
    for number, count in originals.items():
        if count > 1:
            killed.add(f"sale {number} is on paper {count} times without the mark", doubled=True)
    live = LiveJournal(store.folder / store.settings["terminal"]["journal"])
    for verdict in verify_all(live, None, [], AgainstGateway(f"http://127.0.0.1:{store.gateway_port}")):
        for fault in verdict.faults:
            killed.add(fault)
    live.close()


def kill_front_end(times: int, seed: int = 1, tell: Callable[[str], None] = lambda text: None) -> Killed:
    """`lane ui` under Xvfb gets SIGKILL with a basket on the screen; back is when it says that it shows the view."""
    dice = random.Random(seed)
    killed = Killed()
    with tempfile.TemporaryDirectory(prefix="lanekit-kills-") as folder:
        store = Store(Path(folder), language="en")
        with store, virtual_display("1024x768") as display:
            env = {"DISPLAY": display, "KIVY_NO_ARGS": "1", "KIVY_GL_BACKEND": "sdl2", "LIBGL_ALWAYS_SOFTWARE": "1"}
            words = [*LANE, "ui", "--socket", str(store.socket), "--size", "1024x768"]
            front = store.front_end
            screen = Process("ui", words, store.run, env)
            screen.start(120)
            lines = 0
            for number in range(times):
                for _ in range(dice.randint(1, 3)):
                    front.must("scan", code=MILK)
                    lines += 1
                time.sleep(dice.random() * 0.3)
                began_s = time.monotonic()
                screen.kill(signal.SIGKILL)
                front.must("scan", code=MILK)  # the daemon does not mind
                lines += 1
                screen.start(120)
                killed.back_s.append(time.monotonic() - began_s)
                killed.kills += 1
                view = front.wait(lambda view: True)
                if len(view.lines) != lines:
                    killed.add(f"{lines} lines were rung, and the basket has {len(view.lines)}")
                if number % 10 == 9:
                    tell(f"{number + 1} kills of the front end, back within {max(killed.back_s):.2f} s")
            screen.kill(signal.SIGTERM)
    return killed


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def figures(killed: Killed) -> dict[str, Any]:
    late = sum(s > BACK_WITHIN_S for s in killed.back_s)
    return {
        "kills": killed.kills, "sales": killed.sales, "lost": killed.lost, "doubled": killed.doubled,
        "copies": killed.copies, "back_p50_s": round(percentile(killed.back_s, 0.5), 2),
        "back_p99_s": round(percentile(killed.back_s, 0.99), 2), "back_max_s": round(max(killed.back_s, default=0), 2),
        "late": late, "under": dict(killed.under), "wrong": killed.wrong[:10],
    }  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--daemon", type=int, default=0, metavar="N")
    parser.add_argument("--front-end", type=int, default=0, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()

    def tell(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    bad = 0
    for name, times, what in (("daemon", given.daemon, kill_daemon), ("front end", given.front_end, kill_front_end)):
        if times:
            killed = what(times, given.seed, tell)
            bad += len(killed.wrong)
            print(json.dumps({"what": name, **figures(killed)}), flush=True)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
