"""The table of keys: complete, without doubles, and in docs/keys.md word for word."""

from __future__ import annotations

from pathlib import Path

import pytest

from ui.keys import DEFAULT_KEYS, HOT_KEYS, HotKey, KeysError, keymap, typed
from ui.possible import LOCAL, VALID
from ui.screens.keyboard import key_name

ROOT = Path(__file__).resolve().parents[2]


def row(hot: HotKey) -> str:
    keys = ", ".join(f"`{key}`" for key in hot.keys)
    return f"| {keys} | {hot.label} | {hot.help} |"


def test_no_key_means_two_things() -> None:
    keys = [key for hot in HOT_KEYS for key in hot.keys]
    assert len(keys) == len(set(keys))
    assert [key for key in keys if typed(key)] == ["/"]  # told from a code's own by its pace (test_ui_session)


def test_every_action_has_a_key() -> None:
    actions = {hot.action for hot in HOT_KEYS}
    assert {a for state in VALID.values() for a in state} | set(LOCAL) | {
        "reprint",
        "cancel",
        "lock",
        "age_ok",
        "age_no",
    } == actions


def test_keys_are_documented() -> None:
    text = (ROOT / "docs" / "keys.md").read_text("utf-8")
    assert [line for line in text.splitlines() if line.startswith("| `")] == [row(hot) for hot in HOT_KEYS]


def test_kivy_codes() -> None:
    assert key_name(268, []) == "*" and key_name(56, ["shift"]) == "*" and key_name(268, ["ctrl"]) == "Ctrl+*"
    assert key_name(270, ["numlock"]) == "+" and key_name(61, ["shift"]) == "+"
    assert DEFAULT_KEYS.action(key_name(61, [])) == "pay"  # the same key without shift
    assert key_name(256, []) == "0" and key_name(265, []) == "9" and key_name(266, []) == "."
    assert key_name(13, []) == key_name(271, []) == "Enter"
    assert [key_name(282 + n, []) for n in range(12)] == [f"F{n + 1}" for n in range(12)]
    assert key_name(97, ["shift"]) == "A" and key_name(97, ["capslock"]) == "A" and key_name(97, []) == "a"
    assert key_name(97, ["alt"]) == "" and key_name(1, []) == "" and key_name(304, ["shift"]) == ""


def test_all_named_keys_can_be_pressed() -> None:
    modifiers = ([], ["shift"], ["ctrl"])
    reachable = {key_name(code, m) for code in range(400) for m in modifiers}
    assert {key for hot in HOT_KEYS for key in hot.keys} <= reachable


def test_keys_of_the_settings() -> None:
    mine = keymap({"no_sale": ("Ctrl+K",), "member": ("F5", "F9")})
    assert mine.action("F5") == mine.action("F9") == "member" and mine.action("Ctrl+K") == "no_sale"
    assert mine.first("member") == "F5" and mine.action("F7") == "hold" and mine.names()["no_sale"] == "Ctrl+K"
    assert keymap({"language": ()}).first("language") == ""  # an operation may have no key


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"member": ("F5",)}, "F5 is for member and for no_sale; give one of them another key"),
        ({"member": ("F9", "F9")}, "member: F9 is there twice"),
        ({"membre": ("F9",)}, "membre: there is no such operation"),
        ({"member": ("5",)}, "'5' is no key that may be used"),
        ({"member": ("Ctrl+Alt+F9",)}, "is no key that may be used"),
        ({"cancel": ()}, "cancel: a till cannot be used without it"),
        ({"member": ("F9", "Ctrl+A", "Ctrl+B", "Ctrl+C", "Ctrl+D")}, "5 keys are too many"),
    ],
)
def test_keys_that_cannot_be_used(changes: dict[str, tuple[str, ...]], says: str) -> None:
    with pytest.raises(KeysError, match=r"ui\.keys") as raised:
        keymap(changes)
    assert says in str(raised.value) and len(raised.value.faults) == 1
