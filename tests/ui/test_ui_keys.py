"""The table of keys: complete, without doubles, and in docs/keys.md word for word."""

from __future__ import annotations

from pathlib import Path

from ui.actions import LOCAL, VALID
from ui.keys import ACTION_OF_KEY, HOT_KEYS, HotKey, typed
from ui.screens.keyboard import key_name

ROOT = Path(__file__).resolve().parents[2]


def row(hot: HotKey) -> str:
    keys = ", ".join(f"`{key}`" for key in hot.keys)
    return f"| {keys} | {hot.label} | {hot.help} |"


def test_no_key_means_two_things() -> None:
    keys = [key for hot in HOT_KEYS for key in hot.keys]
    assert len(keys) == len(set(keys)) == len(ACTION_OF_KEY)
    assert not [key for key in keys if typed(key)]


def test_every_action_has_a_key() -> None:
    actions = {hot.action for hot in HOT_KEYS}
    assert {a for state in VALID.values() for a in state} | set(LOCAL) | {"reprint", "cancel"} == actions


def test_keys_are_documented() -> None:
    text = (ROOT / "docs" / "keys.md").read_text("utf-8")
    assert [line for line in text.splitlines() if line.startswith("| `")] == [row(hot) for hot in HOT_KEYS]


def test_kivy_codes() -> None:
    assert key_name(268, []) == "*" and key_name(56, ["shift"]) == "*" and key_name(268, ["ctrl"]) == "Ctrl+*"
    assert key_name(270, ["numlock"]) == "+" and key_name(61, ["shift"]) == "+"
    assert ACTION_OF_KEY[key_name(61, [])] == "pay"  # the same key without shift
    assert key_name(256, []) == "0" and key_name(265, []) == "9" and key_name(266, []) == "."
    assert key_name(13, []) == key_name(271, []) == "Enter"
    assert [key_name(282 + n, []) for n in range(12)] == [f"F{n + 1}" for n in range(12)]
    assert key_name(97, ["shift"]) == "A" and key_name(97, ["capslock"]) == "A" and key_name(97, []) == "a"
    assert key_name(97, ["alt"]) == "" and key_name(1, []) == "" and key_name(304, ["shift"]) == ""


def test_all_named_keys_can_be_pressed() -> None:
    modifiers = ([], ["shift"], ["ctrl"])
    reachable = {key_name(code, m) for code in range(400) for m in modifiers}
    assert set(ACTION_OF_KEY) <= reachable
