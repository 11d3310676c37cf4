"""Type-ahead, wedge scanners, answers and lost connections: a Session with a clock of our own."""

from __future__ import annotations

from dataclasses import replace

import pytest
import ui_views

from runtime.wire.messages import Answer, Command, Sentence, View
from ui import session
from ui.client import Link
from ui.session import HOLD_S, VIEW_GRACE_S, Session
from ui.texts import Texts


class Till:
    """A session and what it sent. Keys come `pace` seconds apart."""

    def __init__(self, view: View | None = None) -> None:
        self.now = 100.0
        self.up = True
        self.sent: list[Command] = []
        texts = {language: Texts(None, language) for language in ("zh", "en")}
        self.session = Session(texts, self._send, lambda: self.now, "en")
        if view is not None:
            self.session.arrive(Link(True))
            self.session.arrive(view)

    def _send(self, command: Command) -> bool:
        if self.up:
            self.sent.append(command)
        return self.up

    def keys(self, *keys: str, pace: float = 0.15) -> None:
        for key in keys:
            self.now += pace
            self.session.key(key)

    def names(self) -> list[str]:
        return [command.name for command in self.sent]

    def code(self) -> str:
        note = self.session.local.note
        return note.sentence.code if note else ""


def test_fast_keys_wait_for_the_answer() -> None:
    """`+` `+` pressed at once: subtotal, then exact cash of the total that the new View brings."""
    till = Till(ui_views.basket())
    till.keys("+", "+", pace=0.45)
    assert till.names() == ["subtotal"]
    till.session.arrive(Answer(1, True))
    assert till.names() == ["subtotal"]  # its View is still under way
    till.session.arrive(ui_views.basket(state="tendering", rev=10, total_minor=777))
    assert till.names() == ["subtotal", "cash"] and till.sent[1].args == {"amount_minor": 777}


def test_a_held_plus_does_not_take_cash() -> None:
    """Neither where the keyboard says that it repeats, nor where it does not."""
    for pace in (0.03, 0.39):
        till = Till(ui_views.basket())
        till.keys(*["+"] * 9, pace=pace)
        till.session.arrive(Answer(1, True))
        till.session.arrive(ui_views.basket(state="tendering", rev=10))
        till.keys(*["+"] * 9, pace=pace)
        assert till.names() == ["subtotal"]
        till.keys("+", pace=0.4)
        assert till.names() == ["subtotal", "cash"]


def test_a_key_between_is_a_look() -> None:
    till = Till(ui_views.basket())
    till.keys("+", "2", "0", "0", "+", pace=0.05)
    till.session.arrive(Answer(1, True))
    till.session.arrive(ui_views.basket(state="tendering", rev=10))
    assert till.names() == ["subtotal", "cash"]


def test_broken_variant_pays_with_a_held_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "SETTLE_S", 0.0)
    till = Till(ui_views.basket())
    till.keys(*["+"] * 9, pace=0.03)
    till.session.arrive(Answer(1, True))
    till.session.arrive(ui_views.basket(state="tendering", rev=10))
    assert till.names() == ["subtotal", "cash"]


def test_view_before_answer() -> None:
    till = Till(ui_views.basket())
    till.keys("+", "+", pace=0.45)
    till.session.arrive(ui_views.basket(state="tendering", rev=10))
    assert till.names() == ["subtotal"]
    till.session.arrive(Answer(1, True))
    assert till.names() == ["subtotal", "cash"]


def test_a_refusal_throws_waiting_keys_away() -> None:
    till = Till(ui_views.basket())
    till.keys("+", "+", "5", pace=0.45)
    till.session.arrive(Answer(1, False, Sentence("no", "No.", "Do other.")))
    assert till.names() == ["subtotal"] and till.session.local.entry == "" and till.code() == "no"
    till.keys("7")
    assert till.session.local.entry == "7"


def test_no_answer_is_said_and_nothing_is_done_late() -> None:
    till = Till(ui_views.basket())
    till.keys("+", "+", pace=0.45)
    left = till.session.tick()
    assert left is not None and 0 < left <= HOLD_S
    till.now += HOLD_S
    assert till.session.tick() is None and till.code() == "UI_WAITING"
    till.session.arrive(ui_views.basket(state="tendering", rev=10))
    till.session.arrive(Answer(1, True))
    assert till.names() == ["subtotal"]


def test_an_answer_without_a_view_does_not_hold_for_ever() -> None:
    till = Till(ui_views.basket(receipts_waiting=1))
    till.keys("F12", "5", pace=0.01)
    till.session.arrive(Answer(1, True))
    assert till.session.local.entry == ""
    till.now += VIEW_GRACE_S
    till.session.tick()
    assert till.session.local.entry == "5"


def test_a_held_key_does_it_once() -> None:
    till = Till(ui_views.basket())
    till.session.key("+")
    till.session.arrive(ui_views.basket(state="tendering", rev=10))
    till.session.arrive(Answer(1, True))
    for _ in range(20):
        till.session.key("+", repeat=True)
    assert till.names() == ["subtotal"]
    till.session.key("Backspace", repeat=True)  # harmless ones do repeat


