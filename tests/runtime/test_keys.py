"""Keys in files: real Ed25519, and that OpenSSL's own files are read."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from engine.compiler import compile_book
from engine.container import signed
from engine.errors import SnapshotError
from engine.signature import BLOCK_BYTES
from engine.snapshot import Snapshot
from runtime.keys import PRIVATE, PUBLIC, SENTENCES, KeyFileError, new_pair, sign_snapshot, trust_of

ITEMS = "sku,name,unit,price,category,brand,tags,barcodes\nmilk,milk,each,650,,,,\n"
BOOK = {
    "book.json": b'{"format": 1, "currency": "CNY", "exponent": 2}',
    "items.csv": ITEMS.encode(),
    "promotions.json": b"[]",
}
DATA = compile_book(BOOK).data


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    new_pair(tmp_path / "keys")
    return tmp_path / "keys"


def code(what: object) -> str:
    assert isinstance(what, KeyFileError) and what.code in SENTENCES and what.remedy
    return what.code


def test_what_one_key_signs_the_other_trusts(pair: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    new_pair(other)
    data = sign_snapshot(DATA, pair / PRIVATE)
    for files in ([pair / PUBLIC], [other / PUBLIC, pair / PUBLIC]):
        assert Snapshot(data, trust=trust_of(files)).find("milk") is not None
    key, signature = data[-BLOCK_BYTES:][8:40], bytearray(data[-BLOCK_BYTES:][40:104])
    signature[5] ^= 1
    for wrong in (DATA, sign_snapshot(DATA, other / PRIVATE), signed(DATA, key, bytes(signature))):
        with pytest.raises(SnapshotError) as caught:
            Snapshot(wrong, trust=trust_of([pair / PUBLIC]))
        assert (caught.value.code, caught.value.section) == ("snapshot_untrusted", "signature")


def test_a_pair_is_for_its_owner_and_never_written_over(pair: Path) -> None:
    before = (pair / PRIVATE).read_bytes()
    assert stat.S_IMODE((pair / PRIVATE).stat().st_mode) == 0o600
    (pair / PUBLIC).unlink()
    with pytest.raises(KeyFileError) as caught:
        new_pair(pair)
    assert code(caught.value) == "key_there" and (pair / PRIVATE).read_bytes() == before
    assert not (pair / PUBLIC).exists()
    with pytest.raises(KeyFileError) as caught:
        new_pair(pair / PRIVATE)
    assert code(caught.value) == "key_missing"


def test_wrong_files_are_sentences(pair: Path, tmp_path: Path) -> None:
    curve = ec.generate_private_key(ec.SECP256R1())
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (tmp_path / "ec.key").write_bytes(curve.private_bytes(encoding, form, serialization.NoEncryption()))
    (tmp_path / "ec.pub").write_bytes(
        curve.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    locked = ed25519.Ed25519PrivateKey.generate()
    (tmp_path / "locked").write_bytes(locked.private_bytes(encoding, form, serialization.BestAvailableEncryption(b"x")))
    (tmp_path / "garbage").write_bytes(b"\xff\x00 no key")
    # One bit of an Ed25519 key: it says that it is X448, and has 32 bytes. Found by scripts/fuzz.
    seed = "MC4CAQAwBQYDK2VvBCIEIOCIW77yZSeM3WYqd7Mn9EwFIXISoZRqdFweOVsPnCEI"
    (tmp_path / "short").write_text(f"-----BEGIN PRIVATE KEY-----\n{seed}\n-----END PRIVATE KEY-----\n")
    for name in ("ec.key", "ec.pub", "locked", "garbage", "keys/snapshot.key"):
        with pytest.raises(KeyFileError) as caught:
            trust_of([pair / PUBLIC, tmp_path / name])
        assert code(caught.value) == "key_not_public", name
    for name in ("ec.key", "ec.pub", "locked", "garbage", "short", "keys/snapshot.pub"):
        with pytest.raises(KeyFileError) as caught:
            sign_snapshot(DATA, tmp_path / name)
        assert code(caught.value) == "key_not_private", name
    for name in ("nothing", "keys"):
        with pytest.raises(KeyFileError) as caught:
            trust_of([tmp_path / name])
        assert code(caught.value) == "key_missing", name
    assert trust_of([]) is None


def test_a_till_without_keys_loads_no_cryptography(tmp_path: Path) -> None:
    program = """
import sys
import runtime.terminal.daemon, runtime.tools.compile_book
from runtime.keys import trust_of
trust_of([])
sys.exit(any(name.split(".")[0] in ("cryptography", "zstandard", "bsdiff4") for name in sys.modules))
"""
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0


def test_the_missing_library_is_a_sentence(monkeypatch: pytest.MonkeyPatch, pair: Path) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives", None)
    with pytest.raises(KeyFileError) as caught:
        trust_of([pair / PUBLIC])
    assert code(caught.value) == "key_library"
