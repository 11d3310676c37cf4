"""Ed25519 keys (RFC 8032) in files, and what is done with them: signing snapshots and times, saying whose are trusted.

A key is a PEM file as OpenSSL writes them: PKCS #8 for the private key, SubjectPublicKeyInfo for the public one. The
library `cryptography` is imported when a key is used and not before: a terminal without trusted keys never loads it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from engine.container import head_size, read_header, signed
from engine.signature import Trust, message

SENTENCES: dict[str, tuple[str, str]] = {
    "key_missing": ("The key file {path} cannot be used: {reason}.", "Check the path and who may read it."),
    "key_not_private": (
        "{path} holds no Ed25519 private key.",
        "Make a pair with lane keys new, and sign with its snapshot.key.",
    ),
    "key_not_public": (
        "{path} holds no Ed25519 public key.",
        "Name the file snapshot.pub that lane keys new wrote; a private key does not belong on a terminal.",
    ),
    "key_there": ("{path} is there already.", "Name another folder: a key is never written over."),
    "key_library": (
        "Signatures need the Python package cryptography, which is not installed here.",
        "Install lanekit[signing], or Debian's python3-cryptography.",
    ),
}

PRIVATE = "snapshot.key"
PUBLIC = "snapshot.pub"
MAX_KEY_BYTES = 1 << 16


class KeyFileError(Exception):
    """A key file that cannot be used or written. `code` is a key of SENTENCES."""

    def __init__(self, code: str, /, **args: str) -> None:
        text, remedy = SENTENCES[code]
        super().__init__(text.format(**args))
        self.code = code
        self.remedy = remedy
        self.args_named = args


def new_pair(folder: Path) -> str:
    """Write PRIVATE (for its owner's eyes alone) and PUBLIC into `folder`; gives the public key in hex.

    Raises KeyFileError, also where either is there already.
    """
    serialization, ed25519 = _library()
    key = ed25519.Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in (PRIVATE, PUBLIC):
            if (folder / name).exists():
                raise KeyFileError("key_there", path=str(folder / name))
        for name, data, mode in ((PRIVATE, private, 0o600), (PUBLIC, public, 0o644)):
            with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
    except OSError as e:
        raise KeyFileError("key_missing", path=str(e.filename or folder), reason=e.strerror or str(e)) from e
    return _raw(key.public_key(), serialization).hex()


def sign_snapshot(data: bytes, key_file: Path) -> bytes:
    """The same snapshot, signed. Raises KeyFileError, and SnapshotError where `data` is no snapshot."""
    serialization, ed25519 = _library()
    key = _load(key_file, lambda pem: serialization.load_pem_private_key(pem, None), "key_not_private")
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise KeyFileError("key_not_private", path=str(key_file))
    digest = read_header(data[: head_size()], len(data)).hash
    return signed(data, _raw(key.public_key(), serialization), key.sign(message(digest)))


class Signer:
    """A private key that signs bytes of any kind; who calls puts a label before them. Raises KeyFileError."""

    def __init__(self, key_file: Path) -> None:
        serialization, ed25519 = _library()
        key = _load(key_file, lambda pem: serialization.load_pem_private_key(pem, None), "key_not_private")
        if not isinstance(key, ed25519.Ed25519PrivateKey):
            raise KeyFileError("key_not_private", path=str(key_file))
        self._key = key
        self.public = _raw(key.public_key(), serialization)

    def sign(self, said: bytes) -> bytes:
        signature: bytes = self._key.sign(said)
        return signature


def trust_of(files: Iterable[Path]) -> Trust | None:
    """Trust in these public keys; None (any snapshot will do) where no file is named. Raises KeyFileError."""
    paths = list(files)
    if not paths:
        return None
    serialization, ed25519 = _library()
    keys: list[bytes] = []
    for path in paths:
        key = _load(path, serialization.load_pem_public_key, "key_not_public")
        if not isinstance(key, ed25519.Ed25519PublicKey):
            raise KeyFileError("key_not_public", path=str(path))
        keys.append(_raw(key, serialization))
    return Trust(keys, _verify)


def trust_of_key(public: bytes) -> Trust:
    """Trust in this one raw public key."""
    return Trust([public], _verify)


def _verify(key: bytes, signature: bytes, said: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature

    _, ed25519 = _library()
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(key).verify(signature, said)
    except (InvalidSignature, ValueError):
        return False
    return True


def _library() -> tuple[Any, Any]:
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError:
        raise KeyFileError("key_library") from None
    return serialization, ed25519


def _load(path: Path, read: Callable[[bytes], Any], wrong: str) -> Any:
    from cryptography.exceptions import InternalError, UnsupportedAlgorithm

    try:
        with path.open("rb") as file:
            pem = file.read(MAX_KEY_BYTES)
        return read(pem)
    except OSError as e:
        raise KeyFileError("key_missing", path=str(path), reason=e.strerror or str(e)) from e
    except (ValueError, TypeError, UnsupportedAlgorithm, InternalError) as e:
        # No PEM, encrypted, an algorithm that is unknown, a key of another length than its algorithm's.
        raise KeyFileError(wrong, path=str(path)) from e


def _raw(key: Any, serialization: Any) -> bytes:
    raw: bytes = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return raw
