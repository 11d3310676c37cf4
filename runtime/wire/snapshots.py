"""Snapshots on their way down: from head office to a store's gateway, and from there to its terminals.

    POST /v1/snapshot     body SnapshotAsk, answer 200 SnapshotAnswer: which file the asker shall have. Where it has
                          that already, the answer may be held back for `hold_ms`, until there is another
    GET  /v1/snapshots/FILE?offset=&limit=             200, a piece of that file; 404 `no_file`
    GET  /v1/deltas/FROM/FILE/METHOD?offset=&limit=    200, a piece of the delta; 404 `no_delta`: take the whole file;
                                                       503 `delta_in_making` with Retry-After

FILE and FROM are the SHA-256 of a whole file in hex: a name is the content. A piece is at most MAX_PIECE_BYTES and
shorter than `limit` only where the file ends, so a transfer goes on where it stopped, and no answer is ever long.

What is signed (Ed25519, RFC 8032) is `manifest_message`: a label of our own and all of the manifest but the signature.
"""

from __future__ import annotations

from dataclasses import dataclass

from runtime.wire.pack import pack

ASK_PATH = "/v1/snapshot"
MAX_PIECE_BYTES = 256 << 10
MAX_ASK_BYTES = 128 << 10
MAX_ANSWER_BYTES = 4096  # of a SnapshotAnswer
MAX_COUNTER = (1 << 53) - 1
MAX_HOLDINGS = 500
MAX_HOLD_MS = 6_000  # well within the time that a link waits for an answer
HASH_BYTES = 32
ALL = "all"  # a scope; the others are "group:NAME" and "store:NUMBER"


@dataclass(frozen=True, slots=True)
class Manifest:
    """One publication: `counter` rises with each and decides which is newer, `scope` says for whom it is."""

    counter: int
    scope: str
    snapshot: bytes  # the hash that a sale's record names; it does not cover who signed the file
    file: bytes  # SHA-256 of the whole file
    size: int  # bytes of it
    key: bytes = b""  # raw Ed25519; empty where nobody has signed
    signature: bytes = b""


@dataclass(frozen=True, slots=True)
class Holding:
    """What one place has. `refused` is the code of why it does not take what it shall have, or empty."""

    name: str
    counter: int
    file: bytes
    refused: str = ""


@dataclass(frozen=True, slots=True)
class SnapshotAsk:
    """`has.name` is the terminal's number, or "gateway". A gateway tells what its terminals hold when that changes."""

    store: str
    has: Holding
    holdings: tuple[Holding, ...] | None = None
    hold_ms: int = 0  # how long the asker waits for something new; 0: it wants its answer now


@dataclass(frozen=True, slots=True)
class SnapshotAnswer:
    """None: nothing is published for the asker, and it keeps what it has."""

    manifest: Manifest | None


def manifest_message(manifest: Manifest) -> bytes:
    """What is signed."""
    said = [manifest.counter, manifest.scope, manifest.snapshot, manifest.file, manifest.size]
    return b"lanekit manifest\0" + pack(said)


def file_path(file_hex: str, offset: int, limit: int) -> str:
    return f"/v1/snapshots/{file_hex}?offset={offset}&limit={limit}"


def delta_path(from_hex: str, file_hex: str, method: str, offset: int, limit: int) -> str:
    return f"/v1/deltas/{from_hex}/{file_hex}/{method}?offset={offset}&limit={limit}"
