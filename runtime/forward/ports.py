"""The seam between forwarding and the network: the daemon puts HttpLink here, the simulation its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LinkReply:
    """An answer as it came: nothing in it is believed yet."""

    status: int
    body: bytes
    retry_after_s: int | None


class LinkDown(Exception):
    """No whole answer came. Whether the request arrived is not known."""


class GatewayLink(Protocol):
    async def post(self, path: str, body: bytes) -> LinkReply:
        """One request at a time; ends within a time of its own. Raises LinkDown and nothing else."""
        ...
