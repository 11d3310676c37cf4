"""What supervision is worth, in figures: a daemon that hangs, and a device that fails beside a sale that goes on.

    python -m tests.reliability.supervision --hangs 10 --devices 5

**Hangs.** A whole store of real processes sells without a pause. At a random moment a sync of the daemon's disk does
not return, or its loop stands still. Here is what a service manager does: a real notify socket is heard, and a process
that feeds nothing for WatchdogSec is ended and started again. Then what is there is held against what had been
answered, as after a kill (tests.reliability.kills). The same with a watchdog that is fed by a timer, or by beats that
commit nothing, must go unnoticed: or this harness would see nothing.

**Devices.** Two scanners. The driver of one raises or does not return, or it is pulled out and put in again. The other
scans ten codes a second all the while: each of its scans is a line, and the sale is closed.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rig import LANE, ROOT, Controls, Process, RigError, Store, wait_for

from runtime.devices.restarts import STEADY_S
from runtime.wire.messages import View
from tests.reliability import kills
from tests.reliability.kills import MILK, Killed
from tests.runtime.service.manager import Manager

WRAPPERS = ROOT / "tests" / "e2e"
BLIND_S = 2.0
BLIND = ("timer", "no-commit")  # faults of tests/e2e/hanging_disk.py
SCAN_EVERY_S = 0.1
FAULTS: dict[str, tuple[str, int]] = {"raises": ("RAISE", 3), "does not return": ("HANG", 1), "is pulled": ("", 0)}
Tell = Callable[[str], None]


class Watch(threading.Thread):
    """systemd, as far as Type=notify and WatchdogSec go. `silent` once the process has fed nothing for `watchdog_s`;
    `told_s` is what the process is told that this is, where it is something else."""

    def __init__(self, process: Process, watchdog_s: float, told_s: float = 0.0) -> None:
        super().__init__(daemon=True)
        self.manager = Manager()
        self.watchdog_s = watchdog_s
        told_us = str(round((told_s or watchdog_s) * 1e6))
        process._env |= {"NOTIFY_SOCKET": self.manager.name, "WATCHDOG_USEC": told_us, "PYTHONPATH": str(ROOT)}
        self._fed_s = time.monotonic()
        self._ended = False
        self.start()

    def run(self) -> None:
        while not self._ended:
            lines = self.manager.heard(0.05)
            if {"READY=1", "WATCHDOG=1"} & set(lines):
                self._fed_s = time.monotonic()

    def silent(self, within_s: float) -> bool:
        """Waits until systemd would end it; False where that is not so within this time."""
        until_s = time.monotonic() + within_s
        while time.monotonic() < until_s:
            if time.monotonic() - self._fed_s > self.watchdog_s:
                return True
            time.sleep(0.005)
        return False

    def close(self) -> None:
        self._ended = True
        self.join(5)
        self.manager.close()


def _wrapped(process: Process, wrapper: str, *words: str) -> None:
    process.words[: len(LANE)] = [sys.executable, str(WRAPPERS / wrapper), *words]


# --- a daemon that hangs --------------------------------------------------------------------------------------------


@dataclass
class Hung(Killed):
    silent_s: list[float] = field(default_factory=list)  # from the hang until systemd would end it
    unnoticed: int = 0


def hang(times: int, watchdog_s: float, seed: int = 1, tell: Tell = lambda text: None) -> Hung:
    """So many hangs under load, a sync's and the loop's in turn. Raises RigError where the rig does not come up."""
    dice = random.Random(seed)
    hung = Hung()
    with tempfile.TemporaryDirectory(prefix="lanekit-hangs-") as folder:
        store = Store(Path(folder), language="en")
        flag = Path(folder) / "hangs"
        _wrapped(store.terminal, "hanging_disk.py", str(flag), "real")
        watch = Watch(store.terminal, watchdog_s)
        slips: list[dict[str, Any]] = []
        with store:
            view = store.front_end.wait(lambda view: all(device.ok for device in view.devices), 60)
            for number in range(times):
                view = _hang_once(store, view, watch, flag if number % 2 == 0 else None, dice, hung)
                slips += store.slips()
                tell(f"{number + 1} hangs, noticed within {max(hung.silent_s):.1f} s")
            kills.settle(store, hung, slips)
        watch.close()
    return hung


def _hang_once(
    store: Store, view: View, watch: Watch, flag: Path | None, dice: random.Random, hung: Hung
) -> View:  # `flag` None: the loop stands still
    load = kills.begin_load(store, view, dice)
    time.sleep(dice.random() * min(watch.watchdog_s, 2.0))
    assert store.terminal.process is not None
    if flag is not None:
        flag.touch()
    else:
        store.terminal.process.send_signal(signal.SIGUSR1)
    began_s = time.monotonic()
    if not watch.silent(3 * watch.watchdog_s):
        hung.unnoticed += 1
        hung.add("a hang that nobody noticed")
    hung.silent_s.append(time.monotonic() - began_s)
    if flag is not None:
        flag.unlink()  # the disk is well again when the next process comes
    return kills.end_and_begin(store, load, hung)


def goes_unnoticed(variant: str, snapshot: Path | None = None) -> bool:
    """Whether an idle terminal with this fault in its feeding hangs for twice BLIND_S and is not ended. `snapshot`: one
    that is compiled already."""
    with tempfile.TemporaryDirectory(prefix="lanekit-blind-") as folder:
        store = Store(Path(folder), settings=lambda text: text[: text.index("# The devices are simulated")])
        if snapshot is not None:
            shutil.copy(snapshot, store.snapshot)
        else:
            store.compile()
        flag = Path(folder) / "hangs"
        _wrapped(store.terminal, "hanging_disk.py", str(flag), variant)
        watch = Watch(store.terminal, BLIND_S, BLIND_S / 4)  # a busy machine is no silence
        store.terminal.start(60)
        wait_for("the first beat", lambda: not watch.silent(0.01))
        flag.touch()
        unnoticed = not watch.silent(2 * BLIND_S)
        flag.unlink()
        store.terminal.kill(signal.SIGKILL)
        watch.close()
        store.stop()
    return unnoticed


# --- a device that fails --------------------------------------------------------------------------------------------


@dataclass
class Beside:
    """What one kind of fault did. `scans` of the other scanner, of which so many were `lost`."""

    faults: int = 0
    scans: int = 0
    lost: int = 0
    sales: int = 0  # closed beside it, one each time
    wait_s: list[float] = field(default_factory=list)  # from each of those scans to its line
    back_s: list[float] = field(default_factory=list)  # from the (first) fault, or the putting in, until it was well


class _Other(threading.Thread):
    """The scanner that is well, at work; when its lines came, and whether the one in hand was well meanwhile."""

    def __init__(self, store: Store) -> None:
        super().__init__(daemon=True)
        self._store = store
        self._done = threading.Event()
        self._lines_s: list[float] = []
        self.at_s: list[float] = []
        self.hand_well: list[bool] = []
        store.front_end.on_view = self._seen

    def _seen(self, view: View) -> None:
        now_s = time.monotonic()
        self._lines_s += [now_s] * (len(view.lines) - len(self._lines_s))
        self.hand_well += [device.ok for device in view.devices if device.name == "hand"]

    def run(self) -> None:
        while not self._done.wait(SCAN_EVERY_S):
            self.at_s.append(time.monotonic())
            self._store.scan(MILK)

    def falls_ill(self, after: int) -> None:
        """Waits until the one in hand was not well, in a View after so many."""
        wait_for("a device that is not well", lambda: not all(self.hand_well[after:]), 60)

    def stop(self) -> None:
        self._done.set()
        self.join(30)

    def waits_s(self) -> Iterator[float]:
        return (came_s - at_s for at_s, came_s in zip(self.at_s, self._lines_s, strict=False))


@contextmanager
def _two_scanners(guard_s: float) -> Iterator[tuple[Store, Process, Path]]:
    with tempfile.TemporaryDirectory(prefix="lanekit-devices-") as folder:
        store = Store(Path(folder), language="en", env={"PYTHONPATH": str(ROOT), "GUARD_S": str(guard_s)})
        line, control = store.run / "hand", store.run / "hand-control"
        with store.terminal_file.open("a", encoding="utf-8") as file:
            file.write(f'\n[device.hand]\ndriver = "scanner.serial_line"\n\n[device.hand.serial]\npath = "{line}"\n')
        _wrapped(store.terminal, "hanging_driver.py")
        words = [*LANE, "simulate", "scanner", "--pty", str(line), "--control", str(control)]
        hand = Process("hand", words, store.run)
        hand.start()
        try:
            with store:
                yield store, hand, control
        finally:
            hand.kill(signal.SIGTERM)


def fail(times: int, guard_s: float, pause_s: float = 0.0, tell: Tell = lambda text: None) -> dict[str, Beside]:
    """Each fault so many times, by its name, in a new store each time: a driver that failed often rests a minute.
    `guard_s`: what a driver may take to return; `pause_s`: between two faults, for the back-off to be short again, and
    for as long the device stays pulled out."""
    found = {name: Beside() for name in FAULTS}
    for number in range(times):
        with _two_scanners(guard_s) as (store, hand, control):
            store.front_end.wait(lambda view: all(device.ok for device in view.devices), 60)
            for name, beside in found.items():
                time.sleep(pause_s)
                _fail_once(store, hand, control, name, beside, pause_s)
        tell(f"{number + 1} faults of each kind")
    return found


def _fail_once(store: Store, hand: Process, control: Path, name: str, beside: Beside, out_s: float) -> None:
    front = store.front_end
    before = front.wait(lambda view: view.state != "closed").last_number
    code, again = FAULTS[name]
    other = _Other(store)
    other.start()
    time.sleep(3 * SCAN_EVERY_S)
    began_s = time.monotonic()
    for _ in range(again):
        seen = len(other.hand_well)
        _hand_scan(control, code)
        other.falls_ill(seen)
        _is_well(store)
    if not code:
        seen = len(other.hand_well)
        hand.kill(signal.SIGKILL)
        other.falls_ill(seen)
        time.sleep(out_s)
        hand.start()
        began_s = time.monotonic()
        _is_well(store)
    beside.back_s.append(time.monotonic() - began_s)
    time.sleep(3 * SCAN_EVERY_S)
    other.stop()
    scans = len(other.at_s)
    with suppress(RigError):  # then some are lost, and counted
        front.wait(lambda view: len(view.lines) >= scans, 20)
    beside.wait_s += other.waits_s()
    _hand_scan(control, MILK)
    with suppress(RigError):
        front.wait(lambda view: len(view.lines) >= scans + 1, 20)
    beside.lost += scans + 1 - len(front.wait(lambda view: True).lines)
    front.must("subtotal")
    front.must("cash", amount_minor=10_000_000)
    view = front.wait(lambda view: view.last_number > before and not view.receipts_waiting, 60)
    front.must("next")
    beside.faults += 1
    beside.scans += scans
    beside.sales += view.last_number - before


def _is_well(store: Store) -> None:
    store.front_end.wait(lambda view: all(one.ok for one in view.devices if one.name == "hand"), 120)


def _hand_scan(control: Path, code: str) -> None:
    hand = Controls(control)
    hand("", scan=code)
    hand.close()


# --- figures --------------------------------------------------------------------------------------------------------


def hang_figures(hung: Hung, watchdog_s: float) -> dict[str, Any]:
    said = kills.figures(hung)
    return {
        **said, "watchdog_s": watchdog_s, "unnoticed": hung.unnoticed,
        "silent_p50_s": round(kills.percentile(hung.silent_s, 0.5), 1), "silent_max_s": round(max(hung.silent_s), 1),
    }  # fmt: skip


def device_figures(found: dict[str, Beside]) -> dict[str, Any]:
    return {
        name: {
            "faults": one.faults, "scans": one.scans, "lost": one.lost, "sales": one.sales,
            "wait_max_s": round(max(one.wait_s), 2), "back_max_s": round(max(one.back_s), 2),
        }
        for name, one in found.items()
    }  # fmt: skip


def figures(long: bool, tell: Tell = lambda text: None) -> dict[str, Any]:
    """All of it. The long form has the unit's own WatchdogSec and the daemon's own patience with drivers."""
    watchdog_s, guard_s = (20.0, 2.0) if long else (1.0, 0.5)
    hung = hang(10 if long else 2, watchdog_s, tell=tell)
    devices = fail(5 if long else 1, guard_s, STEADY_S if long else 0.0, tell)
    blind = {variant: int(goes_unnoticed(variant)) for variant in BLIND}
    return {"hangs": hang_figures(hung, watchdog_s), "devices": device_figures(devices), "blind": blind}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hangs", type=int, default=0, metavar="N")
    parser.add_argument("--devices", type=int, default=0, metavar="N")
    parser.add_argument("--watchdog", type=float, default=20.0, metavar="SECONDS")
    given = parser.parse_args()

    def tell(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    said: dict[str, Any] = {}
    if given.hangs:
        said["hangs"] = hang_figures(hang(given.hangs, given.watchdog, tell=tell), given.watchdog)
    if given.devices:
        said["devices"] = device_figures(fail(given.devices, 2.0, STEADY_S, tell))
    print(json.dumps(said, ensure_ascii=False))
    return int(bool(said.get("hangs", {}).get("wrong")))


if __name__ == "__main__":
    sys.exit(main())
