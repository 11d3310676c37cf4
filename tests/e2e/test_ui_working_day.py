"""A working day by keys alone: a real Session and its socket client at the real daemon, without a window."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rig import LANE, ROOT, Store

from runtime.wire.messages import View
from ui.client import Client
from ui.session import Session
from ui.texts import Texts
from ui.touch import SETTLE_S

MILK = "6901234567892"
PINS = {"1001": "274931", "2001": "806153"}
PACE_S = 0.05  # slower than a wedge scanner, faster than any cashier


class Cashier:
    """Presses keys and waits for what they bring."""

    def __init__(self, socket: Path) -> None:
        texts = {language: Texts(ROOT / "config" / "locale", language) for language in ("zh", "en")}
        self._client = Client(socket, lambda: None)
        self.session = Session(texts, self._client.send, time.monotonic, "en")
        self._client.start()

    def stop(self) -> None:
        self._client.stop()

    def until(self, what: Callable[[View], object], timeout_s: float = 10.0) -> View:
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            for arrival in self._client.take():
                self.session.arrive(arrival)
            self.session.tick()
            view = self.session.view
            if view is not None and self.session.local.connected and what(view):
                return view
            time.sleep(0.005)
        raise AssertionError((self.session.local.note, self.session.local.form, self.session.view))

    def keys(self, *keys: str, pace_s: float = PACE_S) -> None:
        for key in keys:
            time.sleep(pace_s)
            for arrival in self._client.take():
                self.session.arrive(arrival)
            self.session.key(key)

    def scan(self, code: str = MILK) -> None:
        """As a wedge scanner types it."""
        before = len(self.until(lambda view: True).lines)
        self.keys(*code, "Enter", pace_s=0.002)
        self.until(lambda view: len(view.lines) > before or (view.state == "ringing" and len(view.lines) == 1))

    def form(self, name: str) -> None:
        """Until this form is open: of an approval, say, once the daemon has asked for it."""
        self.until(lambda view: self.session.local.form is not None and self.session.local.form.name == name)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    more = '\n[users]\nfile = "users.toml"\n\n[shift]\nrequired = true\n\n[ui]\ntheme = "dark"\n'
    more += '\n[permission.void_ticket]\nrole = "supervisor"\nup_to_minor = -1\n'
    made = Store(tmp_path, language="en", settings=lambda text: text.replace("[labels]", more + "\n[labels]"))
    made.compile()
    for number, role in (("1001", "cashier"), ("2001", "supervisor")):
        words = [*LANE, "users", "add", str(tmp_path / "users.toml"), number, "--name", f"N{number}", "--role", role]
        subprocess.run(words, input=PINS[number] + "\n", text=True, check=True, capture_output=True, cwd=ROOT)
    yield made
    made.stop()
    shutil.rmtree(made.run, ignore_errors=True)


def test_a_day_by_keys(store: Store) -> None:
    store.start()
    till = Cashier(store.socket)
    try:
        till.form("sign_on")
        till.keys(*"1001", "Enter", *"000000", "Enter")
        till.until(lambda view: till.session.local.note is not None)
        till.form("sign_on")
        till.keys(*PINS["1001"], "Enter")  # its number is still there
        till.until(lambda view: view.desk == "on" and view.operator_name == "N1001")
        till.keys(*"200", "Ctrl+F9", "Enter")
        till.until(lambda view: view.shift == "open")

        till.scan()
        till.keys("+")
        till.keys("+", pace_s=SETTLE_S + 0.05)  # two keys after the scan; a held one is no second
        till.until(lambda view: view.state == "closed")

        till.scan()
        till.keys("F6", "Insert")
        till.until(lambda view: len(view.lines) == 3)
        till.keys("Up", "Up", "Up", *"1.5", "/", "1", "Enter")
        till.until(lambda view: any(one.reason == "Shelf label differs" for one in view.adjustments))
        till.keys("F7")
        till.until(lambda view: len(view.suspended) == 1 and view.state == "idle")
        till.keys("F7")
        till.until(lambda view: view.state == "ringing" and len(view.lines) == 3)

        till.keys("Ctrl+Delete", "2", "Enter")
        till.form("approval")
        till.scan()  # no dialog eats it
        assert till.session.local.form is not None
        till.keys(*"2001", "Enter", *PINS["2001"], "Enter")
        till.until(lambda view: view.state == "idle" and not view.lines)

        till.scan()
        total = till.until(lambda view: view.state == "ringing").total_minor
        till.keys("+", "1", "Ctrl+F10", "+")
        till.until(lambda view: view.paid_minor == 100 and view.state == "tendering")
        till.keys("+", pace_s=SETTLE_S + 0.05)
        till.until(lambda view: view.state == "closed" and view.total_minor == total)

        till.keys("Ctrl+R", "2", "Enter")  # 1 opened the shift
        till.until(lambda view: view.open_return is not None and view.open_return.number == 2)
        till.keys("Down", "Enter", "Enter", "1", "Enter")
        till.until(lambda view: view.state == "ringing" and view.total_minor < 0)
        till.keys("Esc", "+")
        till.until(lambda view: view.state == "tendering")
        till.keys("+", pace_s=SETTLE_S + 0.05)
        till.until(lambda view: view.state == "closed")

        till.keys(*"5", "Ctrl+F6", "1", "Enter")
        till.until(lambda view: view.notice is not None and view.notice.sentence.code == "paid_out_done")
        till.keys("Ctrl+F8")
        till.form("approval")
        till.keys(*"2001", "Enter", *PINS["2001"], "Enter")
        till.until(lambda view: view.report is not None)
        till.keys("Esc", "F4", "Enter")
        till.until(lambda view: view.found is not None and len(view.found.records) >= 5)
        till.keys("Ctrl+L")
        till.form("unlock")
        till.keys(*PINS["1001"], "Enter")
        till.until(lambda view: view.desk == "on")
        till.keys("Ctrl+F9")
        till.form("shift_close")
        till.keys(*"150", "Enter", "Enter")
        till.until(lambda view: view.shift == "needed" and view.report is not None)
        till.keys("Ctrl+F4")
        till.form("approval")
        till.keys(*"2001", "Enter", *PINS["2001"], "Enter")
        till.until(lambda view: view.report is not None and view.report.title == "Z report")
        till.keys("Esc", "Ctrl+T")
        till.form("approval")
        till.keys(*"2001", "Enter", *PINS["2001"], "Enter")
        till.until(lambda view: view.training)
        assert till.session.screen().training
    finally:
        till.stop()
