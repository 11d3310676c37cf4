"""The file of users, made and changed by `lane users`, read by the daemon.

    [user.1001]
    name = "王小明"
    role = "cashier"
    pin = "scrypt:14:8:1:SALT:HASH"

The daemon looks at it again when somebody keys a PIN and it has changed: a user who is added or removed counts at once.
A file that cannot be read then leaves those that were: nobody is shut out by half a file.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from drivers.api import setting
from runtime.day.permissions import ROLES
from runtime.day.users import MAX_USER_NAME, MAX_USERS, User, Users, check_user, read_pin_hash
from runtime.settings import Reader, SettingsError, read_toml

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSettings:
    """[user.NUMBER]: one person who works at the tills; written by `lane users`."""

    name: str = setting(..., "the name on screens", low=1, high=MAX_USER_NAME)
    role: str = setting(..., "what the person may do; each role may do all that those before it may", choices=ROLES)
    pin: str = setting(..., "the scrypt hash of the PIN", low=1, high=200)


def read_users(path: Path) -> dict[str, User]:
    """The users by number. Raises SettingsError with every fault of the file."""
    reader = Reader(path.name)
    table = read_toml(path)
    reader.only(table, ["user"])
    tables = reader.table(table, "user", required=False)
    if len(tables) > MAX_USERS:
        reader.fault("out_of_range", "user", "", f"{len(tables)} users are too many: at most {MAX_USERS}")
    users = {}
    for number in list(tables)[:MAX_USERS]:
        section = f"user.{number}"
        if not isinstance(tables[number], dict):
            reader.fault("bad_type", "user", number, f"must be a section [{section}]")
            continue
        found = reader.load(UserSettings, tables[number], section)
        if found is None:
            continue
        fault = check_user(number, found.name, found.role)
        if fault:
            reader.fault("bad_value", section, "", fault)
        try:
            users[number] = User(number, found.name, found.role, read_pin_hash(found.pin))
        except ValueError as error:
            reader.fault("bad_value", section, "pin", str(error))
    reader.finish()
    return users


def write_users(path: Path, users: Iterable[User]) -> None:
    """The whole file, for its owner's eyes only; on disk or as it was. Raises OSError."""
    blocks = ["# Written by lane users: change it with that.\n"]
    for user in sorted(users, key=lambda each: each.id):
        name = user.name.replace("\\", "\\\\").replace('"', '\\"')
        blocks.append(f'[user.{user.id}]\nname = "{name}"\nrole = "{user.role}"\npin = "{user.pin}"\n')
    new = path.with_name(f"{path.name}.new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        os.fchmod(handle, 0o600)
        file.write("\n".join(blocks))
        file.flush()
        os.fsync(handle)
    put_in_place(new, path)


def put_in_place(new: Path, path: Path) -> None:
    """A file that is on disk already, under its name: now, and after a power cut. Raises OSError."""
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class UsersFile:
    """The users of now. Raises SettingsError, when made, where the file cannot be used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = self._stamp()
        self._users: Users = read_users(path)

    def __len__(self) -> int:
        return len(self._users)

    def known(self) -> Users:
        """As they were when they were last looked at."""
        return self._users

    def look(self) -> Users:
        """Those of the file as it is now; touches the disk, so not on the loop."""
        stamp = self._stamp()
        if stamp != self._seen:
            self._seen = stamp
            try:
                self._users = read_users(self._path)
            except SettingsError as error:
                log.error("the users file cannot be used, those before stay: %s", error)
        return self._users

    def _stamp(self) -> tuple[int, int, int]:
        try:
            found = self._path.stat()
        except OSError:
            return (0, 0, 0)
        return (found.st_ino, found.st_mtime_ns, found.st_size)
