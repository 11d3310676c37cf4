"""Numbers of persons are sealed the same way however they are written, and the key is a file of its owner's alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.terminal.members import KEY_BYTES, MemberKeyError, MemberNumbers, key_of
from runtime.terminal.names import masked

NUMBERS = MemberNumbers(bytes(KEY_BYTES))


def test_one_person_is_one_text_and_another_key_another_text() -> None:
    sealed = NUMBERS.written("13800138000")
    assert sealed.startswith("138****8000~") and masked(sealed) == "138****8000"
    for same in ("+8613800138000", "86 138 0013 8000", "138-0013-8000"):
        assert NUMBERS.written(same) == sealed
    assert NUMBERS.written("13800138001") != sealed
    assert MemberNumbers(b"k" * KEY_BYTES).written("13800138000") != sealed


@pytest.mark.parametrize("number", ["M1001", "8800123", "12345678901", "2800001234567", "会员 7"])
def test_a_number_of_the_chains_own_stays(number: str) -> None:
    assert NUMBERS.written(number) == number and masked(number) == number


def test_the_key_is_made_once_and_is_nobody_elses(tmp_path: Path) -> None:
    path = tmp_path / "m.key"
    with pytest.raises(MemberKeyError, match="No such file"):
        key_of(path, make=False)
    key = key_of(path, make=True, random_bytes=lambda size: b"\x07" * size)
    assert key == b"\x07" * KEY_BYTES == key_of(path, make=False) == key_of(path, make=True)
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("no key")
    with pytest.raises(MemberKeyError, match="64 hexadecimal digits"):
        key_of(path, make=True)
