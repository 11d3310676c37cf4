"""The page over HTTP, on the listener that only this machine reaches.

GET /              the page; `?lang=zh` or `en`, else what the browser prefers
GET /v1/overview   the same as JSON, for `lane gateway --show` and monitors
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from runtime.chain.blocking import RunBlocking
from runtime.gateway.page.html import LANGUAGES, page
from runtime.gateway.page.overview import Overview, overview
from runtime.gateway.sharing.beats import Sharing
from runtime.gateway.store import GatewayStore
from runtime.serving.kit import Endpoint, query
from runtime.translation import translator
from runtime.wire.messages import Sentence

SHOWN_QUARANTINED = 5
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}


def _nothing() -> Iterable[Sentence]:
    return ()


class Page:
    """`config` has the translations; `alarms` gives those of other parts of the gateway."""

    def __init__(
        self,
        store: GatewayStore,
        sharing: Sharing,
        run: RunBlocking,
        config: Path,
        alarms: Callable[[], Iterable[Sentence]] = _nothing,
    ) -> None:
        self._store = store
        self._sharing = sharing
        self._run = run
        self._alarms = alarms
        self._translate = {language: translator(config, language) for language in LANGUAGES}

    def endpoints(self) -> tuple[Endpoint, ...]:
        return (Endpoint("/", "GET", self.page), Endpoint("/v1/overview", "GET", self.overview))

    async def page(self, request: Request) -> Response:
        language = _language(query(request, ("lang",)).get("lang", ""), request.headers.get("accept-language", ""))
        store = await self._run(self._look)
        return HTMLResponse(page(store, self._translate[language], language), headers=HEADERS)

    async def overview(self, request: Request) -> Response:
        return JSONResponse(dataclasses.asdict(await self._run(self._look)))

    def _look(self) -> Overview:
        sharing = self._sharing
        now_ms = sharing.now_ms()
        at = time.localtime(now_ms / 1000)
        sharing.shared.catch_up_where_room(sharing.records, 10_000)
        return overview(
            self._store.store,
            time.strftime("%Y-%m-%dT%H:%M:%S", at),
            now_ms,
            self._store.terminals(),
            self._store.quarantine(SHOWN_QUARANTINED),
            sharing.shared.board.terminals,
            dict(sharing.heard),
            sharing.shared.day_sales(time.strftime("%Y-%m-%d", time.localtime(now_ms / 1000 + 86_400))),
            self._alarms(),
        )


def _language(asked: str, accepted: str) -> str:
    if asked in LANGUAGES:
        return asked
    first = accepted.strip().lower()[:2]
    return first if first in LANGUAGES else "zh"
