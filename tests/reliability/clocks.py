"""The real daemon on machines with wrong clocks: it sells, in order, and says on each row what its time is worth.

Three tills: one wakes in 1970 after a day's sales, one's clock jumps an hour back in the middle of a sale, and one
wakes in 1970 beside a gateway that signs the time.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from rig import LANE, Store, wait_for

from runtime.journal.live import LiveJournal
from runtime.journal.rows import Row, read_row
from runtime.keys import new_pair
from runtime.tools.journal_verify import verify_all
from tests.reliability.kills import MILK

TO_1970_S = -(time.time() - 86_400)
AN_HOUR_BACK_S = -3600.0


@dataclass
class Seen:
    rows: list[Row] = field(default_factory=list)
    sales: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def qualities(self) -> list[str]:
        """In order, each change once."""
        changes: list[str] = []
        for row in self.rows:
            if not changes or changes[-1] != row.quality:
                changes.append(row.quality)
        return changes

    @property
    def backwards(self) -> int:
        """Rows whose time is before that of the row before, by more than a minute."""
        times = [datetime.fromisoformat(row.at) for row in self.rows]
        return sum((before - after).total_seconds() > 60 for before, after in itertools.pairwise(times))


class WrongTill:
    """A terminal alone with a clock that can be made wrong."""

    def __init__(self, folder: Path, gateway: bool = False) -> None:
        def settings(text: str) -> str:
            text = text[: text.index("# The devices are simulated")]
            return text.replace("[gateway]", '[gateway]\ntime_keys = ["keys/snapshot.pub"]', 1) if gateway else text

        self.store = Store(folder, settings=settings)
        self.file = folder / "wrong_by_s"
        self.store.terminal.words[: len(LANE)] = [
            sys.executable, str(Path(__file__).parent / "wrong_clock.py"), str(self.file),
        ]  # fmt: skip
        self.store.terminal._env["PYTHONPATH"] = str(Path(__file__).parents[2])
        if gateway:
            new_pair(folder / "keys")
            text = self.store.gateway_file.read_text(encoding="utf-8")
            text = text.replace("[gateway]", '[gateway]\ntime_key = "keys/snapshot.key"', 1)
            self.store.gateway_file.write_text(text, encoding="utf-8")
        self.store.compile()

    def wrong_by(self, seconds: float) -> None:
        other = self.file.with_suffix(".new")
        other.write_text(str(seconds))
        other.replace(self.file)

    def sell(self, sales: int = 1) -> None:
        front = self.store.front_end
        for _ in range(sales):
            front.must("scan", code=MILK)
            front.must("scan", code=MILK)
            front.must("subtotal")
            front.must("cash", amount_minor=100_000)

    def seen(self) -> Seen:
        live = LiveJournal(self.store.folder / self.store.settings["terminal"]["journal"])
        try:
            rows = [read_row(body) for (body,) in live.fetch("SELECT body FROM rows ORDER BY seq")]
            sales = live.fetch("SELECT count(*) FROM records")[0][0]
            return Seen(rows, sales, [fault for one in verify_all(live, None, [], None) for fault in one.faults])
        finally:
            live.close()


def wakes_in_1970(folder: Path) -> Seen:
    till = WrongTill(folder)
    try:
        till.store.terminal.start(60)
        till.sell(2)
        till.store.terminal.kill()
        till.wrong_by(TO_1970_S)
        till.store.terminal.start(60)
        till.sell(2)
        return till.seen()
    finally:
        till.store.stop()


def jumps_an_hour_back(folder: Path) -> Seen:
    till = WrongTill(folder)
    try:
        till.store.terminal.start(60)
        till.sell()
        till.store.front_end.must("scan", code=MILK)
        till.wrong_by(AN_HOUR_BACK_S)
        till.sell()
        till.wrong_by(0)
        till.sell()
        return till.seen()
    finally:
        till.store.stop()


def is_told_by_its_gateway(folder: Path) -> Seen:
    till = WrongTill(folder, gateway=True)
    try:
        till.wrong_by(TO_1970_S)
        till.store.gateway.start(60)
        till.store.terminal.start(60)
        log = till.store.terminal.tail
        wait_for("the gateway's time", lambda: "the time is the gateway's" in log(100), 60)
        till.sell(2)
        return till.seen()
    finally:
        till.store.stop()


TILLS = {
    "a till that wakes in 1970": (wakes_in_1970, 4, ["unsynchronised", "suspect"]),
    "a clock that jumps an hour back, and on again": (
        jumps_an_hour_back, 3, ["unsynchronised", "suspect", "unsynchronised"],
    ),
    "a till that wakes in 1970, beside a gateway that signs the time": (is_told_by_its_gateway, 2, ["synchronised"]),
}  # fmt: skip


def row(name: str, seen: Seen) -> tuple[str, str, str]:
    """Figure, measured, aim."""
    _, sales, qualities = TILLS[name]
    said = f"{seen.sales} of {sales}, {' then '.join(seen.qualities)}"
    return f"{name}: sales closed in order, quality of the time", said, f"all, {' then '.join(qualities)}"


def figures() -> dict[str, Any]:
    rows: list[tuple[str, str, str]] = []
    wrong: list[str] = []
    for name, (what, sales, qualities) in TILLS.items():
        with tempfile.TemporaryDirectory(prefix="lanekit-clock-") as folder:
            seen = what(Path(folder))
        good = (seen.sales, seen.qualities, seen.backwards, seen.faults) == (sales, qualities, 0, [])
        if not good:
            wrong.append(f"{name}: {seen.sales} {seen.qualities} {seen.backwards} {seen.faults}")
        rows.append(row(name, seen))
    return {"rows": rows, "wrong": wrong}
