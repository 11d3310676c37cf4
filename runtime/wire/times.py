"""The time as a gateway says it, signed: for terminals whose own clock cannot be believed.

    POST /v1/time      body TimeRequest, answer 200 TimeAnswer; 404 where the gateway has no key to sign with

What is signed (Ed25519, RFC 8032) is `message`: a label of our own, and all of the answer but the signature. The nonce
is the terminal's own random number, so that an old answer is no answer.
"""

from __future__ import annotations

from dataclasses import dataclass

from runtime.wire.pack import pack

NONCE_BYTES = 16
MAX_REQUEST_BYTES = 1024


@dataclass(frozen=True, slots=True)
class TimeRequest:
    store: str
    terminal: str
    nonce: bytes


@dataclass(frozen=True, slots=True)
class TimeAnswer:
    store: str
    terminal: str
    nonce: bytes
    utc_ms: int  # milliseconds since 1970 in UTC
    key: bytes  # the public key, 32 bytes
    signature: bytes


def message(request: TimeRequest, utc_ms: int) -> bytes:
    """What is signed."""
    return b"lanekit time\0" + pack([request.store, request.terminal, request.nonce, utc_ms])
