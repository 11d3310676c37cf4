"""Users, PINs, permissions and the waits after wrong PINs; the file that holds them, and any bytes in its place."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.day.permissions import (
    ALWAYS,
    NEVER,
    OPERATIONS,
    PERMISSIONS,
    ROLES,
    Permission,
    may,
    with_changes,
)
from runtime.day.users import (
    FIRST_WAIT_S,
    FREE_TRIES,
    LONGEST_WAIT_S,
    NOBODY,
    User,
    hash_pin,
    is_pin,
    pin_fault,
    read_pin_hash,
    wait_s,
)
from runtime.settings import SettingsError
from runtime.terminal.users_file import UsersFile, read_users, write_users

PIN = "274931"


def user(number: str = "1001", role: str = "cashier", pin: str = PIN, name: str = "王小明") -> User:
    return User(number, name, role, hash_pin(pin, bytes(16), log2n=4))


def test_a_pin_is_known_by_its_hash_alone() -> None:
    known = hash_pin(PIN, b"0123456789abcdef", log2n=4)
    assert is_pin(PIN, known) and not is_pin("274932", known) and not is_pin("", known) and not is_pin("x" * 999, known)
    assert not is_pin(PIN, NOBODY)
    assert read_pin_hash(str(known)) == known
    assert PIN not in str(known) and PIN not in repr(known) and known.hash.hex() not in repr(known)


def test_the_hash_is_rfc_7914s() -> None:
    """Its third test vector's salt and password, at the length that is kept here."""
    found = hash_pin("pleaseletmein", b"SodiumChloride", log2n=14).hash
    assert found.hex().startswith("7023bdcb3afd7348461c06cd81fd38eb")


@pytest.mark.parametrize(
    "text", ["", "scrypt", "scrypt:40:8:1:" + "0" * 32 + ":" + "0" * 64, "md5:1", "scrypt:14:99:1:a:b"]
)
def test_a_hash_that_is_none_or_costs_too_much_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="lane users pin"):
        read_pin_hash(text)


def test_which_pins_are_taken() -> None:
    assert pin_fault(PIN) == pin_fault("2580") == ""
    for bad in ("", "123", "1" * 13, "12a4", "1111", "1234", "9876", "١٢٣٤"):
        assert pin_fault(bad)


def test_waits_grow() -> None:
    waits = [wait_s(times) for times in range(40)]
    assert waits[:FREE_TRIES] == [0] * FREE_TRIES and waits[FREE_TRIES] == FIRST_WAIT_S
    assert waits == sorted(waits) and waits[-1] == LONGEST_WAIT_S


def test_permissions() -> None:
    assert set(PERMISSIONS) == set(OPERATIONS)
    for permission in PERMISSIONS.values():
        assert permission.role in ROLES and NEVER <= permission.up_to_minor <= ALWAYS
        assert may("manager", permission, 10**11) and not may("", permission, 0) and not may("guest", permission, 0)
    limited = Permission("supervisor", 500, "x")
    assert may("cashier", limited, 500) and may("cashier", limited, -500) and not may("cashier", limited, -501)
    assert may("supervisor", limited, 10**9)
    assert not may("cashier", Permission("supervisor", NEVER, "x"), 0)
    changed = with_changes({"drop": ("manager", 100)})
    assert changed["drop"].role == "manager" and changed["paid_in"] == PERMISSIONS["paid_in"]


def test_the_file_is_its_owners_alone_and_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "users.toml"
    users = [user(), user("2001", "manager", name='李 "四" \\ x')]
    write_users(path, users)
    assert read_users(path) == {each.id: each for each in users}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert PIN not in path.read_text(encoding="utf-8")


def test_a_changed_file_counts_at_once_and_a_broken_one_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "users.toml"
    write_users(path, [user()])
    file = UsersFile(path)
    write_users(path, [user(), user("2001")])
    assert set(file.known()) == {"1001"} and set(file.look()) == {"1001", "2001"}
    path.write_text("[user.1001]\nname = 3\n", encoding="utf-8")
    assert set(file.look()) == {"1001", "2001"}
    path.unlink()
    assert set(file.look()) == {"1001", "2001"}


@pytest.mark.parametrize(
    "text",
    ["[user.1001]", "[user]\n1001 = 3", "user = 1", "[user.'a b']\nname='x'\nrole='cashier'\npin='x'", "[x]", "["],
)
def test_every_fault_is_said(tmp_path: Path, text: str) -> None:
    path = tmp_path / "users.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError):
        read_users(path)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: f"[user.1]\n{text}".encode())))
def test_any_bytes_are_a_fault_or_users(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any-users.toml"
    path.write_bytes(data)
    try:
        read_users(path)
    except SettingsError as error:
        assert error.faults
