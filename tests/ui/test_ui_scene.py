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
from ui.paper import TOUCH, Rect, Scene, Text
from ui.scene import scene
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
    wanted |= {"void_line", "reprint", "cancel", "help", "language", "page_up", "page_down", "line:7"}
    assert wanted <= actions and any(a.startswith("cash:") for a in actions)


@pytest.mark.parametrize("size", SIZES)
def test_a_button_stays_in_its_place(size: tuple[int, int]) -> None:
    """What is learnt in one state is true in the next: no other action ever stands there, and Pay never moves. In
    payment it has half of its place, beside its equal."""
    places: dict[str, set[Rect]] = {}
    views = {**VIEWS, "paying": ui_views.basket(state="paying", receipts_waiting=1)}
    for view in views.values():
        for target in drawn(view, size, entry="1").targets:
            if not target.action.startswith(("line:", "cash:", "page_")):
                rect = replace(target.rect, w=0) if target.action in ("pay", "weigh") else target.rect
                places.setdefault(target.action, set()).add(rect)
    assert {action: rects for action, rects in places.items() if len(rects) > 1} == {}
    assert places["pay"] == places["weigh"]


def test_amounts_are_never_cut() -> None:
    """The painter cuts nothing that is aligned right; all amounts of the basket and the card are."""
    made = drawn(ui_views.basket(total_minor=123456789), (800, 600))
    texts = {p.slot: p for p in made.primitives if isinstance(p, Text)}
    assert texts["main.value"].text == "¥1,234,567.89"
    amounts = [p for slot, p in texts.items() if slot.endswith((".2", ".3", ".4", ".5", ".value", ".amount"))]
    amounts = [p for p in amounts if p.slot.startswith(("row.", "saving.")) or p.slot.endswith(".value")]
    assert len(amounts) > 15 and {p.align for p in amounts} == {"right"}


def test_only_what_changed_differs() -> None:
    """One more line: the rows, the total and little else."""
    before, after = (drawn(ui_views.many(n), (1024, 768)) for n in (5, 6))
    old = {p.slot: p for p in before.primitives}
    changed = [p.slot for p in after.primitives if old.get(p.slot) != p]
    assert all(s.startswith(("row.5", "main.", "figure.")) for s in changed), changed


def test_the_list_of_operations_covers_the_basket_only() -> None:
    made = drawn(ui_views.basket(), (800, 600), help_open=True)
    actions = [target.action for target in made.targets]
    assert "choose:quantity" in actions and "line:7" not in actions
    assert {"pay", "type:5", "help", "language"} <= set(actions)


@pytest.mark.parametrize("name", theme.THEMES)
def test_contrast(name: theme.ThemeName) -> None:
    """WCAG 2: AA in light and dark, AAA in high contrast, for every pair that stands on each other."""
    colours = theme.THEMES[name]
    for ink, ground in theme.PAIRS:
        measured = theme.contrast(getattr(colours, ink), getattr(colours, ground))
        assert measured >= theme.LEAST_CONTRAST[name], (ink, ground, measured)
