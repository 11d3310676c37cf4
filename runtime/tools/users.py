"""Who may work at the tills, and their PINs: `lane users ACTION FILE`, where FILE is what [users] file names.

  lane users add users.toml 1001 --name 王小明 --role cashier     asks for the PIN twice
  lane users pin users.toml 1001                                  a new PIN
  lane users list users.toml
  lane users remove users.toml 1001

A PIN is 4 to 12 digits. It is asked for on the terminal, or read from standard input where that is none; it is never an
argument, for those are seen by everybody on the machine. A till that is running knows the new file at the next PIN.
Exit status: 0 done, 2 refused.
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from runtime.day.permissions import ROLES
from runtime.day.users import MAX_USERS, User, check_user, hash_pin, pin_fault
from runtime.settings import SettingsError
from runtime.terminal.users_file import read_users, write_users
from runtime.tools.refusal import refuse


class _Refused(Exception):
    """Its text is what to tell the person."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for action, what in (
        ("add", "a new person"),
        ("list", "everybody, without PINs"),
        ("pin", "a new PIN for one"),
        ("remove", "one may not work here any more"),
    ):
        one = actions.add_parser(action, help=what)
        one.add_argument("file", metavar="FILE", type=Path, help="the users file; add makes it")
        if action != "list":
            one.add_argument("number", metavar="NUMBER", help="the person's number: letters A to Z and digits")
        if action == "add":
            one.add_argument("--name", required=True, help="the name on screens")
            one.add_argument("--role", choices=ROLES, default=ROLES[0], help="(default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    path: Path = arguments.file
    try:
        users = read_users(path) if path.exists() or arguments.action != "add" else {}
        if arguments.action == "list":
            for user in sorted(users.values(), key=lambda each: each.id):
                print(f"{user.id}\t{user.role}\t{user.name}")
            return 0
        print(_change(arguments, users))
        write_users(path, users.values())
    except (SettingsError, _Refused) as error:
        return refuse(error)
    except OSError as error:
        return refuse(f"{path}: {error.strerror or error}")
    return 0


def _change(arguments: argparse.Namespace, users: dict[str, User]) -> str:
    """Change the users as asked; gives what to tell. Raises _Refused."""
    number = arguments.number
    if arguments.action == "add":
        fault = check_user(number, arguments.name, arguments.role)
        if fault:
            raise _Refused(f"{fault[0].upper()}{fault[1:]}.")
        if number in users:
            raise _Refused(f"There is a user {number} already. Change the PIN with lane users pin.")
        if len(users) >= MAX_USERS:
            raise _Refused(f"There are {MAX_USERS} users already. Remove those who have left.")
        users[number] = User(number, arguments.name, arguments.role, hash_pin(_new_pin(), os.urandom(16)))
        return f"{number} is a {arguments.role} now."
    if number not in users:
        raise _Refused(f"There is no user {number}. lane users list shows them.")
    if arguments.action == "pin":
        users[number] = replace(users[number], pin=hash_pin(_new_pin(), os.urandom(16)))
        return f"{number} has a new PIN."
    if len(users) == 1:
        raise _Refused("This is the only user: with none nobody could sign on. Add another one first.")
    del users[number]
    return f"{number} may not work here any more."


def _new_pin() -> str:
    if find_spec("cryptography") is None:
        raise _Refused("PINs need the package cryptography. Install lanekit[signing].")
    if sys.stdin.isatty():
        pin = getpass.getpass("PIN: ")
        again = getpass.getpass("The same PIN: ")
    else:
        pin = again = sys.stdin.readline().rstrip("\n")
    if pin != again:
        raise _Refused("The two were not the same. Try again.")
    fault = pin_fault(pin)
    if fault:
        raise _Refused(f"{fault[0].upper()}{fault[1:]}.")
    return pin
