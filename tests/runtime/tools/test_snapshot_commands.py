"""`lane keys`, `lane compile --sign`, `lane diff` and `lane patch` as processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.snapshot import Snapshot
from runtime.keys import trust_of

HEADER = "sku,name,unit,price,category,brand,tags,barcodes\n"


def lane(*words: object) -> subprocess.CompletedProcess[str]:
    said = [sys.executable, "-m", "runtime.cli", *map(str, words)]
    return subprocess.run(said, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def books(tmp_path: Path) -> tuple[Path, Path]:
    """Two books, compiled: yesterday's and today's."""
    for name, price in (("old", 100), ("new", 12_345)):
        folder = tmp_path / name
        folder.mkdir()
        rows = "".join(
            f"s{number},name {number},each,{price if number == 7 else number},,,,\n" for number in range(200)
        )
        (folder / "items.csv").write_text(HEADER + rows)
        (folder / "promotions.json").write_text("[]")
        (folder / "book.json").write_text('{"format": 1, "currency": "CNY", "exponent": 2}')
        assert lane("compile", folder, "-o", tmp_path / f"{name}.snapshot").returncode == 0
    return tmp_path / "old.snapshot", tmp_path / "new.snapshot"


@pytest.mark.parametrize("method", ["", "zstd", "bsdiff", "whole"])
def test_diff_and_patch(books: tuple[Path, Path], tmp_path: Path, method: str) -> None:
    old, new = books
    wanted = ["--method", method] if method else []
    done = lane("diff", old, new, "-o", tmp_path / "d", *wanted)
    assert done.returncode == 0 and (method or "zstd") in done.stdout
    done = lane("patch", old, tmp_path / "d", "-o", tmp_path / "patched")
    assert done.returncode == 0 and (tmp_path / "patched").read_bytes() == new.read_bytes()
    assert lane("patch", old, tmp_path / "d", "-o", old).returncode == 0  # in place
    assert old.read_bytes() == new.read_bytes()
    done = lane("patch", old, tmp_path / "d", "-o", old)
    assert done.returncode == 2 and "for another file" in done.stderr
    assert old.read_bytes() == new.read_bytes()


def test_refusals_leave_no_file(books: tuple[Path, Path], tmp_path: Path) -> None:
    old, new = books
    assert lane("diff", old, new, "-o", tmp_path / "d").returncode == 0
    damaged = bytearray((tmp_path / "d").read_bytes())
    damaged[120] ^= 4
    (tmp_path / "damaged").write_bytes(damaged)
    here = set(tmp_path.iterdir())
    for words in (
        ("patch", old, tmp_path / "damaged", "-o", tmp_path / "x"),
        ("patch", new, tmp_path / "d", "-o", tmp_path / "x"),
        ("patch", tmp_path / "nothing", tmp_path / "d", "-o", tmp_path / "x"),
        ("patch", old, tmp_path, "-o", tmp_path / "x"),
        ("patch", old, tmp_path / "d", "-o", tmp_path / "no" / "folder"),
        ("diff", old, tmp_path / "nothing", "-o", tmp_path / "x"),
    ):
        done = lane(*words)
        assert done.returncode == 2 and done.stderr.strip() and "Traceback" not in done.stderr, words
    assert set(tmp_path.iterdir()) == here


def test_keys_and_signing(books: tuple[Path, Path], tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    assert lane("keys", "new", keys).returncode == 0
    assert lane("keys", "new", keys).returncode == 2
    done = lane("compile", tmp_path / "new", "-o", tmp_path / "s", "--sign", keys / "snapshot.key")
    assert done.returncode == 0 and "signed" in done.stdout
    signed = Snapshot.open(tmp_path / "s", trust=trust_of([keys / "snapshot.pub"]))
    assert signed.hash == Snapshot.open(books[1]).hash
    done = lane("compile", tmp_path / "new", "-o", tmp_path / "t", "--sign", keys / "snapshot.pub")
    assert done.returncode == 2 and "private key" in done.stderr and not (tmp_path / "t").exists()
