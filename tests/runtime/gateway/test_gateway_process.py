"""The real gateway, killed in the middle of a storm of batches: everything that it acknowledged is there once."""

from __future__ import annotations

import http.client
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from runtime.serving.server import SHUTDOWN_S
from runtime.wire.pack import build, pack, unpack
from runtime.wire.records import CONTENT_TYPE, BatchAnswer, PackedRecord
from runtime.wire.snapshots import ASK_PATH, MAX_HOLD_MS, Holding, SnapshotAsk
from tests.sim.batches import STORE, batch

READY_S = 20.0
HEADERS = {"Content-Type": CONTENT_TYPE}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """`lane gateway` on a database in `folder`, started and stopped as often as wanted."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.file = folder / "gateway.toml"
        self.file.write_text(f'[gateway]\nstore = "{STORE}"\nport = {self.port}\ndatabase = "run/gateway.db"\n')
        self.log = (folder / "gateway.log").open("ab")
        self.running: subprocess.Popen[str] | None = None

    def command(self, *more: str) -> list[str]:
        return [sys.executable, "-m", "runtime.cli", "gateway", "--config", str(self.file), *more]

    def start(self) -> None:
        self.running = subprocess.Popen(self.command(), stdout=subprocess.PIPE, stderr=self.log, text=True)
        timer = threading.Timer(READY_S, self.running.kill)
        timer.start()
        line = _stdout(self.running).readline()
        timer.cancel()
        assert "ready" in line, Path(self.log.name).read_text()

    def end(self, number: int) -> int:
        assert self.running is not None
        self.running.send_signal(number)
        code = self.running.wait(READY_S)
        _stdout(self.running).close()
        self.running = None
        return code

    def post(self, connection: http.client.HTTPConnection, body: bytes) -> tuple[int, bytes]:
        connection.request("POST", "/v1/records", body, HEADERS)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)

    def kept(self, terminal: str) -> list[PackedRecord]:
        found: list[PackedRecord] = []
        connection = self.connect()
        while True:
            after = found[-1].sequence if found else 0
            connection.request("GET", f"/v1/records?terminal={terminal}&epoch=9&after={after}&limit=500")
            page = [build(PackedRecord, one) for one in unpack(connection.getresponse().read(), 64 << 20)]
            if not page:
                connection.close()
                return found
            found += page


def _stdout(process: subprocess.Popen[str]) -> IO[str]:
    assert process.stdout is not None
    return process.stdout


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Process]:
    made = Process(tmp_path)
    yield made
    if made.running is not None:
        made.end(signal.SIGKILL)
    made.log.close()


class Terminal(threading.Thread):
    """Sends batches without a pause, again after what was stored, whatever happens to the gateway."""

    def __init__(self, gateway: Process, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.gateway = gateway
        self.acknowledged = 0
        self.stopping = threading.Event()
        self.complaint = ""

    def run(self) -> None:
        rng = random.Random(self.name)
        connection = self.gateway.connect()
        while not self.stopping.is_set():
            wanted = batch(self.name, 9, self.acknowledged + 1, rng.randint(1, 10), padding="x" * 1_500)
            try:
                status, body = self.gateway.post(connection, pack(wanted))
            except (OSError, http.client.HTTPException):
                connection.close()
                connection = self.gateway.connect()
                self.stopping.wait(0.01)
                continue
            if status != 200:
                self.complaint = f"status {status}"
                return
            stored = build(BatchAnswer, unpack(body)).stored
            if stored < self.acknowledged:
                self.complaint = f"{self.acknowledged} was acknowledged, and now {stored}"
                return
            self.acknowledged = stored
        connection.close()


def storm(gateway: Process, kills: int) -> None:
    terminals = [Terminal(gateway, name) for name in ("T1", "T2")]
    gateway.start()
    for terminal in terminals:
        terminal.start()
    rng = random.Random(1)
    for _ in range(kills):
        before = [terminal.acknowledged for terminal in terminals]
        deadline = time.monotonic() + READY_S
        while any(t.acknowledged <= b and not t.complaint for t, b in zip(terminals, before, strict=True)):
            assert time.monotonic() < deadline, "the storm stands still"
            time.sleep(rng.random() * 0.05)
        assert gateway.end(signal.SIGKILL) == -signal.SIGKILL
        gateway.start()
    for terminal in terminals:
        terminal.stopping.set()
        terminal.join(READY_S)
        assert not terminal.is_alive() and not terminal.complaint, terminal.complaint
    for terminal in terminals:
        kept = gateway.kept(terminal.name)
        assert [r.sequence for r in kept] == list(range(1, len(kept) + 1)), "each once, without gaps"
        assert len(kept) >= terminal.acknowledged > 0
        for one in kept:
            assert one == batch(terminal.name, 9, one.sequence, 1, padding="x" * 1_500).records[0]


def test_nothing_acknowledged_is_lost_by_kill_9(gateway: Process) -> None:
    storm(gateway, 5)


@pytest.mark.long
def test_nothing_acknowledged_is_lost_by_kill_9_long(gateway: Process) -> None:
    storm(gateway, 100)


def test_it_ends_cleanly_and_shows_what_it_has(gateway: Process) -> None:
    nobody = subprocess.run(gateway.command("--show"), capture_output=True, text=True, timeout=READY_S, check=False)
    assert nobody.returncode == 1 and "No gateway answers" in nobody.stderr
    gateway.start()
    connection = gateway.connect()
    assert gateway.post(connection, pack(batch("T1", 9, 1, 3, total_minor=1234)))[0] == 200
    connection.request("GET", "/nowhere")
    answer = connection.getresponse()
    assert (answer.status, unpack(answer.read())["code"]) == (404, "not_found")
    shown = subprocess.run(gateway.command("--show"), capture_output=True, text=True, timeout=READY_S, check=False)
    assert shown.returncode == 0 and "3 sales of 1 terminal, in all 37.02" in shown.stdout, shown.stdout + shown.stderr
    again = subprocess.run(gateway.command(), capture_output=True, text=True, timeout=READY_S, check=False)
    assert again.returncode == 1 and "another gateway" in again.stderr
    assert gateway.end(signal.SIGTERM) == 0
    connection.close()
    assert not (gateway.file.parent / "run" / "gateway.db-wal").exists(), "closed in order"


def test_an_answer_that_is_held_back_does_not_delay_the_end(gateway: Process) -> None:
    gateway.start()
    connection = gateway.connect()
    held = pack(SnapshotAsk(STORE, Holding("03", 0, b""), None, MAX_HOLD_MS))
    connection.request("POST", ASK_PATH, held, HEADERS)
    time.sleep(0.3)
    began_s = time.monotonic()
    assert gateway.end(signal.SIGTERM) == 0
    assert time.monotonic() - began_s < SHUTDOWN_S - 1
    assert connection.getresponse().status == 200


def test_bytes_that_are_no_http_and_bodies_that_never_end(gateway: Process) -> None:
    gateway.start()
    for noise in (
        b"\x00\xff" * 2_000,
        b"POST /v1/records HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=5) as raw:
            raw.sendall(noise)
            raw.shutdown(socket.SHUT_WR)
            assert b" 500 " not in raw.recv(200)
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=5) as raw:
        raw.sendall(
            b"POST /v1/records HTTP/1.1\r\nHost: g\r\nContent-Type: application/msgpack\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        said = b""
        try:
            for _ in range(200):  # 6 MB where 4 are taken
                raw.sendall(b"7530\r\n" + bytes(30_000) + b"\r\n")
        except OSError:
            said = b"cut"
        try:
            said = raw.recv(200) or said
        except OSError:
            said = b"cut"
        assert said == b"cut" or b" 413 " in said
    connection = gateway.connect()
    assert gateway.post(connection, pack(batch("T1", 9, 1, 1)))[0] == 200
    connection.close()
