"""TLS contexts of the chain: TLS 1.3, the chain's root and no other, a name that only the right server has.

    server_context(files)     a gateway's or head office's listener; a client may come without a certificate
    client_context(files)     to a server of the chain; with `Files.own` as a client with a certificate
    Tls                       the same, read again when the files have changed; what HttpLink takes

**Time.** OpenSSL compares dates with the machine's clock, and a till's may say 1970. So a client's context leaves dates
alone (X509_V_FLAG_NO_CHECK_TIME) and holds the server's against the best time that its process knows, which `now_ms`
gives; None: no time is known, dates are not looked at. That is for asking the time and for renewing alone. Everything
else is verified as ever. A server's context compares with the machine's clock, unless told that it is wrong.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runtime.link.ports import NoCertificate
from runtime.trust.errors import TrustError
from runtime.trust.names import Peer, server_name

NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME (x509_vfy.h); Python has no name for it
SLACK_MS = 300_000  # by which two clocks may differ

NowMs = Callable[[], int | None]  # UTC; None: not known


@dataclass(frozen=True, slots=True)
class Files:
    """`root`: the chain's root, PEM. `own`: private key, certificate and the certificates between it and the root, in
    one PEM, so that it is replaced whole; None: no certificate is shown."""

    root: Path
    own: Path | None = None


def server_context(files: Files, *, check_time: bool = True) -> ssl.SSLContext:
    """For a listener. A certificate that is shown must be under the root; who shows none must be refused by the
    application, path by path (runtime.serving.admission). Raises TrustError `file`, `bad_certificate`."""
    if files.own is None:
        raise ValueError("a server shows a certificate")
    context = _context(ssl.PROTOCOL_TLS_SERVER, files)
    context.verify_mode = ssl.CERT_OPTIONAL
    context.num_tickets = 0  # a session that is taken up again would not be verified again
    if not check_time:
        _leave_dates(context)
    return context


def client_context(files: Files, now_ms: NowMs) -> ssl.SSLContext:
    """For connections that name their server (`server_hostname=server_name(peer)`): without the name there is
    no handshake. Raises TrustError `file`, `bad_certificate`."""
    context = _context(ssl.PROTOCOL_TLS_CLIENT, files)
    context.check_hostname = True
    context.verify_mode = ssl.CERT_REQUIRED
    context.hostname_checks_common_name = False
    _leave_dates(context)
    context.sslobject_class = type("CheckedSSLObject", (_CheckedSSLObject,), {"now_ms": staticmethod(now_ms)})
    return context


def unverified_context() -> ssl.SSLContext:
    """For one question alone: which root does this server show? (runtime.trust.codes says whether to believe it.)"""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Tls:
    """What a link needs for TLS to one server. The files are read when first used, and again when they have changed:
    a renewed certificate counts from the next connection on."""

    def __init__(self, files: Files, server: Peer, now_ms: NowMs) -> None:
        self._files = files
        self._now_ms = now_ms
        self._context: ssl.SSLContext | None = None
        self._read: object = None
        self.server_name = server_name(server)

    def context(self) -> ssl.SSLContext:
        """Raises NoCertificate where the files cannot be used."""
        paths = [path for path in (self._files.root, self._files.own) if path is not None]
        try:
            seen = [(one.st_mtime_ns, one.st_ino, one.st_size) for one in (path.stat() for path in paths)]
            if self._context is None or seen != self._read:
                self._context = client_context(self._files, self._now_ms)
                self._read = seen
        except (TrustError, OSError) as error:
            raise NoCertificate(str(error)) from error
        return self._context


class _CheckedSSLObject(ssl.SSLObject):
    """Makes no handshake with a server that is not named, and ends one with a server whose certificate does not hold at
    `now_ms`, before anything is said."""

    now_ms: NowMs

    def do_handshake(self) -> None:
        if not self.server_hostname:  # Python would take any name then
            raise ssl.SSLCertVerificationError("this connection names no server")
        super().do_handshake()
        now = type(self).now_ms()
        shown: dict[str, Any] = self.getpeercert() or {}
        if now is not None:
            check_dates(shown, now)


def check_dates(shown: dict[str, Any], now_ms: int) -> None:
    """Of what getpeercert() gives. Raises SSLCertVerificationError."""
    try:
        first, last = (int(ssl.cert_time_to_seconds(shown[key])) * 1000 for key in ("notBefore", "notAfter"))
    except (KeyError, ValueError) as error:
        raise ssl.SSLCertVerificationError("the certificate has no dates") from error
    if now_ms < first - SLACK_MS:
        raise ssl.SSLCertVerificationError(f"the certificate holds from {shown['notBefore']} on")
    if now_ms > last + SLACK_MS:
        raise ssl.SSLCertVerificationError(f"the certificate held until {shown['notAfter']}")


def _context(protocol: int, files: Files) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)  # empty: none of the system's authorities
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT
    path = files.root
    try:
        context.load_verify_locations(cafile=files.root)
        if files.own is not None:
            path = files.own
            context.load_cert_chain(files.own)
    except ssl.SSLError as error:
        raise TrustError("bad_certificate", detail=f"{path.name}: {error.reason or error}") from error
    except OSError as error:
        raise TrustError("file", path=str(path), detail=error.strerror or str(error)) from error
    return context


def _leave_dates(context: ssl.SSLContext) -> None:
    context.verify_flags |= NO_CHECK_TIME
