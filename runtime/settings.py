"""TOML tables into frozen dataclasses, for every settings file and every driver.

A settings class is a frozen dataclass whose fields are made with `drivers.api.setting(...)`: type, range and sentence
stand there and nowhere else. Nothing is guessed and nothing is passed over: an unknown section or key, a value of
another type, a value out of range, a missing one are all faults, and all of a file's faults are reported together.
"""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

MAX_FILE_BYTES = 1 << 20
MAX_FAULTS = 200
MAX_TEXT = 1000  # characters of any text; a setting's own limit may be lower
_SHOWN = 60  # characters of a faulty value that a fault shows

T = TypeVar("T")

_WORDS = {
    bool: "true or false",
    int: "a whole number",
    str: "text in quotes",
    tuple: "a list [...]",
    list: "a list [...]",
    dict: "a section",
    float: "a number with a point",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a settings file. `section` and `key` are empty where it is about more than one."""

    code: str  # no_file, not_toml, unknown_section, unknown_key, bad_type, out_of_range, missing, conflict...
    file: str
    section: str
    key: str
    text: str

    def __str__(self) -> str:
        where = " ".join(part for part in (f"[{self.section}]" if self.section else "", self.key) if part)
        return f"{self.file}: {where}: {self.text}" if where else f"{self.file}: {self.text}"


class SettingsError(Exception):
    """Settings that cannot be used; `faults` are all of them, each a sentence naming file, section and key."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)[:MAX_FAULTS]
        super().__init__("\n".join(str(fault) for fault in self.faults))


class Reader:
    """Reads the sections of one file and collects their faults; `finish` raises them.

    A section with faults gives None, so that the sections after it are looked at too.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []

    def fault(self, code: str, section: str, key: str, text: str) -> None:
        self.faults.append(Fault(code, self.file, section, key, text))

    def finish(self) -> None:
        """Raises SettingsError where anything was wrong."""
        if self.faults:
            raise SettingsError(self.faults)

    def table(
        self, table: Mapping[str, Any], section: str, *, within: str = "", required: bool = True
    ) -> dict[str, Any]:
        """The sub-table `section` of `table`; empty where it is missing."""
        full = f"{within}.{section}" if within else section
        if section not in table:
            if required:
                self.fault("missing", full, "", "the section is missing")
            return {}
        value = table[section]
        if not isinstance(value, dict):
            self.fault("bad_type", within, section, f"is {_word(value)}; it must be a section [{full}]")
            return {}
        return value

    def only(self, table: Mapping[str, Any], known: Iterable[str], section: str = "") -> None:
        """Every key of `table` that is not among `known` is a fault."""
        names = sorted(known)
        for key, value in table.items():
            if key not in names:
                what = "section" if isinstance(value, dict) else "key"
                self.fault(f"unknown_{what}", section, _shown(key), f"unknown {what}{_meant(key, names)}")

    def load(self, cls: type[T], table: Mapping[str, Any], section: str) -> T | None:
        """An instance of the settings class from its section, or None and the faults of the section."""
        before = len(self.faults)
        hints = typing.get_type_hints(cls)
        fields = {field.name: field for field in _fields(cls)}
        values: dict[str, Any] = {}
        self.only(table, fields, section)
        for name, field in fields.items():
            if name in table:
                values[name] = self._value(hints[name], field, table[name], section)
            elif field.default is dataclasses.MISSING:
                self.fault("missing", section, name, f"is missing: {_doc(field)} ({allowed(cls, name)})")
        return cls(**values) if len(self.faults) == before else None

    def _value(self, kind: Any, field: dataclasses.Field[Any], value: Any, section: str) -> Any:
        optional, kind = _without_none(kind)
        member = _member(kind)
        if member is not None:
            if type(value) is not list:
                self._bad_type(field, value, f"a list [...] of {_WORDS[member]} each", section)
                return None
            for entry in value:
                if type(entry) is not member:
                    self._bad_type(field, entry, f"a list [...] of {_WORDS[member]} each", section, "has ")
                    return None
            self._in_range(field, len(value), section, " entries")
            for entry in value:
                self._is_text(field, entry, section)
                self._in_choices(field, entry, section)
            return tuple(value)
        if type(value) is not kind:  # not isinstance: a bool is no whole number here
            self._bad_type(field, value, _WORDS[kind] + (" (or left out)" if optional else ""), section)
            return None
        if kind is str:
            self._is_text(field, value, section)
            self._in_range(field, len(value), section, " characters")
        elif kind is int:
            self._in_range(field, value, section, "")
        self._in_choices(field, value, section)
        return value

    def _bad_type(self, field: dataclasses.Field[Any], value: Any, wanted: str, section: str, verb: str = "") -> None:
        text = f"{verb}{_shown(value)} is {_word(value)}; it must be {wanted} ({_doc(field)})"
        self.fault("bad_type", section, field.name, text)

    def _is_text(self, field: dataclasses.Field[Any], value: Any, section: str) -> None:
        if isinstance(value, str) and len(value) > MAX_TEXT:
            self.fault("out_of_range", section, field.name, f"is text of more than {MAX_TEXT} characters")
        if isinstance(value, str) and "\0" in value:  # no path, line or name may hold one
            self.fault("bad_type", section, field.name, "has a character NUL")

    def _in_range(self, field: dataclasses.Field[Any], number: int, section: str, unit: str) -> None:
        low, high = field.metadata.get("low"), field.metadata.get("high")
        for wrong, word in ((low is not None and number < low, "low"), (high is not None and number > high, "high")):
            if wrong:
                few = {"low": "few", "high": "many"}[word] if unit else word
                text = f"{_shown(number)}{unit} is too {few}: {_range(low, high)}{unit}"
                self.fault("out_of_range", section, field.name, text)

    def _in_choices(self, field: dataclasses.Field[Any], value: Any, section: str) -> None:
        choices = field.metadata.get("choices")
        if choices and value not in choices:
            meant = _meant(value, choices) if isinstance(value, str) else ""
            text = f"{_shown(value)} is none of {', '.join(map(_shown, choices))}{meant}"
            self.fault("out_of_range", section, field.name, text)


def is_loopback(host: str) -> bool:
    """Whether only this machine can be meant: plain HTTP goes no further."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_server_url(url: str) -> bool:
    """Whether this is https://HOST:PORT, or http, and nothing more."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        fits = fits and parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username)
    except ValueError:  # a port that is no number, a bracket that is not closed
        return False
    return fits and url.isascii() and url.isprintable() and " " not in url


def load(cls: type[T], table: Mapping[str, Any], file: str, section: str) -> T:
    """One settings class from one TOML table. Raises SettingsError with every fault of it."""
    reader = Reader(file)
    instance = reader.load(cls, table, section)
    if instance is None:
        raise SettingsError(reader.faults)
    return instance


def read_toml(path: Path) -> dict[str, Any]:
    """The table of a TOML file of at most a megabyte. Raises SettingsError where it cannot be read."""
    name = path.name
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise SettingsError([Fault("no_file", name, "", "", f"{path}: {error.strerror or error}")]) from error
    if len(data) > MAX_FILE_BYTES:
        raise SettingsError([Fault("too_long", name, "", "", f"longer than {MAX_FILE_BYTES} bytes")])
    try:
        return tomllib.loads(data.decode())
    except UnicodeDecodeError as error:
        raise SettingsError([Fault("not_toml", name, "", "", f"not UTF-8 at byte {error.start}")]) from error
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        # ValueError: a date or number that Python cannot hold; RecursionError: thousands of nested brackets.
        raise SettingsError([Fault("not_toml", name, "", "", f"not TOML: {error}")]) from error


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One setting as a person reads about it."""

    key: str
    default: str
    allowed: str
    doc: str


def describe(cls: type[Any]) -> Iterator[SettingLine]:
    """Every setting of a settings class, in its order."""
    for field in _fields(cls):
        default = "(required)" if field.default is dataclasses.MISSING else _toml(field.default)
        yield SettingLine(field.name, default, allowed(cls, field.name), _doc(field))


def allowed(cls: type[Any], name: str) -> str:
    """What a setting may be, in words: "1 to 65535", "text", "N, E or O"..."""
    field = next(field for field in _fields(cls) if field.name == name)
    _, kind = _without_none(typing.get_type_hints(cls)[name])
    low, high, choices = (field.metadata.get(key) for key in ("low", "high", "choices"))
    member = _member(kind)
    text = _toml_or(choices) if choices else _WORDS[member or kind]
    span = _range(low, high)
    if member is not None:
        return f"list of {text}{f', {span} entries' if span else ''}"
    if not span or choices:
        return text
    return f"{span} characters" if kind is str else span


def _fields(cls: type[Any]) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(cls)


def _doc(field: dataclasses.Field[Any]) -> str:
    return str(field.metadata.get("doc", ""))


def _without_none(kind: Any) -> tuple[bool, Any]:
    """(whether None is among it, the kind without it; a Literal is the kind of its values)."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        parts = [part for part in typing.get_args(kind) if part is not type(None)]
        return len(parts) < len(typing.get_args(kind)), _without_none(parts[0])[1]
    if typing.get_origin(kind) is typing.Literal:
        return False, type(typing.get_args(kind)[0])
    return False, kind


def _member(kind: Any) -> type[Any] | None:
    """The kind of a tuple's entries; None where the kind is no tuple."""
    if kind is tuple or typing.get_origin(kind) is tuple:
        arguments = typing.get_args(kind)
        return typing.cast("type[Any]", _without_none(arguments[0])[1]) if arguments else str
    return None


def _range(low: Any, high: Any) -> str:
    if low is None and high is None:
        return ""
    if high is None:
        return f"at least {low}"
    return f"at most {high}" if low is None else f"{low} to {high}"


def _word(value: Any) -> str:
    return _WORDS.get(type(value), "a date or time")


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return "(none)" if value is None else str(value)


def _toml_or(choices: Iterable[Any]) -> str:
    words = [_toml(choice) for choice in choices]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _shown(value: Any) -> str:
    try:
        text = value if isinstance(value, str) and value.isidentifier() else _toml(value)
    except ValueError:  # a number of more digits than Python writes out
        text = "a number of thousands of digits"
    text = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _meant(key: Any, names: Iterable[str]) -> str:
    """What was probably meant, or what there is."""
    names = list(names)
    near = difflib.get_close_matches(str(key)[:_SHOWN], names, n=1)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; there is {', '.join(names)}" if names else "; it takes none"
