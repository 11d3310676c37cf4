"""List every setting with its range and meaning, or check settings files.

  lane settings                       every setting of every file and driver
  lane settings terminal scale.cas    only these sections and drivers
  lane settings --check FILE...       say what is wrong with each file; exit status 2 where anything is
  lane settings --markdown            the page docs/settings.md

What a file is, its sections tell: a [terminal], a [label.NAME], a [user.NUMBER], a [gateway], or an [hq] alone.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runtime.devices.registry import DriverNameError, find_driver, known_drivers
from runtime.devices.settings import TRANSPORT_OF_TABLE
from runtime.gateway.settings import GatewaySettings, HqLink, SnapshotsSettings, TlsSettings, read_gateway_file
from runtime.hq.settings import HqSettings, HqTlsSettings, read_hq_file
from runtime.service.settings import LogSettings
from runtime.settings import Fault, SettingLine, SettingsError, describe, read_toml
from runtime.terminal.labels_file import LabelSettings, read_label_file
from runtime.terminal.settings import SECTIONS, PermissionSettings, UiSection, read_terminal_file
from runtime.terminal.users_file import UserSettings, read_users
from runtime.tools.refusal import refuse

MARKDOWN_HEAD = """\
# Settings

Every TOML file of lanekit and all that may stand in it. This page is written by `lane settings --markdown`, from the
same declarations that check the files; a test fails where the two differ. Nothing is passed over: an unknown section or
key, a value of another type or out of its range stops the program with one line for each fault, naming file, section
and key.

    lane settings --check terminal.toml

- `terminal.toml` is one terminal's: who it is, its gateway, its receipts and its devices. `config/demo/terminal.toml`
  is an example to copy.
- `gateway.toml` is a store's gateway's (`config/demo/gateway.toml`).
- `hq.toml` is head office's (`config/demo/hq.toml`, [hq.md](hq.md)).
- `labels.toml` has the weigh labels of a chain (`config/labels.toml`).
- `users.toml` has who may work at the tills; `lane users` writes it.

A path that is not absolute begins at the folder of its file. A device is a section of any name, with a `driver` and
exactly one of `serial` and `tcp`; beside them stand the driver's own settings:

    [device.scale]
    driver = "scale.cas"
    mode = "passive"

    [device.scale.serial]
    path = "/dev/serial/by-id/usb-FTDI_FT232R_A10K1234-if00-port0"
    baud = 4800
"""

KEYS_LINE = SettingLine(
    "OPERATION", "(docs/keys.md)", "a list of keys", 'its keys on the cashier\'s screen, like ["F5", "Ctrl+K"]'
)
REASONS_LINE = SettingLine(
    "OPERATION", "(the screen's own)", "1 to 9 texts", 'what a reason is chosen from, like ["价签不符"]'
)
GROUPS_LINE = SettingLine(
    "GROUP", "(none)", "a list of stores' numbers", 'a group that prices are published for, like ["0001", "0002"]'
)
DRIVER_LINE = SettingLine("driver", "(required)", "name of a driver", "the device's model: <class>.<model>")


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a settings file and all that may stand in it."""

    file: str
    name: str
    lines: tuple[SettingLine, ...]


def all_sections() -> Iterator[Section]:
    """Every section of every file, and the settings of every driver that is installed."""
    for name, cls in SECTIONS.items():
        yield Section("terminal.toml", name, tuple(describe(cls)))
    yield Section("terminal.toml", "permission.OPERATION", tuple(describe(PermissionSettings)))
    yield Section("terminal.toml", "ui", tuple(describe(UiSection)))
    yield Section("terminal.toml", "ui.keys", (KEYS_LINE,))
    yield Section("terminal.toml", "ui.reasons", (REASONS_LINE,))
    yield Section("terminal.toml", "device.NAME", (DRIVER_LINE,))
    for table, transport in TRANSPORT_OF_TABLE.items():
        yield Section("terminal.toml", f"device.NAME.{table}", tuple(describe(transport)))
    for driver_name in known_drivers():
        driver = find_driver(driver_name)
        lines = tuple(describe(driver.settings_type))
        if driver.serial is not None:
            factory = dataclasses.astuple(driver.serial)
            said = "the line it leaves the factory with: {} baud, {} bits, parity {}, {} stop".format(*factory)
            lines = (*lines, SettingLine("[serial]", "", "", said))
        yield Section("terminal.toml", f"device.NAME, driver {driver_name}", lines)
    yield Section("labels.toml", "label.NAME", tuple(describe(LabelSettings)))
    yield Section("users.toml", "user.NUMBER", tuple(describe(UserSettings)))
    yield Section("gateway.toml", "gateway", tuple(describe(GatewaySettings)))
    yield Section("gateway.toml", "tls", tuple(describe(TlsSettings)))
    yield Section("gateway.toml", "hq", tuple(describe(HqLink)))
    yield Section("gateway.toml", "snapshots", tuple(describe(SnapshotsSettings)))
    yield Section("gateway.toml", "log", tuple(describe(LogSettings)))
    yield Section("hq.toml", "hq", tuple(describe(HqSettings)))
    yield Section("hq.toml", "tls", tuple(describe(HqTlsSettings)))
    yield Section("hq.toml", "groups", (GROUPS_LINE,))
    yield Section("hq.toml", "log", tuple(describe(LogSettings)))


