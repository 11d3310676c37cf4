"""The screen's own settings: `[ui]` of the terminal's settings file. Pure, but for `read`.

    [ui]
    theme = "dark"                      # light, dark or contrast

    [ui.keys]                           # operation -> its keys, where they are not the usual ones (docs/keys.md)
    no_sale = ["Ctrl+K"]

    [ui.reasons]                        # operation -> what a reason is chosen from, at most 9
    price_override = ["标价签不符", "临期"]

    [log]                               # where the screen's own log lies, beside the daemon's

Everything else in the file is the daemon's. What cannot be used stops the screen with one line for each fault; [log] is
checked by the daemon, and what cannot be used there is passed over here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from runtime.service.log import DEFAULT_TOTAL_KB
from ui.forms import MAX_REASONS, REASONS
from ui.keys import DEFAULT_KEYS, Keymap, KeysError, keymap
from ui.theme import THEME_ORDER, ThemeName

MAX_REASON = 40  # characters of a reason


class UiSettingsError(ValueError):
    """Settings that cannot be used; `faults` are sentences, one for each."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(faults))


@dataclass(frozen=True, slots=True)
class UiSettings:
    theme: ThemeName = "light"
    keys: Keymap = DEFAULT_KEYS
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # of the settings; else REASONS
    log_folder: Path | None = None  # else beside the socket
    log_kb: int = DEFAULT_TOTAL_KB


DEFAULTS = UiSettings()


def read(path: Path) -> UiSettings:
    """`[ui]` of a settings file. Raises UiSettingsError."""
    import tomllib  # a screen without a settings file does not need it

    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        # ValueError: no UTF-8, no TOML, a number of thousands of digits; RecursionError: thousands of brackets.
        raise UiSettingsError([f"{path.name}: {error}"]) from error
    folder, kb = _log(table.get("log"))
    return replace(settings_of(table.get("ui", {})), log_folder=path.parent / folder if folder else None, log_kb=kb)


def _log(section: object) -> tuple[str, int]:
    found = section if isinstance(section, dict) else {}
    folder, kb = found.get("folder"), found.get("total_kb")
    return folder if isinstance(folder, str) else "", kb if type(kb) is int and kb > 0 else DEFAULT_TOTAL_KB


def settings_of(table: object) -> UiSettings:
    """The section as TOML gives it. Raises UiSettingsError with all of its faults."""
    if not isinstance(table, dict):
        raise UiSettingsError(["[ui] must be a section"])
    faults = [f"[ui] {name}: there is no such setting" for name in table if name not in ("theme", "keys", "reasons")]
    theme = next((one for one in THEME_ORDER if one == table.get("theme", "light")), None)
    if theme is None:
        faults.append(f"[ui] theme: {table['theme']!r} is none of {', '.join(THEME_ORDER)}")
    keys, reasons = _lists(table, "keys", faults), _lists(table, "reasons", faults)
    for name, texts in reasons.items():
        if name not in REASONS:
            faults.append(f"[ui.reasons] {name}: no such operation takes a reason; those are {', '.join(REASONS)}")
        if not 1 <= len(texts) <= MAX_REASONS or not all(0 < len(one) <= MAX_REASON for one in texts):
            faults.append(f"[ui.reasons] {name}: 1 to {MAX_REASONS} reasons of at most {MAX_REASON} characters")
    mapped = DEFAULT_KEYS
    try:
        mapped = keymap(keys)
    except KeysError as error:
        faults += error.faults
    if faults or theme is None:
        raise UiSettingsError(faults)
    return UiSettings(theme, mapped, reasons)


def _lists(table: dict[str, Any], name: str, faults: list[str]) -> dict[str, tuple[str, ...]]:
    """A section of lists of texts; a single text is a list of one."""
    section = table.get(name, {})
    if not isinstance(section, dict):
        faults.append(f"[ui.{name}] must be a section")
        return {}
    found = {}
    for key, value in section.items():
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, list) or not all(isinstance(one, str) for one in texts):
            faults.append(f"[ui.{name}] {key}: must be a list of texts")
        else:
            found[key] = tuple(texts)
    return found
