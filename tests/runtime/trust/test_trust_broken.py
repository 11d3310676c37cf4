"""Broken variants: one line of the real code is wrong, and a scenario sees it that holds otherwise."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.gateway.enrolment import Door
from runtime.gateway.errors import GatewayError
from runtime.gateway.registry import Registry, server_tls
from runtime.serving.kit import Endpoint, Limits, application, packed
from runtime.serving.peers import KEY
from runtime.terminal import enrolment
from runtime.terminal.enrolment import Enrolment
from runtime.trust import codes, contexts, names
from runtime.trust.contexts import client_context
from runtime.trust.errors import TrustError
from runtime.trust.names import Peer, gateway_of, read_peer, server_name
from tests.runtime.gateway.test_gateway_registry import Office
from tests.runtime.trust.chains import TILL, meet, new_chain, now_ms
from tests.runtime.trust.test_trust_names import shown


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.registry.close()


def status(office: Office, peer: Peer | None, path: str = "/v1/any") -> int:
    """Of a request at the real guard, with this peer."""
    door = Door(office.registry, Limits())

    async def handler(request: Any) -> Any:
        return packed({})

    async def fatal() -> None:
        raise AssertionError

    app = application([Endpoint("/v1/any", "GET", handler), *door.endpoints()], fatal, door.admit)
    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b"", KEY: peer}
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]  # starlette's own names for the same
    return int(sent[0]["status"])


def nobody_is_let_in(office: Office) -> bool:
    return status(office, None) == 403


def another_store_is_not_let_in(office: Office) -> bool:
    """Its certificate has the number, name and epoch of one of ours: only the store tells."""
    peer = office.peer(office.enrol(office.code()), store="S002")
    return status(office, peer) == 403


def a_revoked_till_is_not_let_in(office: Office) -> bool:
    peer = office.peer(office.enrol(office.code()))
    assert status(office, peer) == 200
    office.registry.revoke("03", None)
    return status(office, peer) == 403


def a_till_sends_only_its_own(office: Office) -> bool:
    peer = office.peer(office.enrol(office.code()))
    office.enrol(office.code("04"), terminal="04", epoch=9)
    try:
        office.registry.check_line(peer, "04", 9)
    except GatewayError:
        return True
    return False


def an_authority_names_its_own_store(office: Office) -> bool:
    """As a handshake would show it where OpenSSL did not hold the constraints."""
    try:
        read_peer(shown(TILL, issuer=shown(Peer("terminal", "S002", "03", 1))["issuer"]))
    except TrustError:
        return True
    return False


def a_wrong_certificate_makes_no_handshake(office: Office) -> bool:
    other = new_chain(office.folder / "other")
    server = server_tls(office.folder / "trust", "S001", now_ms())
    files = contexts.Files(office.folder / "trust/root.pem", other.till().own)
    try:
        meet(server, client_context(files, now_ms), server_name(gateway_of("S001")))
    except (ssl.SSLError, ConnectionError):
        return True
    return False


def a_false_gateway_is_not_told_the_code(office: Office) -> bool:
    """Somebody else's root is shown; is the code sent?"""
    told: list[str] = []
    other = new_chain(office.folder / "other")

    class Listening(Enrolment):
        async def _shown_root(self) -> bytes:
            return other.root.pem

        async def _ask(self, path: str, asked: Any) -> bytes:
            told.append(asked.code)
            raise TrustError("no_answer", detail="it has what it wants")

    till = Listening(office.folder / "till", "https://127.0.0.1:1", "S001", "03", now_ms)
    with pytest.raises(TrustError):
        asyncio.run(till.enrol(office.code(), 7, ()))
    return not told


def let_everybody_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Door, "admit", lambda self, request: None)


def forget_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Registry.admit

    def admit(self: Registry, peer: Peer | None) -> Peer:
        mine = peer and Peer(peer.role, self._authority.store, peer.name, peer.epoch, peer.serial)
        return real(self, mine)

    monkeypatch.setattr(Registry, "admit", admit)


def revoke_on_disk_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Registry.revoke

    def revoke(self: Registry, terminal: str, epoch: int | None) -> int:
        live = dict(self._live)
        count = real(self, terminal, epoch)
        self._live = live
        return count

    monkeypatch.setattr(Registry, "revoke", revoke)


def forget_whose_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Registry, "check_line", lambda self, peer, terminal, epoch: None)


def forget_the_issuer(monkeypatch: pytest.MonkeyPatch) -> None:
    real = names._attributes

    def attributes(name: Any) -> dict[str, str]:
        found = real(name)
        if found.get("commonName", "").startswith("ca/"):
            found |= {"organizationalUnitName": "S001", "commonName": "ca/S001"}
        return found

    monkeypatch.setattr(names, "_attributes", attributes)


def ask_for_no_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    real = contexts.server_context

    def server_context(*args: Any, **named: Any) -> ssl.SSLContext:
        context = real(*args, **named)
        context.verify_mode = ssl.CERT_NONE
        return context

    monkeypatch.setattr("runtime.gateway.registry.server_context", server_context)


def believe_any_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes.EnrolmentCode, "marks", lambda self, root, store, terminal: True)
    assert enrolment.read_code is codes.read_code


VARIANTS: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], Callable[[Office], bool]]] = {
    "everybody is let in": (let_everybody_in, nobody_is_let_in),
    "the guard forgets the store": (forget_the_store, another_store_is_not_let_in),
    "revoked on disk alone": (revoke_on_disk_alone, a_revoked_till_is_not_let_in),
    "records of any terminal are taken": (forget_whose_line, a_till_sends_only_its_own),
    "the issuer is not looked at": (forget_the_issuer, an_authority_names_its_own_store),
    "clients are not verified": (ask_for_no_certificate, a_wrong_certificate_makes_no_handshake),
    "the code's mark is not looked at": (believe_any_root, a_false_gateway_is_not_told_the_code),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_the_scenario_holds_and_the_broken_variant_is_caught(
    office: Office, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    spoil, holds = VARIANTS[name]
    assert holds(office)
    spoil(monkeypatch)
    broken = Office(tmp_path_factory.mktemp("broken"))
    try:
        assert not holds(broken)
    finally:
        broken.registry.close()


def test_the_door_is_open_to_who_has_no_certificate(office: Office) -> None:
    assert status(office, None, "/v1/root") == 200