def as_text(sections: Iterable[Section]) -> str:
    """The sections for a person to read."""
    out: list[str] = []
    for section in sections:
        out.append(f"{section.file}  [{section.name}]")
        for line in section.lines:
            default = f" = {line.default}" if line.default else ""
            out.append(f"  {line.key}{default}")
            out.append(f"      {line.doc}" + (f" ({line.allowed})" if line.allowed else ""))
        if not section.lines:
            out.append("  (it has none)")
        out.append("")
    return "\n".join(out)


def as_markdown(sections: Iterable[Section]) -> str:
    """The sections as docs/settings.md has them."""
    out = [MARKDOWN_HEAD]
    for section in sections:
        out.append(f"## {section.file}: `[{section.name}]`\n")
        table = [line for line in section.lines if line.allowed]
        if table:
            out.append("| setting | default | may be | what it is |\n|---|---|---|---|")
        for line in table:
            cells = (f"`{line.key}`", f"`{line.default}`", line.allowed, line.doc)
            out.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        for line in section.lines:
            if not line.allowed:
                out.append(f"\nOver `{line.key}`: {line.doc}.")
        if not section.lines:
            out.append("It has no settings of its own.")
        out.append("")
    return "\n".join(out)


def check_file(path: Path) -> tuple[Fault, ...]:
    """All that is wrong with one settings file, whatever kind it is."""
    try:
        table = read_toml(path)
        kind = kind_of(table)
        if kind is None:
            text = "no settings file of lanekit: it has no [terminal], [gateway], [label.NAME] or [user.NUMBER]"
            return (Fault("unknown_section", path.name, "", "", text),)
        if kind == "terminal":
            read_terminal_file(path)
        elif kind == "gateway":
            read_gateway_file(path)
        elif kind == "hq":
            read_hq_file(path)
        elif kind == "user":
            read_users(path)
        else:
            read_label_file(path)
    except SettingsError as error:
        return error.faults
    return ()


def kind_of(table: Mapping[str, Any]) -> str | None:
    """What a settings file is of, by its sections; None where it is none of ours."""
    if "terminal" in table or "device" in table:
        return "terminal"
    return next((kind for kind in ("label", "user", "gateway", "hq") if kind in table), None)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="NAMEs are files: check them")
    parser.add_argument("--markdown", action="store_true", help="write the page of the documentation")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a section, a driver or, with --check, a file")


def run(arguments: argparse.Namespace) -> int:
    if arguments.check:
        return _check([Path(name) for name in arguments.names])
    try:
        sections = list(all_sections())
    except DriverNameError as error:
        return refuse(error)
    wanted = [s for s in sections if not arguments.names or any(_is_named(s, name) for name in arguments.names)]
    if not wanted:
        return refuse(f"There is no section or driver {' or '.join(arguments.names)}.")
    print((as_markdown if arguments.markdown else as_text)(wanted), end="")
    return 0


def _is_named(section: Section, name: str) -> bool:
    return name in (section.file, section.name, *section.name.split(".")[:1], section.name.rpartition(" ")[2])


def _check(paths: list[Path]) -> int:
    if not paths:
        return refuse("Name the files to check.")
    bad = False
    for path in paths:
        faults = check_file(path)
        for fault in faults:
            print(fault, file=sys.stderr)
        bad = bad or bool(faults)
        if not faults:
            print(f"{path}: good")
    return 2 if bad else 0