def test_a_wedge_scan_is_told_from_what_was_half_typed() -> None:
    till = Till(ui_views.basket())
    till.keys("3")
    till.now += 1
    till.keys(*"6901234567892", "Enter", pace=0.005)
    assert till.sent[0].args == {"code": "6901234567892"} and till.session.local.entry == "3"


def test_a_wedge_scan_is_never_cash() -> None:
    till = Till(ui_views.basket(state="tendering"))
    till.keys(*"12345670", "Enter", pace=0.005)
    assert [(c.name, c.args) for c in till.sent] == [("scan", {"code": "12345670"})]
    till = Till(ui_views.basket(state="tendering"))
    till.keys(*"12345670", "Enter")
    assert till.names() == ["cash"]


def test_a_wedge_scan_during_an_answer_is_whole() -> None:
    till = Till(ui_views.basket())
    till.keys(*"6901234567892", "Enter", *"6909876543217", "Enter", pace=0.005)
    assert len(till.sent) == 1
    till.session.arrive(ui_views.basket(rev=10))
    till.session.arrive(Answer(1, True))
    assert [c.args for c in till.sent] == [{"code": "6901234567892"}, {"code": "6909876543217"}]


def test_help_eats_nothing() -> None:
    till = Till(ui_views.basket())
    till.keys("F1", *"6901234567892", "Enter", pace=0.005)
    assert till.sent[0].args == {"code": "6901234567892"} and till.session.local.help_open
    till.keys("Esc")
    assert till.names() == ["scan"]


def test_nothing_is_sent_later() -> None:
    till = Till(ui_views.basket(state="tendering"))
    till.session.arrive(Link(False, "gone"))
    till.keys("+")
    assert till.sent == [] and till.code() == "UI_NOT_CONNECTED"
    till.session.arrive(Link(True))
    till.keys("+")  # until the first View what is shown is old
    assert till.sent == []
    till.session.arrive(ui_views.basket(state="tendering", rev=20))
    till.keys("+", pace=0.45)
    assert till.names() == ["cash"]


def test_a_connection_lost_in_between_says_so() -> None:
    till = Till(ui_views.basket())
    till.keys("+")
    till.session.arrive(Link(False, "gone"))
    assert till.code() == "UI_ANSWER_LOST"
    assert till.session.tick() is None


def test_a_socket_that_refuses_says_so() -> None:
    till = Till(ui_views.basket())
    till.up = False
    till.keys("+")
    assert till.code() == "UI_NOT_CONNECTED" and till.session.tick() is None


def test_another_version_says_so() -> None:
    till = Till()
    till.session.arrive(Link(False, "x", garbled=True))
    assert till.code() == "UI_BAD_MESSAGE"


def test_language_and_clock() -> None:
    till = Till(replace(ui_views.view(), at="2026-11-22T23:59:50"))
    till.now += 15
    assert till.session.screen().time == "2026-11-23 00:00"
    till.keys("F11")
    assert till.session.local.language == "zh"


def test_a_new_front_end_shows_the_same() -> None:
    first, second = Till(ui_views.basket()), Till(ui_views.basket())
    assert first.session.screen() == second.session.screen()


def slow_machine(till: Till, *keys: str) -> None:
    """A scanner types every 5 ms, and the machine takes 60 ms for a picture after each key that it has seen."""
    for key in keys:
        till.now += 0.065
        till.session.busy(0.06)
        till.session.key(key)


def test_a_slow_machine_does_not_cut_a_wedge_scan_in_two(monkeypatch: pytest.MonkeyPatch) -> None:
    till = Till(ui_views.basket())
    slow_machine(till, *"6901234567892", "Enter")
    assert [c.args for c in till.sent] == [{"code": "6901234567892"}]
    till = Till(ui_views.basket(state="tendering"))
    slow_machine(till, *"12345670", "Enter")
    assert till.names() == ["scan"]
    monkeypatch.setattr(Session, "busy", lambda self, seconds: None)  # the broken variant: it becomes cash
    till = Till(ui_views.basket(state="tendering"))
    slow_machine(till, *"12345670", "Enter")
    assert till.names() == ["cash"]


def test_broken_variants_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without holding keys back the second `+` is a second subtotal; without telling wedges a scan becomes cash."""
    with monkeypatch.context() as broken:
        broken.setattr(Session, "act", lambda self, action: self._do(action, self._now()))
        till = Till(ui_views.basket())
        till.keys("+", "+", pace=0.45)
        assert till.names() == ["subtotal", "subtotal"]
    monkeypatch.setattr(session, "BURST", 999)
    till = Till(ui_views.basket(state="tendering"))
    till.keys(*"12345670", "Enter", pace=0.005)
    assert till.names() == ["cash"]
