"""The chain's authorities as files, made once by a person at head office (`lane ca`), offline.

DIR/root.key root.pem       the chain's root: the key never leaves this folder
OUT/store-ca.pem            a store's authority: key and certificate, for its gateway alone
OUT/gateway.pem, hq.pem     key and certificate of a server
OUT/root.pem                the root's certificate, for everybody
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from runtime.tools.files import TooLarge, read_limited, write_whole
from runtime.trust import issuing
from runtime.trust.dates import MAX_PEM_BYTES
from runtime.trust.errors import TrustError
from runtime.trust.names import HQ

ROOT_KEY, ROOT, STORE_CA, GATEWAY, HQ_FILE = "root.key", "root.pem", "store-ca.pem", "gateway.pem", "hq.pem"
SECRET, PUBLIC = 0o600, 0o644


def make_chain(folder: Path, chain: str, now: datetime) -> list[Path]:
    """A new root in `folder`. Raises TrustError."""
    root = issuing.new_root(chain, now)
    return _write(folder, {ROOT_KEY: (issuing.key_pem(root.key), SECRET), ROOT: (root.pem, PUBLIC)})


def make_store(folder: Path, store: str, out: Path, now: datetime) -> list[Path]:
    """All that a store's gateway needs, into `out`. Raises TrustError."""
    root = read_root(folder)
    authority = issuing.new_store_authority(root, store, now)
    gateway = issuing.issue_gateway(root, store, now)
    own = issuing.key_pem(authority.key) + authority.pem
    return _write(out, {STORE_CA: (own, SECRET), GATEWAY: (gateway, SECRET), ROOT: (root.pem, PUBLIC)})


def make_hq(folder: Path, out: Path, now: datetime) -> list[Path]:
    """All that head office's server needs, into `out`. Raises TrustError."""
    root = read_root(folder)
    key = issuing.new_key()
    own = issuing.key_pem(key) + issuing.issue(root, key.public_key(), HQ, now, issuing.STORE_DAYS)
    return _write(out, {HQ_FILE: (own, SECRET), ROOT: (root.pem, PUBLIC)})


def read_root(folder: Path) -> issuing.Authority:
    """The root with its key. Raises TrustError."""
    return issuing.read_authority(read_file(folder / ROOT_KEY) + read_file(folder / ROOT))


def read_file(path: Path) -> bytes:
    """A PEM file. Raises TrustError `file`."""
    try:
        return read_limited(path, MAX_PEM_BYTES)
    except (OSError, TooLarge) as error:
        raise TrustError("file", path=str(path), detail=getattr(error, "strerror", None) or str(error)) from error


def _write(folder: Path, files: dict[str, tuple[bytes, int]]) -> list[Path]:
    paths = [folder / name for name in files]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in paths:
            if path.exists():
                raise TrustError("file_there", path=str(path))
        for path, (data, mode) in zip(paths, files.values(), strict=True):
            write_whole(path, data, mode=mode)
    except OSError as error:
        raise TrustError("file", path=str(folder), detail=error.strerror or str(error)) from error
    return paths
