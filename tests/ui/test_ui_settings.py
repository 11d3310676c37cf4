"""`[ui]` of the settings file: what is taken, and a sentence for all that is not. Searching the operations. Sounds."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import ui_views
from hypothesis import given
from hypothesis import strategies as st
from test_ui_session import Till

from runtime.wire.messages import Answer, Command, Notice, Sentence
from ui.client import Link
from ui.forms import REASONS
from ui.keys import HOT_KEYS
from ui.local import Local
from ui.models import screen
from ui.overlay import listed
from ui.panels import words_of
from ui.screens.sound import TONES_HZ_MS, Sound, tone
from ui.search import initials_match, letters, matches
from ui.session import Session
from ui.settings import DEFAULTS, UiSettingsError, read, settings_of
from ui.texts import Texts

ROOT = Path(__file__).resolve().parents[2]
TEXTS = {language: Texts(ROOT / "config" / "locale", language) for language in ("zh", "en")}


def test_settings(tmp_path: Path) -> None:
    path = tmp_path / "terminal.toml"
    path.write_text(
        '[terminal]\nstore = "1"\n[ui]\ntheme = "dark"\n[ui.keys]\nno_sale = "Ctrl+K"\nmember = ["F5"]\n'
        '[ui.reasons]\nno_sale = ["换零钱", "验钞"]\n',
        "utf-8",
    )
    found = read(path)
    assert found.theme == "dark" and found.keys.action("F5") == "member" and found.reasons["no_sale"][1] == "验钞"
    path.write_text("[terminal]\n", "utf-8")
    assert read(path) == DEFAULTS


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"theme": "blue"}, "theme: 'blue' is none of light, dark, contrast"),
        ({"colour": 1}, "colour: there is no such setting"),
        ({"keys": {"member": ["F5"]}}, "F5 is for member and for no_sale"),
        ({"keys": {"member": 5}}, "member: must be a list of texts"),
        ({"keys": 5}, "[ui.keys] must be a section"),
        ({"reasons": {"pay": ["x"]}}, "pay: no such operation takes a reason"),
        ({"reasons": {"no_sale": []}}, "1 to 9 reasons"),
        (5, "[ui] must be a section"),
    ],
)
def test_settings_that_cannot_be_used(table: object, says: str) -> None:
    with pytest.raises(UiSettingsError) as raised:
        settings_of(table)
    assert says in str(raised.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["theme", "keys", "reasons", "member"]),
                                                                inner, max_size=3),
)  # fmt: skip


@given(JSON)
def test_any_settings(table: object) -> None:
    try:
        settings_of(table)
    except UiSettingsError as error:
        assert error.faults


@given(st.binary(max_size=200))
def test_any_file(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("ui") / "t.toml"
    path.write_bytes(data)
    try:
        read(path)
    except UiSettingsError as error:
        assert error.faults


@pytest.mark.parametrize("data", [b"a = " + b"1" * 5_000, b"a = " + b"[" * 100_000, b"a = 2026-02-31", b"\xff"])
def test_a_file_that_is_no_toml(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "t.toml").write_bytes(data)
    with pytest.raises(UiSettingsError, match=r"^t\.toml: "):
        read(tmp_path / "t.toml")


def test_the_program_says_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "t.toml"
    path.write_text('[ui]\ntheme = "blue"\n[ui.keys]\nmember = ["F5"]\n', "utf-8")
    words = [sys.executable, "-m", "runtime.cli", "ui", "--socket", str(tmp_path / "s"), "--settings", str(path)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2 and "blue" in done.stderr and "F5 is for member and for no_sale" in done.stderr


def test_keys_and_reasons_of_the_settings_are_used_and_shown() -> None:
    settings = settings_of({"keys": {"no_sale": ["Ctrl+K"], "pay": ["F5", "+"]}, "reasons": {"no_sale": ["验钞"]}})
    sent: list[Command] = []

    def send(command: Command) -> bool:
        sent.append(command)
        return True

    made = Session(TEXTS, send, lambda: 0.0, "zh", settings)
    made.arrive(Link(True))
    made.arrive(ui_views.basket())
    shown = made.screen()
    assert shown.banner.hint == "继续扫描；按 F5 结算收款。" and shown.buttons[0].key == "F5"
    made.key("Ctrl+K")
    panel = made.screen().panel
    assert panel is not None and [one.label for one in panel.choices] == ["验钞"]
    made.key("1")
    made.key("Enter")
    assert sent[-1].args == {"reason": "验钞"}


def test_pinyin() -> None:
    assert [letters(one) for one in "改价查A1"] == ["g", "j", "c", "a", "1"] and letters("€") == "€"
    assert letters("喆") == "喆"  # not among the common ones: found as itself
    assert initials_match("gj", "改价") and initials_match("dq", "挂单取单") and not initials_match("jg", "改价")
    assert matches("改", "改价") and matches("PRICE", "New price") and not matches("xyz", "改价", "New price")


@given(st.text(max_size=12), st.text(max_size=12))
def test_any_search(query: str, text: str) -> None:
    matches(query, text)


@pytest.mark.parametrize(
    ("query", "action"),
    [("gj", "price_override"), ("改价", "price_override"), ("price", "price_override"), ("gd", "hold"), ("qd", "hold"),
     ("kqx", "no_sale"), ("zdqx", "void_ticket"), ("th", "return_receipt"), ("jb", "shift"), ("rj", "day_end"),
     ("lx", "training"), ("cj", "price_lookup"), ("gwd", "bag"), ("sp", "lock"), ("f5", "no_sale")],
)  # fmt: skip
def test_operations_are_found(query: str, action: str) -> None:
    local = Local(connected=True, help_open=True, filter=query, words=words_of(TEXTS, "zh"))
    assert action in listed(ui_views.basket(), local)


def test_all_operations_are_listed_with_their_keys() -> None:
    now = screen(ui_views.basket(), Local(connected=True, help_open=True, words=words_of(TEXTS, "zh")), TEXTS["zh"])
    assert now.panel is not None and now.panel.count == len(HOT_KEYS)
    assert {" / ".join(hot.keys) for hot in HOT_KEYS} == {one.key for one in now.panel.choices}
    assert all(len(TEXTS["zh"](hot.label)) <= 6 for hot in HOT_KEYS if hot.action != "language")
    assert all(TEXTS["zh"](text) != text for texts in REASONS.values() for text in texts)


def test_good_and_bad_have_their_sounds_and_shapes(tmp_path: Path) -> None:
    """A bad scan is heard and seen: another tone, a triangle and the word; and the same again is heard again."""
    assert set(TONES_HZ_MS) == {"good", "bad"} and len(tone(TONES_HZ_MS["bad"])) > 3 * len(tone(TONES_HZ_MS["good"]))
    sound = Sound(tmp_path, wanted=False)
    till = Till(ui_views.basket())
    heard = [sound.due(till.session.screen().beep)]
    for serial in (20, 21):
        till.session.arrive(ui_views.basket(rev=serial, notice=replace(ui_views.UNKNOWN, serial=serial)))
        shown = till.session.screen()
        assert shown.message is not None and shown.message.severity == "bad" and shown.message.word == "Attention"
        heard += [sound.due(shown.beep), sound.due(shown.beep)]
    till.session.arrive(ui_views.basket(rev=22, notice=Notice(22, "good", Sentence("item_added", "{name}"))))
    heard.append(sound.due(till.session.screen().beep))
    assert heard == ["good", "bad", "", "bad", "", "good"]
    till.keys("+")
    till.session.arrive(Answer(1, False, Sentence("no", "No.")))
    assert sound.due(till.session.screen().beep) == "bad"  # a refused key is heard too
