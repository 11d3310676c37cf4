"""Every scene of the working day in every size, language and theme: nothing overlaps, nothing is cut."""

from __future__ import annotations

import itertools
from functools import lru_cache
from pathlib import Path

import pytest
import ui_scenes
import ui_views

from runtime.wire.messages import Command
from ui.client import Link
from ui.paper import TOUCH, Rect, Scene, Text
from ui.scene import scene
from ui.screens.fonts import find_font
from ui.session import Session
from ui.texts import Texts
from ui.theme import THEMES

LOCALE = Path(__file__).resolve().parents[2] / "config" / "locale"
TEXTS = {language: Texts(LOCALE, language) for language in ("zh", "en")}
SIZES = [(800, 600), (1024, 768), (1366, 768)]
SHOWN = ui_scenes.shown() | {name: ui_scenes.Shown(ui_scenes.on(view)) for name, view in ui_views.states().items()}
SMALLEST = 0.75  # of its size that a text may be shrunk to (ui.screens.painter)


def session(name: str, language: str) -> Session:
    """A session that was shown the scene's view, and its keys pressed at a person's pace."""
    shown, sent, now = SHOWN[name], [], [100.0]

    def send(command: Command) -> bool:
        sent.append(command)
        return True

    made = Session(TEXTS, send, lambda: now[0], language)
    made.arrive(Link(True))
    made.arrive(shown.view)
    for key in shown.keys:
        now[0] += 0.2
        before = len(sent)
        made.key(key)
        for command in sent[before:]:
            for answer in shown.answers(command):
                made.arrive(answer)
    return made


def drawn(made: Session, size: tuple[int, int]) -> Scene:
    for _ in range(4):
        picture = scene(made.screen(), *size)
        if not made.fits(picture.page_rows, picture.panel_rows, picture.panel_columns):
            return picture
    raise AssertionError("it does not settle")


def overlap(one: Rect, other: Rect) -> bool:
    apart = one.x + one.w <= other.x or other.x + other.w <= one.x
    return not (apart or one.y + one.h <= other.y or other.y + other.h <= one.y)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("name", SHOWN)
def test_layout(name: str, language: str, size: tuple[int, int]) -> None:
    made = drawn(session(name, language), size)
    slots = [p.slot for p in made.primitives]
    assert len(slots) == len(set(slots))
    for target in made.targets:
        rect = target.rect
        assert rect.w >= TOUCH and rect.h >= TOUCH, target
        assert rect.x >= 0 and rect.y >= 0 and rect.x + rect.w <= size[0] and rect.y + rect.h <= size[1], target
    for one, other in itertools.combinations(made.targets, 2):
        assert not overlap(one.rect, other.rect), (one, other)
    texts = [p for p in made.primitives if isinstance(p, Text)]
    for text in texts:
        assert text.rect.w > 0 and text.rect.h > 0 and text.size >= 13, text
    for one_text, other_text in itertools.combinations(texts, 2):
        assert not overlap(one_text.rect, other_text.rect), (one_text, other_text)


@lru_cache(maxsize=4096)
def width(text: str, size: int) -> float:
    """In pixels, in the screen's own font."""
    return float(_font(size).getlength(text))


@lru_cache(maxsize=64)
def _font(size: int):  # type: ignore[no-untyped-def]  # Pillow is only there for simulators
    from PIL import ImageFont

    return ImageFont.truetype(find_font(), size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("name", SHOWN)
def test_nothing_is_cut(name: str, language: str, size: tuple[int, int]) -> None:
    """A text may be shrunk to 3/4 and no further; one of two lines has twice the room, less a word."""
    pytest.importorskip("PIL")
    try:
        find_font()
    except FileNotFoundError as error:
        pytest.skip(str(error))
    cut = []
    for text in drawn(session(name, language), size).primitives:
        if isinstance(text, Text):
            room = text.rect.w * (1.0 if text.lines == 1 else 1.85)
            if width(text.text, text.size) * SMALLEST > room:
                cut.append((text.slot, text.text, text.size, text.rect.w))
    assert not cut


@pytest.mark.parametrize("name", THEMES)
def test_a_theme_changes_colours_only(name: str) -> None:
    light, other = session("training", "zh"), session("training", "zh")
    for _ in range(list(THEMES).index(name)):
        other.key("Ctrl+F11")
    assert other.screen().theme == name
    one, two = drawn(light, (1024, 768)), drawn(other, (1024, 768))
    assert [(p.slot, p.rect) for p in one.primitives] == [(p.slot, p.rect) for p in two.primitives]
    assert one.targets == two.targets


def test_training_cannot_be_overlooked() -> None:
    """In every state: in words, in the bar on top and in a frame, in colours that nothing else has."""
    for name in SHOWN:
        for training in (True, False):
            made = session(name, "zh")
            assert made.view is not None
            made.arrive(ui_scenes.replace(made.view, training=training, rev=made.view.rev + 1))
            picture = drawn(made, (800, 600))
            texts = [p.text for p in picture.primitives if isinstance(p, Text)]
            marked = [p for p in picture.primitives if getattr(p, "colour", "") == THEMES["light"].training]
            assert ("练习模式 · 不计入营业" in texts) == training and (len(marked) == 4) == training, name


@pytest.mark.parametrize(("language", "says"), [("zh", "另有 2 项"), ("en", "2 more")])
def test_troubles_without_room_are_counted(language: str, says: str) -> None:
    """Three troubles and a loud message at 800x600: one has room."""
    texts = {p.slot: p.text for p in drawn(session("trouble", language), (800, 600)).primitives if isinstance(p, Text)}
    assert texts["trouble.0.text"].endswith(f" · {says}") and "trouble.1.text" not in texts


def test_an_amount_has_its_currency_in_the_form_and_not_where_it_is_typed() -> None:
    made = session("float", "zh").screen()
    assert made.panel is not None and made.panel.fields[0].value == "¥500.00" and made.entry == "500.00"
