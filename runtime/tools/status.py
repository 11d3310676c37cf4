"""How a terminal is: devices, sales that wait for the gateway, disk, clock, versions, memory.

  lane status terminal.toml              in words, each trouble with its remedy
  lane status terminal.toml --json       for a monitor; docs/status.md has every field
  lane status terminal.toml --quiet      only the exit status

It asks the running daemon over its local socket, as the user that the daemon runs as. Where none runs it says what
stands in the closed journal. Exit status: 0 all is well, 1 something wants attention, 2 it does not run, does not
answer, or cannot be asked.
"""

from __future__ import annotations

import argparse
import json
import socket
from pathlib import Path

from runtime.settings import SettingsError
from runtime.terminal.settings import TerminalFile, read_terminal_file
from runtime.terminal.troubles import Trouble, trouble_of, troubles
from runtime.tools.refusal import refuse
from runtime.tools.status_words import in_json, in_words
from runtime.translation import LOCALE_OF_LANGUAGE, translator
from runtime.wire.frames import FrameReader, encode
from runtime.wire.messages import PROTOCOL
from runtime.wire.pack import WireError
from runtime.wire.status import Status, StatusRequest

ANSWER_S = 5.0
WELL, ATTENTION, NOT_RUNNING = 0, 1, 2
STATES = {WELL: "well", ATTENTION: "attention", NOT_RUNNING: "not_running"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="the terminal's terminal.toml")
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")
    parser.add_argument("--quiet", action="store_true", help="print nothing")
    parser.add_argument("--language", choices=("en", *LOCALE_OF_LANGUAGE), help="of the words; the terminal's own")


def run(arguments: argparse.Namespace) -> int:
    try:
        file = read_terminal_file(arguments.file)
    except SettingsError as error:
        return refuse(f"lane status: {error}")
    try:
        status, found = look(file)
    except PermissionError:
        return refuse(
            f"lane status: only the user that it runs as may ask this terminal: sudo -u lane lane status {file.path}"
        )
    code = NOT_RUNNING if any(one.about == "terminal" for one in found) else ATTENTION if found else WELL
    t = translator(arguments.config, arguments.language or file.terminal.language)
    if arguments.json:
        print(json.dumps(in_json(status, found, STATES[code], t), ensure_ascii=False, indent=2))
    elif not arguments.quiet:
        print("\n".join(in_words(status, found, STATES[code], t)))
    return code


def look(file: TerminalFile) -> tuple[Status, list[Trouble]]:
    """How the terminal of these settings is, running or not. Raises PermissionError."""
    try:
        status = ask(file.socket)
    except (FileNotFoundError, ConnectionRefusedError):
        trouble = trouble_of("NOT_RUNNING", file=str(file.path))
    except PermissionError:
        raise
    except WireError:
        trouble = trouble_of("OTHER_VERSION")
    except OSError:  # TimeoutError too
        trouble = trouble_of("NO_ANSWER", file=str(file.path))
    else:
        return status, list(troubles(status))
    from runtime.tools.status_closed import closed_status  # the engine is not needed for a daemon that answers

    status, why = closed_status(file)
    more = [trouble_of("UNREADABLE", why=why)] if why else []
    return status, [trouble, *more, *troubles(status)]


def ask(path: Path) -> Status:
    """The status of the daemon at this socket. Raises OSError, and WireError where it speaks otherwise."""
    frames = FrameReader()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWER_S)
        connection.connect(str(path))
        connection.sendall(encode(StatusRequest(PROTOCOL)))
        while data := connection.recv(1 << 16):
            for message in frames.feed(data):
                if isinstance(message, Status):
                    return message
    raise WireError("closed", "it hung up")
