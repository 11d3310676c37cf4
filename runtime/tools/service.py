"""Let systemd start lanekit's processes, watch them, and start them again.

  lane service show terminal --config /etc/lanekit/terminal.toml       what would be written
  lane service install terminal --config /etc/lanekit/terminal.toml    the daemon of this terminal
  lane service install ui --config /etc/lanekit/terminal.toml          the cashier's screen on it
  lane service install gateway --config /etc/lanekit/gateway.toml      the store's gateway
  lane service install hq --config /etc/lanekit/hq.toml                head office
  lane service install journald                                        the machine's logs in memory, of fixed size

The units are made of templates in config/systemd/: yours is where LANE_CONFIG points. Nothing is started by this
command; it says what to run next. docs/service.md says what each line is for.
"""

from __future__ import annotations

import argparse
import os
import pwd
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from runtime.gateway.settings import read_gateway_file
from runtime.hq.settings import read_hq_file
from runtime.settings import SettingsError
from runtime.terminal.settings import read_terminal_file
from runtime.tools.refusal import refuse

KINDS = ("terminal", "ui", "gateway", "hq", "journald")
UNITS_TO = Path("/etc/systemd/system")
JOURNALD_TO = Path("/etc/systemd/journald.conf.d")
GROUPS = "dialout,video,audio"
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_PLACE = re.compile(r"@([A-Z]+)@")


@dataclass(frozen=True, slots=True)
class Unit:
    """A file for systemd. `folders` must be there, and the user's, before it is started."""

    name: str
    text: str
    folders: tuple[Path, ...] = ()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(dest="word", metavar="show|install", required=True)
    for word, what in (("show", "print the unit"), ("install", "write the unit, and say what to run next")):
        one = words.add_parser(
            word, help=what, description=what, epilog=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        one.add_argument("kind", choices=KINDS, metavar="|".join(KINDS))
        # Not `config`: the program keeps the folder of its own data files under that name.
        one.add_argument(
            "--config", dest="file", type=Path, metavar="FILE", help="terminal.toml, gateway.toml or hq.toml"
        )
        one.add_argument("--user", default="lane", help="who it runs as; not root (lane)")
        one.add_argument("--lane", type=Path, metavar="PATH", help="the program; this one where none is said")
        if word == "install":
            one.add_argument("--to", type=Path, metavar="DIR", help="the folder to write to; systemd's own")


def run(arguments: argparse.Namespace) -> int:
    try:
        unit = unit_of(arguments.kind, arguments.config, arguments.file, arguments.user, arguments.lane)
    except (SettingsError, ValueError, OSError) as error:
        return refuse(f"lane service: {error}")
    if arguments.word == "show":
        print(unit.text, end="")
        return 0
    folder = arguments.to or (JOURNALD_TO if arguments.kind == "journald" else UNITS_TO)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / unit.name).write_text(unit.text, encoding="utf-8")
        made = [_make(one, arguments.user) for one in unit.folders if not one.exists()]
    except OSError as error:
        return refuse(f"lane service: {error}. As root, it may write there.")
    print(f"written: {folder / unit.name}")
    for one in made:
        print(f"made: {one}")
    print("\n".join(["Next:", *(f"  {step}" for step in steps(arguments.kind, arguments.file, arguments.user))]))
    return 0


def unit_of(kind: str, config: Path, file: Path | None, user: str, lane: Path | None) -> Unit:
    """The unit of one kind from its template in `config`. Raises SettingsError, OSError, and ValueError with a
    sentence."""
    if kind == "journald":
        name = "journald-lanekit.conf"
        return Unit("lanekit.conf", (config / "systemd" / name).read_text(encoding="utf-8"))
    if file is None:
        raise ValueError("name the settings with --config FILE")
    if not _USER.fullmatch(user) or user == "root":
        raise ValueError(f"{user!r} cannot be the user: a name of small letters, and not root")
    file = file.absolute()
    socket, folders = Path(), tuple[Path, ...]()
    if kind == "gateway":
        folders = (read_gateway_file(file).database.parent,)
    elif kind == "hq":
        hq = read_hq_file(file)
        folders = (*(() if hq.hq.postgres else (hq.database.parent,)), hq.snapshots, hq.log_file.parent)
    else:
        terminal = read_terminal_file(file)
        socket = terminal.socket
        folders = (terminal.socket.parent,) if kind == "ui" else (terminal.journal.parent, terminal.socket.parent)
    folders = tuple(dict.fromkeys(folders))
    values = {
        "LANE": str(lane.absolute() if lane is not None else _this_program()),
        "CONFIG": str(file),
        "USER": user,
        "SOCKET": str(socket),
        "WRITES": " ".join(f"-{folder}" for folder in folders),
    }
    for value in values.values():
        if re.search(r"[\s%\"'\\$;]", value.replace(" -", "")):
            raise ValueError(f"{value!r} has a space or a sign that units give a meaning: choose another path")
    name = f"lane-{kind}.service"
    template = (config / "systemd" / name).read_text(encoding="utf-8")
    return Unit(name, _PLACE.sub(lambda place: values[place[1]], template), folders)


def steps(kind: str, file: Path | None, user: str) -> list[str]:
    """What a technician runs next."""
    if kind == "journald":
        return ["systemctl restart systemd-journald"]
    lines = []
    if not _is_user(user):
        lines.append(f"useradd --system --home-dir /var/lib/lanekit --groups {GROUPS} {user}")
    lines += ["systemctl daemon-reload", f"systemctl enable --now lane-{kind}", f"systemctl status lane-{kind}"]
    if kind in ("terminal", "ui"):
        lines.append(f"lane status {file}")
    return lines


def _this_program() -> Path:
    beside = Path(sys.executable).parent / "lane"
    found = beside if beside.exists() else shutil.which("lane")
    if found is None:
        raise ValueError("the program lane is not installed; name it with --lane PATH")
    return Path(found)


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _make(folder: Path, user: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0 and _is_user(user):
        shutil.chown(folder, user)
    return folder
