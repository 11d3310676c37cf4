"""The layout, unseen: targets big enough and apart, all inside the window, colours that can be read."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
import ui_views

from runtime.wire.messages import View
from ui import theme
from ui.local import Local
from ui.models import screen
from ui.scene import TOUCH, Rect, Scene, Text, scene
from ui.texts import Texts

LOCALE = Path(__file__).resolve().parents[2] / "config" / "locale"
SIZES = [(800, 600), (1024, 768), (1366, 768), (1920, 1080)]
VIEWS = {**ui_views.states(), "long": ui_views.many(100), "waiting": ui_views.basket(receipts_waiting=1, pending_qty=3)}


def drawn(view: View | None, size: tuple[int, int], **local: object) -> Scene:
    state = replace(Local(connected=True), **local)  # type: ignore[arg-type]  # fields of Local
    texts = Texts(LOCALE, state.language)
    made = scene(screen(view, state, texts), *size)
    for _ in range(2):
        state = replace(state, page_rows=made.page_rows)
        made = scene(screen(view, state, texts), *size)
    assert made.page_rows == state.page_rows  # it settles
    return made


def overlap(one: Rect, other: Rect) -> bool:
    apart = one.x + one.w <= other.x or other.x + other.w <= one.x
    return not (apart or one.y + one.h <= other.y or other.y + other.h <= one.y)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_targets(name: str, size: tuple[int, int], language: str) -> None:
    made = drawn(VIEWS[name], size, language=language, entry="12" if name == "waiting" else "")
    for target in made.targets:
        rect = target.rect
        assert rect.w >= TOUCH and rect.h >= TOUCH, target
        assert rect.x >= 0 and rect.y >= 0 and rect.x + rect.w <= size[0] and rect.y + rect.h <= size[1], target
    for one, other in itertools.combinations(made.targets, 2):
        assert not overlap(one.rect, other.rect), (one, other)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", VIEWS)
def test_slots_and_texts(name: str, size: tuple[int, int]) -> None:
    made = drawn(VIEWS[name], size)
    slots = [p.slot for p in made.primitives]
    assert len(slots) == len(set(slots))
    for p in made.primitives:
        assert p.rect.x + p.rect.w <= size[0] and p.rect.y + p.rect.h <= size[1] and p.rect.x >= 0, p
    texts = [p for p in made.primitives if isinstance(p, Text)]
    for one, other in itertools.combinations(texts, 2):
        assert not overlap(one.rect, other.rect), (one, other)


@pytest.mark.parametrize("size", SIZES)
def test_the_newest_line_is_on_the_screen(size: tuple[int, int]) -> None:
    made = drawn(ui_views.many(100), size)
    actions = [t.action for t in made.targets]
    assert "line:100" in actions and "page_up" in actions and made.page_rows >= 4


def test_touch_has_every_action() -> None:
    """Keypad, lines, scrolling, help, language: with the buttons of the states everything that the keys can do."""
    actions: set[str] = set()
    for view in VIEWS.values():
        actions |= {t.action for t in drawn(view, (800, 600), entry="1").targets}
    for digit in "0123456789.":
        assert f"type:{digit}" in actions
    wanted = {"type:00", "erase", "clear", "enter", "pay", "weigh", "code_pay", "quantity", "set_quantity", "member"}
    wanted |= {"void_line", "reprint", "cancel", "help", "language", "page_up", "page_down", "line:1"}
    assert wanted <= actions and any(a.startswith("cash:") for a in actions)


def test_only_what_changed_differs() -> None:
    """One more line: the rows, the total and little else."""
    before, after = (drawn(ui_views.many(n), (1024, 768)) for n in (5, 6))
    old = {p.slot: p for p in before.primitives}
    changed = [p.slot for p in after.primitives if old.get(p.slot) != p]
    assert all(s.startswith(("row.5", "main.", "figure.")) for s in changed), changed


def test_help_covers_the_basket_only() -> None:
    made = drawn(ui_views.basket(), (800, 600), help_open=True)
    cover = made.targets[-1]
    assert cover.action == "help"
    pay = next(t for t in made.targets if t.action == "pay")
    assert not overlap(cover.rect, pay.rect)


def test_contrast_is_aa() -> None:
    for ink, ground in theme.PAIRS:
        assert theme.contrast(ink, ground) >= 4.5, (ink, ground, theme.contrast(ink, ground))
