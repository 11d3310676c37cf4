"""From when to when a certificate holds (X.509 `Validity`, RFC 5280 4.1.2.5), read without the library cryptography.

The daemon must know when its own certificate is to be renewed; Python's ssl shows the dates of a peer only. Strict DER
of what stands before the dates, and no more.
"""

from __future__ import annotations

import ssl
from datetime import UTC, datetime

from runtime.trust.errors import TrustError

MAX_PEM_BYTES = 1 << 16
BEFORE_MS = 3_600_000  # a certificate holds from before it was made: clocks differ
BEGIN, END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_SEQUENCE, _INTEGER, _UTC_TIME, _GENERALIZED_TIME, _VERSION = 0x30, 0x02, 0x17, 0x18, 0xA0


def certificates(pem: bytes) -> list[bytes]:
    """The certificates of a PEM file in DER, in their order; what else is in it is passed over.

    Raises TrustError `bad_certificate`, also for none.
    """
    if len(pem) > MAX_PEM_BYTES:
        raise TrustError("bad_certificate", detail=f"more than {MAX_PEM_BYTES} bytes")
    found = []
    try:
        parts = pem.decode("ascii").split(BEGIN)[1:]
        for part in parts:
            inner, end, _ = part.partition(END)
            if not end:
                raise ValueError("it ends in the middle")
            found.append(ssl.PEM_cert_to_DER_cert(f"{BEGIN}{inner}{END}"))
    except ValueError as error:  # no ASCII, no base 64
        raise TrustError("bad_certificate", detail=str(error)) from error
    if not found or not all(found):
        raise TrustError("bad_certificate", detail="there is none in the file")
    return found


def validity(der: bytes) -> tuple[int, int]:
    """The first and the last moment of a certificate, in milliseconds UTC. Raises TrustError `bad_certificate`."""
    try:
        certificate, _ = _element(der, _SEQUENCE)
        rest, _ = _element(certificate, _SEQUENCE)
        if rest[:1] == bytes([_VERSION]):
            _, rest = _element(rest, _VERSION)
        for tag in (_INTEGER, _SEQUENCE, _SEQUENCE):  # serial number, algorithm, issuer
            _, rest = _element(rest, tag)
        dates, _ = _element(rest, _SEQUENCE)
        first, dates = _moment(dates)
        last, _ = _moment(dates)
    except (ValueError, IndexError, OverflowError) as error:
        raise TrustError("bad_certificate", detail=f"no dates in it: {error}") from error
    return first, last


def _element(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """(what is in the first element, what comes after it)"""
    if data[0] != tag:
        raise ValueError(f"{tag:#x} was expected")
    length, at = data[1], 2
    if length >= 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4:
            raise ValueError("a length of too many bytes")
        length, at = int.from_bytes(data[2 : 2 + count], "big"), 2 + count
    if len(data) < at + length:
        raise ValueError("it ends in the middle")
    return data[at : at + length], data[at + length :]


def _moment(data: bytes) -> tuple[int, bytes]:
    tag = data[0]
    if tag not in (_UTC_TIME, _GENERALIZED_TIME):
        raise ValueError("a time was expected")
    text, rest = _element(data, tag)
    digits = text.decode("ascii")
    if tag == _UTC_TIME:  # two digits of the year: from 50 on it is the last century
        digits = ("19" if digits[:2] >= "50" else "20") + digits
    when = datetime.strptime(digits, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    return int(when.timestamp()) * 1000, rest
