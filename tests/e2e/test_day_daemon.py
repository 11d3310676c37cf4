"""A working day at the real daemon: users of `lane users`, a shift, slips on paper, kill -9, the gateway has it all."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from rig import LANE, ROOT, Store

MILK = "6901234567892"
PINS = {"1001": "274931", "2001": "806153"}


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = Store(tmp_path_factory.mktemp("book"))
    store.compile()
    return store.snapshot


def add(users: Path, number: str, role: str) -> None:
    words = [*LANE, "users", "add", str(users), number, "--name", f"店员{number}", "--role", role]
    subprocess.run(words, input=PINS[number] + "\n", text=True, check=True, capture_output=True, cwd=ROOT)


@pytest.fixture
def store(tmp_path: Path, snapshot: Path) -> Iterator[Store]:
    more = '\n[users]\nfile = "users.toml"\n\n[shift]\nrequired = true\n\n[day]\nends = "03:00"\n'
    more += '\n[permission.drop]\nrole = "supervisor"\nup_to_minor = -1\n'
    with_day = Store(
        tmp_path,
        language="en",
        settings=lambda text: text.replace("[labels]", more + "\n[labels]"),
        rehearse="2026-11-22T18:00:00",
    )
    shutil.copy(snapshot, with_day.snapshot)
    add(tmp_path / "users.toml", "1001", "cashier")
    yield with_day
    with_day.stop()


def refusal(store: Store, name: str, **args: str | int) -> str:
    answer = store.front_end.ask(name, **args)
    assert not answer.ok and answer.sentence is not None
    return answer.sentence.code


def killed(store: Store) -> None:
    store.terminal.kill(signal.SIGKILL)
    store.terminal.start()


def test_a_working_day(store: Store) -> None:
    store.start()
    front = store.front_end
    assert front.wait(lambda view: view.desk == "off").operator == ""
    assert refusal(store, "scan", code=MILK) == "signed_off"
    assert refusal(store, "sign_on", user="1001", pin="000000") == "wrong_pin"
    front.must("sign_on", user="1001", pin=PINS["1001"])
    assert refusal(store, "scan", code=MILK) == "shift_needed"
    front.must("shift_open", float_minor=20_000)
    killed(store)
    front = store.front_end
    front.wait(lambda view: view.shift == "open" and view.operator == "1001" and view.business_day == "2026-11-22")
    front.wait(lambda view: all(device.ok for device in view.devices), 20)
    front.must("scan", code=MILK)
    front.must("subtotal")
    due = front.wait(lambda view: view.state == "tendering").total_minor
    front.must("cash", amount_minor=due + 50)
    front.must("paid_in", amount_minor=1_000, reason="零钱")
    assert refusal(store, "drop", amount_minor=500, reason="满额") == "approval_needed"
    add(store.folder / "users.toml", "2001", "supervisor")  # while it runs
    assert refusal(store, "drop", amount_minor=500, reason="满额", approver="1001", pin=PINS["1001"]) == "approval_role"
    front.must("drop", amount_minor=500, reason="满额", approver="2001", pin=PINS["2001"])
    front.must("lock")
    assert refusal(store, "no_sale", reason="x") == "desk_locked"
    killed(store)
    front = store.front_end
    assert front.wait(lambda view: True).desk == "locked"
    front.must("unlock", user="1001", pin=PINS["1001"])
    front.must("reprint_number", number=2)
    front.must("shift_count")
    killed(store)
    front = store.front_end
    assert front.wait(lambda view: True).shift == "counting"
    front.must("shift_close", cash_minor=20_000 + due + 1_000 - 500 - 7)
    report = front.wait(lambda view: view.report).report
    assert report is not None and ("Over or short", -7) in [(row.label, row.amount_minor) for row in report.rows]
    front.must("clock", at="2026-11-23T03:00:01")
    front.must("shift_open", float_minor=100)  # yesterday ends first
    view = front.wait(lambda view: view.receipts_waiting == 0 and view.network.unsent == 0, 20)
    assert view.business_day == "2026-11-23" and view.last_number == 7
    front.must("journal_search", text="")
    found = front.wait(lambda view: view.found).found
    assert found is not None
    assert [(one.number, one.kind, one.business_day) for one in found.records] == [
        (7, "TillOpen", "2026-11-23"),
        (6, "BusinessEOD", "2026-11-22"),
        (5, "TillSettle", "2026-11-22"),
        (4, "TenderPickup", "2026-11-22"),
        (3, "PaidIn", "2026-11-22"),
        (2, "RetailTransaction", "2026-11-22"),
        (1, "TillOpen", "2026-11-22"),
    ]
    paper = "\n".join(str(slip["text"]) for slip in store.slips())
    for part in ("Shift opened", "Taken to the safe", "满额", "Over or short", "-0.07", "Z report", "COPY"):
        assert part in paper, paper
    store.terminal.kill(signal.SIGTERM)
    log = store.terminal.tail(10_000)
    files = b"".join(file.read_bytes() for file in store.run.glob("journal.db*"))
    for pin in (*PINS.values(), "000000"):
        assert pin not in log
    for pin in PINS.values():
        assert pin.encode() not in files


def test_users_that_cannot_be_read_stop_the_start(store: Store) -> None:
    (store.folder / "users.toml").write_text("[user.1]\n", encoding="utf-8")
    done = subprocess.run(store.terminal.words, capture_output=True, text=True, cwd=ROOT, timeout=20)
    assert done.returncode == 2 and "users.toml: [user.1] pin: is missing" in done.stderr
    (store.folder / "users.toml").write_text("", encoding="utf-8")
    done = subprocess.run(store.terminal.words, capture_output=True, text=True, cwd=ROOT, timeout=20)
    assert done.returncode == 2 and "lane users add" in done.stderr
