"""Who is at the other end of a connection, from its certificate: in the scope of each of its requests."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, cast

from starlette.requests import Request
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from runtime.trust.errors import TrustError
from runtime.trust.names import Peer, read_peer

log = logging.getLogger("lane.serving")

KEY = "lane.peer"
_Protocol: Any = AutoHTTPProtocol  # which of the two it is, is known when uvicorn is imported


def peer_of(request: Request) -> Peer | None:
    """Who asks; None where no certificate was shown, and on a listener without TLS."""
    return cast("Peer | None", request.scope.get(KEY))


class PeerProtocol(_Protocol):  # type: ignore[misc]
    """uvicorn's protocol of one connection, on httptools where that is installed, else on h11; asyncio calls it when
    the handshake is over."""

    app: Any

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        peer = None
        try:
            peer = read_peer(transport.get_extra_info("peercert"))
        except TrustError as error:
            log.warning("a certificate from=%s counts for nothing: %s", transport.get_extra_info("peername"), error)
        self.app = _Introduced(self.app, peer)


class _Introduced:
    """The application, told with every request who asks."""

    def __init__(self, app: Any, peer: Peer | None) -> None:
        self._app, self._peer = app, peer

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        scope[KEY] = self._peer
        await self._app(scope, receive, send)
