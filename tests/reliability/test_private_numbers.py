"""No card and no telephone number in any file of a store, and two leaks that are found: the short form."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reliability import private_numbers
from tests.reliability.private_numbers import Integers, found_in
from tests.reliability_table import hand_in

CARD, MOBILE = "6222021234567890128", "13800138000"
GIVEN = {CARD, MOBILE}


def test_a_store_full_of_them_keeps_none(tmp_path: Path) -> None:
    sold = private_numbers.look(private_numbers.sell(tmp_path, 60))
    hand_in("private-numbers", private_numbers.figures_of(sold))
    assert sold.found == [] and len(sold.numbers.given) > 150
    looked_at = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    wanted = {"journal.db", "gateway.db", "terminal.log", "gateway.log", "paper.bytes", "export.json", "search"}
    assert wanted <= looked_at and any(name.endswith(".png") for name in looked_at)
    # The customers themselves are in there.
    assert b"****" in (tmp_path / "run" / "gateway.db").read_bytes()


@pytest.mark.parametrize(("broken", "where"), [("answers", "terminal.log"), ("members", "journal.db")])
def test_a_leak_is_found(tmp_path: Path, broken: str, where: str) -> None:
    sold = private_numbers.look(private_numbers.sell(tmp_path, 4, broken=broken))
    hand_in("private-numbers", {"with_leak": {broken: len(sold.found)}})
    assert any(one.startswith(where) for one in sold.found)


@pytest.mark.parametrize(
    "data",
    [
        b"tel=13800138000;", b"x138 0013 8000", b"138-0013-8000", b"+8613800138000", b"6222 0212 3456 7890 128",
        b"9991380013800099", MOBILE.encode("utf-16-le"), CARD.encode("utf-16-be"),
        b"\xcf" + int(MOBILE).to_bytes(8, "big"), b"\x05" + int(MOBILE).to_bytes(6, "big"),
        b"\x06" + int(CARD).to_bytes(8, "big"),
        b"a 13900139000 b", b"4111 1111 1111 1111",  # nobody's, but they look like it
    ],
)  # fmt: skip
def test_each_form_is_found(data: bytes) -> None:
    assert list(found_in(b"\x00" * 50 + data + b"\x00" * 50, GIVEN, Integers(GIVEN)))


@pytest.mark.parametrize(
    "data",
    [b"138****8000", b"6901234567892", b"****0128", b"2026-11-22T10:00:00", b"a13900139000f", b"4111 1111 1111 1112"],
)
def test_what_is_none_is_not(data: bytes) -> None:
    assert not list(found_in(data, GIVEN, Integers(GIVEN)))


@pytest.mark.long
def test_ten_thousand_sales(tmp_path: Path) -> None:
    assert private_numbers.look(private_numbers.sell(tmp_path, 10_000)).found == []
