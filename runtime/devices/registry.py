"""Finds a driver by the name in a terminal's TOML.

`<class>.<model>` is the module drivers/<class>/<model>.py, or an entry point of that name in the group
`lanekit.drivers`. In-tree drivers come first, so that a package cannot take a name over. Modules that begin with an
underscore are helpers of drivers, not drivers.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.metadata
import pkgutil
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from drivers.api import CLASS_OF_FOLDER, DeviceClass, SerialLine

GROUP = "lanekit.drivers"


class DriverNameError(LookupError):
    """The name is no driver's, or the module is no driver; the message is a sentence for the technician."""


@dataclass(frozen=True, slots=True)
class Driver:
    name: str
    device_class: DeviceClass
    settings_type: type[Any]
    codec_type: type[Any]
    transports: tuple[str, ...]
    serial: SerialLine | None


def _in_tree() -> dict[str, str]:
    found = {}
    for folder in CLASS_OF_FOLDER:
        package = importlib.import_module(f"drivers.{folder}")
        for module in pkgutil.iter_modules(package.__path__):
            if not module.name.startswith("_"):
                found[f"{folder}.{module.name}"] = f"drivers.{folder}.{module.name}"
    return found


def known_drivers() -> tuple[str, ...]:
    """Every driver's name, in-tree and installed, sorted."""
    installed = {point.name for point in importlib.metadata.entry_points(group=GROUP)}
    return tuple(sorted(set(_in_tree()) | {name for name in installed if name.partition(".")[0] in CLASS_OF_FOLDER}))


def find_driver(name: str) -> Driver:
    """The driver of that name. Raises DriverNameError with the nearest names."""
    folder = name.partition(".")[0]
    in_tree = _in_tree()
    if name in in_tree:
        return _driver(name, importlib.import_module(in_tree[name]))
    if folder in CLASS_OF_FOLDER:
        for point in importlib.metadata.entry_points(group=GROUP, name=name):
            return _driver(name, point.load())
    known = known_drivers()
    near = difflib.get_close_matches(name, known, 3, 0.5) or [k for k in known if k.startswith(folder + ".")] or known
    raise DriverNameError(f"There is no driver {name!r}. Did you mean {' or '.join(near)}?")


def _driver(name: str, module: ModuleType) -> Driver:
    missing = [part for part in ("Settings", "Codec", "TRANSPORTS") if not hasattr(module, part)]
    if missing:
        raise DriverNameError(f"The module of driver {name!r} is no driver: it has no {', '.join(missing)}.")
    transports = tuple(module.TRANSPORTS)
    serial = getattr(module, "SERIAL", None)
    if "serial" in transports and not isinstance(serial, SerialLine):
        raise DriverNameError(f"Driver {name!r} speaks over serial, but its module has no SERIAL.")
    device_class = CLASS_OF_FOLDER[name.partition(".")[0]]
    return Driver(name, device_class, module.Settings, module.Codec, transports, serial)
