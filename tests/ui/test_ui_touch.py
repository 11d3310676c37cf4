"""Fingers that bounce do not pay."""

from __future__ import annotations

from pathlib import Path

import pytest
import ui_views

from runtime.wire.messages import View
from ui import touch
from ui.local import Local
from ui.models import screen
from ui.paper import Scene
from ui.scene import scene
from ui.texts import Texts
from ui.touch import SETTLE_S, Fingers

LOCALE = Path(__file__).resolve().parents[2] / "config" / "locale"
STATES = ui_views.states()


def drawn(view: View) -> Scene:
    return scene(screen(view, Local(connected=True), Texts(LOCALE, "zh")), 1024, 768)


def place(made: Scene, action: str) -> tuple[int, int]:
    rect = next(t.rect for t in made.targets if t.action == action)
    return rect.x + rect.w // 2, rect.y + rect.h // 2


def pays(second_s: float) -> list[str]:
    """Two touches of the wide button, the second so long after the first; the daemon answers in 30 ms."""
    ringing, tendering = drawn(STATES["ringing"]), drawn(STATES["tendering"])
    at = place(tendering, "pay")  # the half of the wide button's place
    assert next(t.rect for t in ringing.targets if t.action == "pay").holds(*at)
    fingers = Fingers()
    fingers.shown(ringing, 0.0)
    done = [fingers.hit(*at, 5.0)]
    fingers.shown(ringing, 5.01)  # drawn pressed
    if second_s > 0.03:
        fingers.shown(tendering, 5.03)
    done.append(fingers.hit(*at, 5.0 + second_s))
    return done


@pytest.mark.parametrize("second_s", [0.02, 0.1, 0.25, SETTLE_S, SETTLE_S + 0.02])
def test_a_double_tap_is_one(second_s: float) -> None:
    assert pays(second_s) == ["pay", ""]


def test_a_second_look_is_two() -> None:
    assert pays(SETTLE_S + 0.04) == ["pay", "pay"]


def test_a_button_that_has_just_come_is_not_meant() -> None:
    fingers = Fingers()
    fingers.shown(drawn(STATES["idle"]), 0.0)
    fingers.shown(drawn(STATES["ringing"]), 9.0)
    at = place(drawn(STATES["ringing"]), "void_line")
    assert fingers.hit(*at, 9.1) == "" and fingers.hit(*at, 9.6) == "void_line"


def test_digits_are_as_fast_as_a_person() -> None:
    made = drawn(STATES["tendering"])
    fingers = Fingers()
    fingers.shown(made, 0.0)
    at = place(made, "type:1")
    assert [fingers.hit(*at, 0.05 * n) for n in range(1, 5)] == ["type:1"] * 4
    assert fingers.hit(*place(made, "enter"), 0.3) == "enter"
    assert fingers.hit(-1, -1, 9.0) == ""


def test_broken_variant_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(touch, "SETTLE_S", 0.0)
    assert pays(0.1) == ["pay", "pay"]
