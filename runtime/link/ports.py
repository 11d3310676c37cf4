"""The seam to a server: processes put HttpLink here, the simulation its own."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import Literal, Protocol

# "no_certificate": there is nothing to show; "server": it is not who it should be; "client": it does not take ours
Cause = Literal["away", "no_certificate", "server", "client"]


@dataclass(frozen=True, slots=True)
class LinkReply:
    """An answer as it came: nothing in it is believed yet."""

    status: int
    body: bytes
    retry_after_s: int | None


class LinkDown(Exception):
    """No whole answer came. Whether the request arrived is not known."""

    def __init__(self, text: str = "", cause: Cause = "away") -> None:
        super().__init__(text)
        self.cause = cause


class NoCertificate(OSError):
    """This machine's own certificate is missing or cannot be used."""


class Tls(Protocol):
    """How a link is kept private, and with whom (runtime.trust.contexts.Tls)."""

    server_name: str

    def context(self) -> ssl.SSLContext:
        """Asked before each connection. Raises NoCertificate."""
        ...


class Link(Protocol):
    """One request at a time; each ends within a time of its own. Raises LinkDown and nothing else."""

    async def post(self, path: str, body: bytes) -> LinkReply: ...

    async def get(self, path: str) -> LinkReply: ...
