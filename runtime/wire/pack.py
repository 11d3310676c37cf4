"""Dataclasses to plain values and back: the one way that messages, rows and records take their msgpack form.

Reading is strict: a missing or unknown field, a wrong type, an integer outside 64 bits is a WireError that names the
place. Bytes are canonical: keys in sorted order, the shortest integer, str as str, so equal values are equal bytes.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from functools import lru_cache
from typing import Any, TypeVar

import msgpack

T = TypeVar("T")
MAX_BYTES = 1 << 20  # the largest packed value that is read, unless the caller says otherwise
READ_SIZE = 1 << 12  # of msgpack's buffer, which grows with what it is fed


class WireError(ValueError):
    """Bytes that are not what they should be: the sender's fault. `code` is for programs, the text for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


_ATOMS = frozenset({str, int, bool, bytes, type(None)})
_NAMES: dict[type, tuple[str, ...]] = {}  # of the dataclasses seen so far, in sorted order


def plain(value: Any) -> Any:
    """A value as msgpack takes it: dataclasses become maps, tuples become lists, maps get their keys in sorted order.
    Floats are refused. It runs for every line of a View after every scan: exact types are looked at first."""
    kind = type(value)
    if kind in _ATOMS:
        return value
    if kind is tuple or kind is list:
        return [plain(v) for v in value]
    if kind is dict:
        return _map(value)
    names = _NAMES.get(kind)
    if names is None:
        if not dataclasses.is_dataclass(value) or isinstance(value, type):
            return _other(value)
        names = _NAMES[kind] = tuple(sorted(f.name for f in dataclasses.fields(value)))
    return {name: plain(getattr(value, name)) for name in names}


def _map(value: dict[Any, Any]) -> dict[str, Any]:
    named = {str(k): plain(v) for k, v in value.items()}
    return {k: named[k] for k in sorted(named)}


def _other(value: Any) -> Any:
    """What is of a type derived from one that has a packed form."""
    if isinstance(value, str):
        return str(value)  # an Enum of str as its value
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return _map(value)
    if isinstance(value, int | bytes):
        return value
    raise TypeError(f"{type(value).__name__} has no packed form")


def pack(value: Any) -> bytes:
    """The canonical bytes of a plain value or dataclass."""
    return typing.cast(bytes, msgpack.packb(plain(value), use_bin_type=True))


def unpack(data: bytes, limit: int = MAX_BYTES) -> Any:
    """A plain value from bytes. Raises WireError `too_long` or `not_msgpack`."""
    if len(data) > limit:
        raise WireError("too_long", f"{len(data)} bytes where at most {limit} are read")
    try:
        return msgpack.unpackb(data, raw=False, strict_map_key=True)
    except (ValueError, msgpack.UnpackException, RecursionError, TypeError) as error:
        raise WireError("not_msgpack", f"not msgpack: {error}") from error


def peek(data: bytes, wanted: frozenset[str], limit: int = MAX_BYTES) -> dict[str, Any]:
    """Those fields of a packed map that are `wanted`, the last where one stands twice. All else is walked over: its
    form is checked, and nothing of it is built, which takes a fifth of the time of `unpack`.

    Raises WireError `too_long`, `not_msgpack`; `bad_field` where it is no map, or one with other keys than strings.
    """
    if len(data) > limit:
        raise WireError("too_long", f"{len(data)} bytes where at most {limit} are read")
    reader = msgpack.Unpacker(read_size=READ_SIZE, strict_map_key=True)
    reader.feed(data)
    if not data or not (data[0] & 0xF0 == 0x80 or data[0] in (0xDE, 0xDF)):
        unpack(data, limit)
        raise WireError("bad_field", "a map was expected")
    found: dict[str, Any] = {}
    unpack_next, skip = reader.unpack, reader.skip
    try:
        for _ in range(reader.read_map_header()):
            key = unpack_next()
            if type(key) is not str:
                raise WireError("bad_field", "a key is no string")
            if key in wanted:
                found[key] = unpack_next()
            else:
                skip()
    except WireError:
        raise
    except (ValueError, msgpack.UnpackException, RecursionError, TypeError) as error:
        raise WireError("not_msgpack", f"not msgpack: {error}") from error
    if reader.tell() != len(data):
        raise WireError("not_msgpack", "not msgpack: something follows the map")
    return found


@lru_cache(maxsize=256)
def _fields(cls: Any) -> tuple[dict[str, Any], frozenset[str]]:
    hints = typing.get_type_hints(cls)
    fields = dataclasses.fields(cls)
    required = frozenset(
        f.name for f in fields if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    )
    return {f.name: hints[f.name] for f in fields}, required


def build(cls: type[T], value: Any, where: str = "") -> T:
    """A dataclass from a plain value, every field checked. Raises WireError `bad_field`."""
    name = where or cls.__name__
    if not isinstance(value, dict):
        raise WireError("bad_field", f"{name}: a map was expected")
    hints, required = _fields(typing.cast(typing.Hashable, cls))
    missing = required - value.keys()
    if missing:
        raise WireError("bad_field", f"{name}: {min(missing)} is missing")
    arguments = {}
    for key, part in value.items():
        if key not in hints:
            raise WireError("bad_field", f"{name}: {key!r} is not known")
        arguments[key] = _check(hints[key], part, f"{name}.{key}")
    return cls(**arguments)


def _check(hint: Any, value: Any, where: str) -> Any:
    origin = typing.get_origin(hint)
    if hint is Any:
        return value
    if origin in (typing.Union, types.UnionType):
        return _union(typing.get_args(hint), value, where)
    if origin is typing.Literal:
        if value in typing.get_args(hint):
            return value
    elif origin in (tuple, list):
        if isinstance(value, list):
            inner = typing.get_args(hint)[0]
            return origin(_check(inner, v, f"{where}[{i}]") for i, v in enumerate(value))
    elif origin is dict:
        if isinstance(value, dict):
            inner = typing.get_args(hint)[1]
            return {str(k): _check(inner, v, f"{where}.{k}") for k, v in value.items()}
    elif dataclasses.is_dataclass(hint):
        return build(typing.cast(type, hint), value, where)
    elif isinstance(hint, type) and issubclass(hint, str) and hint is not str:
        try:
            return hint(value)
        except ValueError:
            pass
    elif hint is int:
        if type(value) is int and -(1 << 63) <= value < 1 << 64:
            return value
    elif isinstance(hint, type) and type(value) is hint:
        return value
    raise WireError("bad_field", f"{where}: {type(value).__name__} was not expected")


def _union(options: tuple[Any, ...], value: Any, where: str) -> Any:
    last: WireError | None = None
    for option in options:
        if option is type(None):
            if value is None:
                return None
            continue
        try:
            return _check(option, value, where)
        except WireError as error:
            last = error
    raise last or WireError("bad_field", f"{where}: nothing was expected")
