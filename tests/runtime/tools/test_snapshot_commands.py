"""`lane keys`, `lane compile --sign`, `lane diff` and `lane patch` as processes."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.snapshot import Snapshot
from runtime.keys import trust_of
from runtime.tools.files import file_error, write_whole

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


def test_an_output_never_takes_the_place_of_an_input(books: tuple[Path, Path], tmp_path: Path) -> None:
    old, new = books
    assert lane("diff", old, new, "-o", tmp_path / "d").returncode == 0
    assert lane("keys", "new", tmp_path / "keys").returncode == 0
    (tmp_path / "link").symlink_to(old)
    os.mkfifo(tmp_path / "pipe")
    key = tmp_path / "keys" / "snapshot.key"
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for words, told in (
        (("diff", old, new, "-o", old), "would be lost"),
        (("diff", old, new, "-o", tmp_path / "link"), "would be lost"),
        (("diff", tmp_path / "link", new, "-o", old), "would be lost"),
        (("diff", old, new, "-o", tmp_path / "old" / ".." / new.name), "would be lost"),
        (("patch", old, tmp_path / "d", "-o", tmp_path / "d"), "would be lost"),
        (("compile", tmp_path / "old", "-o", tmp_path / "old" / "items.csv"), "would be lost"),
        (("compile", tmp_path / "old", "-o", key, "--sign", key), "would be lost"),
        (("patch", old, tmp_path / "d", "-o", tmp_path / "pipe"), "no ordinary file"),
        (("compile", tmp_path / "old", "-o", tmp_path), "no ordinary file"),
        (("patch", old, tmp_path / "d", "-o", tmp_path / "no" / "folder"), f"{tmp_path / 'no' / 'folder'}: No such"),
        (("diff", tmp_path / "d", new, "-o", tmp_path / "x"), "not a snapshot"),
        (("diff", old, tmp_path / "d", "-o", tmp_path / "x"), "not a snapshot"),
    ):
        done = lane(*words)
        assert done.returncode == 2 and told in done.stderr and done.stderr.rstrip().endswith("."), (words, done.stderr)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert (tmp_path / "pipe").is_fifo()


def test_a_link_stays_a_link(books: tuple[Path, Path], tmp_path: Path) -> None:
    old, new = books
    (tmp_path / "current").symlink_to(old.name)
    assert lane("diff", old, new, "-o", tmp_path / "d").returncode == 0
    assert lane("patch", tmp_path / "current", tmp_path / "d", "-o", tmp_path / "current").returncode == 0
    assert (tmp_path / "current").is_symlink() and old.read_bytes() == new.read_bytes()


def test_a_full_disk_is_a_sentence_and_leaves_what_was_there(tmp_path: Path) -> None:
    """The limit on a file's size stands for the disk: the same kind of error, in the middle of the writing."""
    path = tmp_path / ("长" * 84)  # 252 bytes: there is no room for another word in the name beside it
    write_whole(path, b"before")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    was = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    try:
        with pytest.raises(OSError, match="File too large") as caught:
            write_whole(path, bytes(100_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, was)
    assert caught.value.filename == str(path)
    assert file_error(OSError(errno.ENOSPC, "No space left on device", "x"), path).endswith(
        "Make room on the disk, and try again."
    )
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [(path.name, b"before")]


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
