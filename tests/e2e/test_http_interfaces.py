"""Gateway and head office, real processes, asked whatever their OpenAPI documents allow and what they do not
(schemathesis): never a 5xx, never another process; what is refused has a code, and a line in the log.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest
from chain_ingest import lane_process
from chain_keys import new_office
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openapi import DOCS, DOCUMENTS, text_of
from rig import Process, free_port

from runtime.wire.pack import build, unpack
from runtime.wire.records import ErrorAnswer

schemathesis = pytest.importorskip("schemathesis")
BYTES = ("hash", "body", "nonce", "signature", "request", "certificate")  # of strings in a message, these go as bytes
PATIENT: dict[str, Any] = {"deadline": None, "suppress_health_check": list(HealthCheck)}
FAST, LONG = 8, 300  # requests to each address, of each of two kinds


@schemathesis.serializer("application/msgpack")
def as_msgpack(context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else msgpack.packb(_with_bytes(value), default=str)


def _with_bytes(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _bytes(part) if key in BYTES else _with_bytes(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_with_bytes(part) for part in value]
    return max(-(2**63), min(value, 2**64 - 1)) if type(value) is int else value


def _bytes(value: Any) -> Any:
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value


class Server:
    def __init__(self, folder: Path, what: str) -> None:
        self.what, self.port = what, free_port()
        text = {
            "gateway": f'[gateway]\nstore = "S1"\nport = {self.port}\ndatabase = "gateway.db"\n',
            "hq": f"[hq]\nport = {self.port}\n",
        }
        (folder / f"{what}.toml").write_text(text[what])
        self.process: Process = lane_process(what, folder)
        self.url = f"http://127.0.0.1:{self.port}"

    def log(self) -> str:
        return self.process.log.read_text(errors="replace")


@pytest.fixture(params=["gateway", "hq"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path, request.param)
    made.process.start(60)
    yield made
    made.process.kill()


@pytest.fixture
def count(request: pytest.FixtureRequest) -> int:
    return LONG if request.config.getoption("--long") else FAST


def test_whatever_is_asked_is_answered(server: Server, count: int) -> None:
    schema = schemathesis.openapi.from_dict(DOCUMENTS[f"openapi-{server.what}.json"])
    statuses: Counter[int] = Counter()
    pid = server.process.pid
    for found in schema.get_all_operations():
        operation = found.ok()
        modes = [schemathesis.GenerationMode.POSITIVE]
        if {"parameters", "requestBody"} & operation.definition.raw.keys():  # else there is nothing to get wrong
            modes.append(schemathesis.GenerationMode.NEGATIVE)
        for mode in modes:
            _ask(server, operation.as_strategy(generation_mode=mode), count, statuses)
    assert server.process.alive() and server.process.pid == pid
    assert statuses[200] and statuses[400] and statuses[404], statuses
    log = server.log()
    assert "Traceback" not in log and "code=bad_field" in log


def _ask(server: Server, strategy: Any, count: int, statuses: Counter[int]) -> None:
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def ask(case: Any) -> None:
        answer = case.call(base_url=server.url)
        statuses[answer.status_code] += 1
        check(answer.status_code, answer.content, case.method)

    ask()


def check(status: int, body: bytes, method: str) -> None:
    assert status < 500
    if status >= 400 and method != "HEAD" and body[:1] != b"I":  # uvicorn refuses what is no HTTP, in words
        assert build(ErrorAnswer, unpack(body)).code


@given(data=st.binary(max_size=200))
@settings(max_examples=20, deadline=None, database=None)
def test_bytes_that_are_nothing_are_refused(shared_servers: Callable[[], list[Server]], data: bytes) -> None:
    import http.client

    for server in shared_servers():
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("POST", "/v1/records", data, {"Content-Type": "application/msgpack"})
        answer = connection.getresponse()
        code = build(ErrorAnswer, unpack(answer.read())).code
        connection.close()
        assert answer.status == 400 and code in ("not_msgpack", "bad_field")
        assert f"code={code}" in server.log()


@pytest.fixture(scope="module")
def shared_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], list[Server]]]:
    servers = [Server(tmp_path_factory.mktemp(what), what) for what in ("gateway", "hq")]
    for one in servers:
        one.process.start(60)
    yield lambda: servers
    for one in servers:
        one.process.kill()


def served(app: Any) -> set[tuple[str, str]]:
    return {(method, route.path) for route in app.routes for method in route.methods - {"HEAD"}}


def documented(name: str) -> set[tuple[str, str]]:
    paths = DOCUMENTS[name]["paths"]
    return {(method.upper(), path) for path, operations in paths.items() for method in operations}


def test_the_documents_say_what_is_served(tmp_path: Path) -> None:
    import socket
    from contextlib import ExitStack

    from runtime.gateway.settings import read_gateway_file
    from runtime.gateway.stack import open_stack
    from runtime.hq.app import Desk, make_app
    from runtime.hq.snapshots import HqSnapshots
    from runtime.hq.sqlite import SqliteStore
    from runtime.service.notify import Notifier

    async def nothing() -> None:
        return None

    keys = new_office(tmp_path / "keys").store("S1", [])
    (tmp_path / "gateway.toml").write_text(
        f'[gateway]\nstore = "S1"\ndatabase = "gateway.db"\n[tls]\nfolder = "{keys.folder}"\n'
    )
    with ExitStack() as closing, socket.socket() as listening:
        file = read_gateway_file(tmp_path / "gateway.toml")
        stack = open_stack(file, listening, None, closing, nothing, Notifier())
        for one in stack.beside:
            one.close()
        assert served(stack.listeners[0].app) == documented("openapi-gateway.json")
    desk = Desk(SqliteStore(tmp_path / "hq.db", lambda: 1, lambda: 1))
    app = make_app(desk, more=HqSnapshots(tmp_path / "snapshots", {}).endpoints)
    assert served(app) == documented("openapi-hq.json")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_documents_are_as_made(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == text_of(name), "python scripts/openapi.py"
