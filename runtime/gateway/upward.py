"""The gateway's links to head office."""

from __future__ import annotations

import time

from runtime.gateway.settings import GatewayFile
from runtime.link.http_link import MAX_ANSWER_BYTES, HttpLink
from runtime.trust.authority import GATEWAY, ROOT
from runtime.trust.contexts import Files, Tls
from runtime.trust.names import HQ


def link_to_hq(file: GatewayFile, *, max_answer_bytes: int = MAX_ANSWER_BYTES) -> HttpLink | None:
    """A link of its own, with the gateway's certificate where it is https; None where there is no head office."""
    if file.hq is None:
        return None
    tls = None
    if file.hq.is_private and file.trust is not None:
        tls = Tls(Files(file.trust / ROOT, file.trust / GATEWAY), HQ, lambda: time.time_ns() // 1_000_000)
    return HttpLink(file.hq.url, timeout_s=file.hq.timeout_ms / 1000, max_answer_bytes=max_answer_bytes, tls=tls)
