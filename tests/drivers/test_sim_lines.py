"""Simulated devices as real processes on real ptys, TCP ports and control sockets."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import serial

ROOT = Path(__file__).resolve().parents[2]
LANE = [sys.executable, "-m", "runtime.cli", "simulate"]


class Simulator:
    def __init__(self, *words: str) -> None:
        self.process = subprocess.Popen([*LANE, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        word, *places = self.process.stdout.readline().split()
        assert word == "ready"
        self.places = dict(place.split("=", 1) for place in places)

    def address(self, name: str) -> tuple[str, int]:
        host, _, port = self.places[name].rpartition(":")
        return host, int(port)

    def connect(self, name: str) -> socket.socket:
        return socket.create_connection(self.address(name), timeout=5)

    def tell(self, **request: object) -> dict[str, object]:
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(5)
            control.connect(self.places["control"])
            control.sendall(json.dumps(request).encode() + b"\n")
            answer = json.loads(control.makefile().readline())
        assert isinstance(answer, dict)
        return answer

    def stop(self) -> int:
        self.process.terminate()
        code = self.process.wait(5)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@contextmanager
def simulator(*words: str) -> Iterator[Simulator]:
    one = Simulator(*words)
    try:
        yield one
    finally:
        if one.process.poll() is None:
            one.stop()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def store(run: Path) -> Iterator[Simulator]:
    with simulator("all", "--dir", str(run), "--printer-port", "0", "--payment-port", "0") as one:
        yield one


def until(what: Callable[[], object], within_s: float = 5.0) -> object:
    deadline = time.monotonic() + within_s
    while not (value := what()):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return value


def test_a_scanner_is_opened_closed_and_opened_again(store: Simulator) -> None:
    for code in ("6901234567892", "26123450057941", "x"):
        with serial.Serial(store.places["scanner"], 9600, timeout=5) as port:
            assert store.tell(device="scanner", scan=code)["ok"] is True
            assert port.read_until(b"\r") == code.encode() + b"\r"


def test_a_burst_beyond_what_a_pty_holds_arrives_whole(store: Simulator) -> None:
    codes = [f"{number:013d}" for number in range(3000)]
    with serial.Serial(store.places["scanner"], 9600, timeout=5) as port:
        store.tell(device="scanner", burst=codes)
        assert port.read(14 * len(codes)).split(b"\r")[:-1] == [code.encode() for code in codes]


def test_a_scale_answers_on_its_pty(store: Simulator) -> None:
    store.tell(device="scale", weight_g=726)
    with serial.Serial(store.places["scale"], 9600, bytesize=7, parity="E", timeout=5) as port:
        port.write(b"\x05")
        assert port.read(1) == b"\x06"
        port.write(b"\x11")
        assert port.read(15)[2:12] == b"S  0.726kg"


def test_an_active_scale_that_nobody_reads_says_nothing_stale(store: Simulator) -> None:
    store.tell(device="scale", weight_g=1, mode="active")
    time.sleep(1.2)  # more than ten frames; what is looked for is that they are gone
    store.tell(device="scale", weight_g=2)
    fd = os.open(store.places["scale"], os.O_RDWR | os.O_NOCTTY)
    try:
        until(lambda: b"0.002" in os.read(fd, 4096), 2)
    finally:
        os.close(fd)
    with serial.Serial(store.places["scale"], 9600, timeout=5) as port:
        assert len(port.read(16)) == 16
    store.tell(device="scale", mode="passive")


def test_a_display_shows(store: Simulator) -> None:
    with serial.Serial(store.places["display"], 2400, timeout=5) as port:
        port.write(b"\x1bQA74.19\r\x1bs2")
        port.flush()
        until(lambda: store.tell(device="display", read=True).get("lamp") == "total")
    assert store.tell(device="display", read=True)["digits"] == "74.19"


def test_the_printer_takes_one_connection_at_a_time(store: Simulator) -> None:
    first = store.connect("printer")
    first.sendall(b"\x10\x04\x01")
    assert first.recv(1) == b"\x12"
    second = store.connect("printer")
    second.sendall(b"\x10\x04\x04")
    second.settimeout(0.2)
    with pytest.raises(TimeoutError):
        second.recv(1)
    first.close()
    second.settimeout(5)
    assert second.recv(1) == b"\x12"
    second.sendall("苹果\n".encode("gb18030") + b"\x1dV\x01\x10\x04\x01")
    assert second.recv(1) == b"\x12"
    second.close()
    slips = store.tell(device="printer", take=True)["slips"]
    assert isinstance(slips, list)
    assert [slip["text"].splitlines()[0] for slip in slips] == ["苹果"]


def test_payments_of_two_terminals_at_once(store: Simulator) -> None:
    with store.connect("payment") as one, store.connect("payment") as two:
        one.sendall(b'{"op":"pay","trade_no":"T1","auth_code":"131234567890123400","amount_minor":7419}\n')
        assert json.loads(one.makefile().readline()) == {"trade_no": "T1", "state": "SUCCESS"}
        two.sendall(b'{"op":"query","trade_no":"T1"}\n')
        assert json.loads(two.makefile().readline())["state"] == "SUCCESS"
    assert store.tell(device="payment", trades=True)["taken_minor"] == 7419


def test_bad_control_requests_are_answered_and_the_next_is_done(store: Simulator) -> None:
    assert "device must be" in str(store.tell(device="toaster")["error"])
    assert "unknown: scna" in str(store.tell(device="scanner", scna="1")["error"])
    with socket.socket(socket.AF_UNIX) as control:
        control.connect(store.places["control"])
        control.sendall(b'{"half\n[]\n{"device":"scale","status":true}\n')
        answers = control.makefile()
        assert ["error" in json.loads(answers.readline()) for _ in range(3)] == [True, True, False]


def test_tell_is_a_command(store: Simulator) -> None:
    words = ["tell", store.places["control"], '{"device":"printer","status":true}']
    done = subprocess.run([*LANE, *words], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["paper"] == "ok"
    assert subprocess.run([*LANE, *words[:2], "{}"], cwd=ROOT, capture_output=True, check=False).returncode == 1


def test_nothing_is_left_behind_and_what_a_killed_one_left_is_replaced(tmp_path: Path) -> None:
    words = ("scanner", "--pty", str(tmp_path / "scanner"), "--control", str(tmp_path / "control"))
    killed = Simulator(*words)
    killed.process.send_signal(signal.SIGKILL)
    killed.process.wait(5)
    assert (tmp_path / "scanner").is_symlink()
    with simulator(*words) as again:
        with serial.Serial(str(tmp_path / "scanner"), timeout=5) as port:
            again.tell(scan="1")
            assert port.read(2) == b"1\r"
        assert again.stop() == 0
    assert list(tmp_path.iterdir()) == []


def test_a_port_in_use_is_said_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        words = [*LANE, "printer", "--tcp", f"127.0.0.1:{port}"]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode == 1
    assert "in use" in done.stderr
    assert "Traceback" not in done.stderr
