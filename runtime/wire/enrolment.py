"""How a terminal gets its certificate, and a new one in time: over TLS to the gateway, itself without one.

    GET  /v1/root         the chain's root in PEM: what the mark in an enrolment code is held against
    POST /v1/enrol        body EnrolRequest, answer 200 CertificateAnswer
    POST /v1/renew        body RenewRequest, answer 200 CertificateAnswer; also after the old certificate has ended

Every request may be sent again: the same key gets the same certificate. What is signed (ECDSA with SHA-256, by the old
key) is `renewal`: a label of our own, and the new request.
"""

from __future__ import annotations

from dataclasses import dataclass

ROOT_PATH, ENROL_PATH, RENEW_PATH = "/v1/root", "/v1/enrol", "/v1/renew"
MAX_REQUEST_BYTES = 1 << 14
MAX_CARRIED = 64


@dataclass(frozen=True, slots=True)
class EnrolRequest:
    store: str
    terminal: str
    epoch: int  # of the journal that is there now
    carried: tuple[int, ...]  # earlier epochs whose records are in the same journal
    code: str
    request: bytes  # PKCS #10 in PEM


@dataclass(frozen=True, slots=True)
class RenewRequest:
    store: str
    terminal: str
    epoch: int
    request: bytes
    signature: bytes  # by the key of the certificate that the gateway issued last


@dataclass(frozen=True, slots=True)
class CertificateAnswer:
    certificate: bytes  # PEM: the terminal's, then the store's authority


def renewal(request: bytes) -> bytes:
    """What the old key signs."""
    return b"lanekit renewal\0" + request
