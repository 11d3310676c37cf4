"""Who is believed: every field of a publication stands under its signature, and has bounds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.signature import Trust
from runtime.delta import MAX_FILE_BYTES
from runtime.distribution.errors import SENTENCES, DistributionError
from runtime.distribution.manifest import check_form, check_manifest, read_answer, read_manifest, sign_manifest
from runtime.keys import Signer, new_pair, sign_snapshot, trust_of_key
from runtime.wire.pack import pack
from runtime.wire.snapshots import MAX_COUNTER, Manifest, SnapshotAnswer, manifest_message
from tests.runtime.distribution.chain_rig import book

MANIFEST = Manifest(7, "all", b"s" * 32, b"f" * 32, 1_000)


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    folder: Path = tmp_path_factory.mktemp("keys")
    new_pair(folder)
    return Signer(folder / "snapshot.key")


def refusal(manifest: Manifest, trust: Trust | None, **how: Any) -> str:
    """The code, or empty where it is taken."""
    try:
        check_manifest(manifest, **{"store": "0001", "groups": ("north",), "taken": None, **how}, trust=trust)
    except DistributionError as error:
        assert error.code in SENTENCES and str(error) and error.remedy
        return error.code
    return ""


@pytest.mark.parametrize(
    "change",
    [
        {"counter": 8},
        {"scope": "store:0001"},
        {"snapshot": b"x" * 32},
        {"file": b"x" * 32},
        {"size": 1_001},
        {"key": b"k" * 32},
        {"key": b""},
        {"signature": b"s" * 64},
        {"signature": b""},
    ],
    ids=str,
)
def test_nothing_of_it_can_be_changed(signer: Signer, change: dict[str, Any]) -> None:
    trust = trust_of_key(signer.public)
    signed = sign_manifest(MANIFEST, signer)
    assert refusal(signed, trust) == ""
    assert refusal(replace(signed, **change), trust) == "prices_untrusted"
    assert refusal(replace(signed, **change), None) == ""  # without trusted keys anything is believed


def test_a_signature_on_a_snapshot_is_none_on_a_publication(signer: Signer, tmp_path: Path) -> None:
    """One key signs both; what it signs begins differently."""
    new_pair(tmp_path)
    data = sign_snapshot(book(5), tmp_path / "snapshot.key")
    borrowed = replace(MANIFEST, key=data[-128:-96], signature=data[-96:-32])
    assert refusal(borrowed, trust_of_key(borrowed.key)) == "prices_untrusted"
    assert manifest_message(MANIFEST).startswith(b"lanekit manifest\0")


@pytest.mark.parametrize(
    ("taken", "said"),
    [(None, ""), (6, ""), (7, ""), (8, "prices_older"), (MAX_COUNTER, "prices_older")],
)
def test_the_number_decides(taken: int | None, said: str) -> None:
    before = None if taken is None else replace(MANIFEST, counter=taken)
    assert refusal(MANIFEST, None, taken=before) == said


def test_of_one_number_there_is_one_publication() -> None:
    for change in ({"file": b"x" * 32}, {"scope": "group:north"}, {"size": 2}, {"snapshot": b"x" * 32}):
        assert refusal(replace(MANIFEST, **change), None, taken=MANIFEST) == "prices_older"  # type: ignore[arg-type]
    assert refusal(replace(MANIFEST, signature=b"again"), None, taken=MANIFEST) == ""  # another signature on the same


@pytest.mark.parametrize(
    ("scope", "groups", "said"),
    [
        ("all", (), ""),
        ("store:0001", (), ""),
        ("store:0002", (), "prices_elsewhere"),
        ("group:north", ("north", "big"), ""),
        ("group:south", ("north",), "prices_elsewhere"),
        ("group:south", None, ""),  # a gateway: head office says in which groups it is
        ("group:0001", (), "prices_elsewhere"),
    ],
)
def test_it_is_for_us(scope: str, groups: tuple[str, ...] | None, said: str) -> None:
    assert refusal(replace(MANIFEST, scope=scope), None, groups=groups) == said


@pytest.mark.parametrize(
    "change",
    [
        {"counter": 0},
        {"counter": -1},
        {"counter": MAX_COUNTER + 1},
        {"scope": ""},
        {"scope": "shop:1"},
        {"scope": "store:"},
        {"snapshot": b""},
        {"file": b"f" * 31},
        {"size": 0},
        {"size": MAX_FILE_BYTES + 1},
    ],
    ids=str,
)
def test_its_form_has_bounds(change: dict[str, Any]) -> None:
    check_form(MANIFEST)
    bad = replace(MANIFEST, **change)
    for read, data in ((read_answer, pack(SnapshotAnswer(bad))), (read_manifest, pack(bad))):
        with pytest.raises(DistributionError) as caught:
            read(data)  # type: ignore[operator]
        assert caught.value.code == "prices_unreadable"


def test_it_is_read_as_it_was_written() -> None:
    assert read_answer(pack(SnapshotAnswer(MANIFEST))) == read_manifest(pack(MANIFEST)) == MANIFEST
    assert read_answer(pack(SnapshotAnswer(None))) is None
    for data in (b"", b"\xc1", pack([]), pack({"manifest": 3}), b"\x00" * 5_000):
        with pytest.raises(DistributionError):
            read_answer(data)
