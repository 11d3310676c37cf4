"""The gateway's door over HTTP, as runtime.wire.enrolment has it: for terminals that have no certificate yet, or an old
one. Codes are tried at most five times each; whatever else is sent here changes nothing."""

from __future__ import annotations

import logging
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from runtime.gateway.errors import GatewayError
from runtime.gateway.registry import Registry
from runtime.serving.kit import Bodies, Endpoint, Limits, packed
from runtime.serving.peers import peer_of
from runtime.wire.enrolment import (
    ENROL_PATH,
    MAX_REQUEST_BYTES,
    RENEW_PATH,
    ROOT_PATH,
    CertificateAnswer,
    EnrolRequest,
    RenewRequest,
)
from runtime.wire.pack import WireError, build, unpack

log = logging.getLogger("lane.gateway")

T = TypeVar("T")


class Door:
    """Admits terminals by their certificates, and gives certificates to those that may have one."""

    def __init__(self, registry: Registry, limits: Limits) -> None:
        self._registry = registry
        self._bodies = Bodies(limits)  # its own: who floods the door holds up no sale

    def admit(self, request: Request) -> None:
        self._registry.admit(peer_of(request))

    def check_line(self, request: Request, terminal: str, epoch: int) -> None:
        """Raises GatewayError where who asks may not send this line's records."""
        self._registry.check_line(self._registry.admit(peer_of(request)), terminal, epoch)

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(ROOT_PATH, "GET", self._root, anybody=True),
            Endpoint(ENROL_PATH, "POST", self._enrol, anybody=True),
            Endpoint(RENEW_PATH, "POST", self._renew, anybody=True),
        ]

    async def _root(self, request: Request) -> Response:
        return Response(self._registry.root_pem, media_type="application/x-pem-file")

    async def _enrol(self, request: Request) -> Response:
        asked = await self._read(request, EnrolRequest)
        pem = self._registry.enrol(asked)
        log.info("enrolled terminal %r, epoch %016x", asked.terminal, asked.epoch)
        return packed(CertificateAnswer(pem))

    async def _renew(self, request: Request) -> Response:
        asked = await self._read(request, RenewRequest)
        pem = self._registry.renew(asked)
        log.info("renewed terminal %r, epoch %016x", asked.terminal, asked.epoch)
        return packed(CertificateAnswer(pem))

    async def _read(self, request: Request, kind: type[T]) -> T:
        data = await self._bodies.read_packed(request, MAX_REQUEST_BYTES)
        try:
            return build(kind, unpack(data, MAX_REQUEST_BYTES))
        except WireError as error:
            code = "not_msgpack" if error.code == "not_msgpack" else "bad_field"
            raise GatewayError(code, detail=str(error)) from error
