"""Simulated scanner, scale, display and payment provider, without a cable."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import reduce
from operator import xor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.simulators import display, payment, printer, scale, scanner
from drivers.simulators.device import ControlError, Device
from drivers.simulators.display import Display
from drivers.simulators.payment import Provider, Trade
from drivers.simulators.scale import Scale
from drivers.simulators.scanner import Scanner


class Bench:
    def __init__(self, make: Callable[..., Device], **settings: object) -> None:
        self.said = bytearray()
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.device = make(lambda delay, then: self.timers.append((delay, then)), **settings)
        self.peer = self.device.attach(self.said.extend)

    def send(self, data: bytes) -> bytes:
        self.said.clear()
        self.peer.receive(data)
        return bytes(self.said)

    def tell(self, **request: object) -> bytes:
        self.said.clear()
        assert self.device.control(request)["ok"] is True
        return bytes(self.said)

    def tick(self) -> bytes:
        self.said.clear()
        due, self.timers = self.timers, []
        for _, then in due:
            then()
        return bytes(self.said)


# --- scanner ----------------------------------------------------------------------------------------------------


def test_scans() -> None:
    bench = Bench(Scanner)
    assert bench.tell(scan="6901234567892") == b"6901234567892\r"
    assert bench.tell(scan="6901234567892", aim="]E0", suffix="\r\n") == b"]E06901234567892\r\n"
    assert bench.tell(burst=["1", "2"]) == b"1\r2\r"
    assert bench.tell(raw="00 ff") == b"\x00\xff"
    assert bench.tell(burst=["1", "2"], gap_ms=50) == b""
    assert [delay for delay, _ in bench.timers] == [0, 0.05]
    assert bench.tick() == b"1\r2\r"
    assert Bench(Scanner, with_aim=True).tell(scan="12345670") == b"]E412345670\r"
    bench.tell(silent=True)
    assert bench.tell(scan="1") == b""


def test_a_scan_that_nobody_hears_is_told() -> None:
    bench = Bench(Scanner)
    bench.peer.closed()
    with pytest.raises(ControlError, match="nobody"):
        bench.device.control({"scan": "1"})


# --- scale ------------------------------------------------------------------------------------------------------


def test_the_passive_conversation_and_both_check_bytes() -> None:
    bench = Bench(Scale)
    bench.tell(weight_g=1234)
    assert bench.send(b"\x05") == b"\x06"
    os2 = bench.send(b"\x11")
    assert os2[:12] == b"\x01\x02S  1.234kg"
    assert os2[12:] == bytes([reduce(xor, os2[:12]), 3, 4])
    bench.tell(dialect="cas")
    cas = bench.send(b"\x11")
    assert cas[12] == reduce(xor, cas[2:12]) == os2[12] ^ 3


@pytest.mark.parametrize(
    ("request_", "body"),
    [
        ({"weight_g": 50, "stable": False}, b"U  0.050kg"),
        ({"weight_g": -50}, b"S- 0.050kg"),
        ({"negative": True}, b"S- 0.050kg"),
        ({"weight_g": 15000, "pad": "zero"}, b"S 15.000kg"),
        ({"weight_g": 5, "pad": "zero"}, b"S 00.005kg"),
        ({"overload": True}, b"F 99.999kg"),
    ],
)
def test_what_lies_on_it(request_: dict[str, object], body: bytes) -> None:
    bench = Bench(Scale)
    bench.tell(**request_)
    assert bench.send(b"\x11")[2:12] == body


def test_it_settles_after_a_while() -> None:
    bench = Bench(Scale)
    bench.tell(weight_g=500, settle_ms=300)
    assert bench.send(b"\x11")[2:3] == b"U"
    bench.tick()
    assert bench.send(b"\x11")[2:3] == b"S"
    bench.tell(weight_g=500, settle_ms=300)
    bench.tell(weight_g=700, stable=False)
    bench.tick()  # the timer of the weight before
    assert bench.send(b"\x11")[2:3] == b"U"


def test_active_it_talks_ten_times_a_second_with_flag2() -> None:
    bench = Bench(Scale)
    first = bench.tell(mode="active")
    assert len(first) == 16
    assert first[15] == 0x10  # zero
    assert [delay for delay, _ in bench.timers] == [0.1]
    bench.device.control({"overload": True})
    assert bench.tick()[15] == 0x40
    bench.send(b"<AL>\t")
    assert bench.tick() == b""
    assert len(bench.send(b"<PB>\t")) == 16


def test_tare_zero_silence_and_noise() -> None:
    bench = Bench(Scale)
    bench.tell(weight_g=100)
    bench.send(b"<TK>\t")
    bench.tell(weight_g=350)
    assert bench.send(b"\x11")[2:12] == b"S  0.250kg"
    bench.send(b"<ZK>\t")
    assert bench.send(b"\x11")[2:12] == b"S  0.000kg"
    assert bench.tell(noise="ff 00") == b"\xff\x00"
    bench.tell(silent=True)
    assert bench.send(b"\x05\x11") == b""


# --- display ----------------------------------------------------------------------------------------------------


def read(display: Display) -> tuple[object, object, object]:
    answer = display.control({"read": True})
    return answer["digits"], answer["lamp"], answer["faults"]


def test_both_lamp_dialects() -> None:
    display = Display()
    display.hear(b"\x1b@\x1bQA12.30\r\x1bs2")
    assert read(display) == ("12.30", "total", [])
    display.hear(b"\x1bs\x04")
    assert read(display)[1] == "change"
    display.hear(b"\x0c")
    assert read(display) == ("", "change", [])
    strict = Display("ascii")
    strict.hear(b"\x1bs\x02")
    assert read(strict) == ("", "off", ["unknown 1B 73 02"])
    assert display.control({"history": True})["history"] != []
    assert display.control({"history": True})["history"] == []


def test_a_display_keeps_eight_digits_and_says_so() -> None:
    display = Display()
    display.hear(b"\x1bQA123456.789\r")
    assert read(display) == ("123456.78", "off", ["unknown 1B 51 41 31 32 33 34 35 36 2E 37 38 39 0D"])
    display.hear(b"\x1bQAhello\r\x1bZ" + b"\x1bQA" + b"1" * 40)
    assert read(display)[0] == "123456.78"


# --- payment ----------------------------------------------------------------------------------------------------


class Terminal(Bench):
    def ask(self, **request: object) -> dict[str, object] | None:
        said = self.send(json.dumps(request).encode() + b"\n")
        answer = json.loads(said) if said else None
        assert answer is None or isinstance(answer, dict)
        return answer

    def state(self, op: str, trade_no: str, code_end: str = "00", amount_minor: int = 100) -> object:
        more: dict[str, object] = {}
        if op == "pay":
            more = {"auth_code": f"1312345678901234{code_end}", "amount_minor": amount_minor}
        answer = self.ask(op=op, trade_no=trade_no, **more)
        return None if answer is None else answer.get("state", answer)


def test_paid_at_once_twice_the_same_and_never_with_another_amount() -> None:
    terminal = Terminal(Provider)
    assert terminal.ask(op="ping") == {"pong": True}
    assert terminal.state("query", "T1") == "NOTFOUND"
    assert terminal.state("pay", "T1") == "SUCCESS"
    assert terminal.state("pay", "T1") == "SUCCESS"
    assert "error" in (terminal.ask(op="pay", trade_no="T1", auth_code="131234567890123400", amount_minor=5) or {})
    assert terminal.state("pay", "T2") == "PAYERROR"  # the code is used
    answer = terminal.device.control({"trades": True})
    assert answer["taken_minor"] == 100
    assert terminal.state("cancel", "T1") == "REVOKED"
    assert terminal.state("pay", "T1") == "REVOKED"
    assert terminal.device.control({"trades": True})["taken_minor"] == 0
    assert terminal.state("cancel", "T9") == "NOTFOUND"


def test_the_endings_of_a_code() -> None:
    terminal = Terminal(Provider)
    assert terminal.state("pay", "A", "91") == "USERPAYING"
    assert [terminal.state("query", "A") for _ in range(4)] == ["USERPAYING"] * 3 + ["SUCCESS"]
    assert terminal.state("pay", "B", "92") == "USERPAYING"
    assert {terminal.state("query", "B") for _ in range(9)} == {"USERPAYING"}
    assert terminal.state("pay", "C", "93") == "PAYERROR"
    assert terminal.state("pay", "D", "94") is None
    assert terminal.state("query", "D") == "SUCCESS"
    assert terminal.state("pay", "E", "95") is None
    assert terminal.state("query", "E") == "NOTFOUND"


def test_it_never_forgets(tmp_path: Path) -> None:
    store = tmp_path / "trades"
    terminal = Terminal(Provider, store=store)
    terminal.state("pay", "T1")
    terminal.state("pay", "A", "91")
    terminal.state("query", "A")
    with store.open("ab") as file:
        file.write(b'{"trade_no":"half')  # killed while writing
    again = Terminal(Provider, store=store)
    assert again.state("query", "T1") == "SUCCESS"
    assert again.state("pay", "T2") == "PAYERROR"
    assert [again.state("query", "A") for _ in range(3)] == ["USERPAYING"] * 2 + ["SUCCESS"]
    assert Terminal(Provider, store=store).state("query", "T2") == "PAYERROR"


def on_disk_when_answered(make: Callable[..., Provider], store: Path) -> bool:
    provider = make(lambda _delay, _then: None, store)
    found: list[bool] = []
    peer = provider.attach(lambda _answer: found.append(store.exists() and b"SUCCESS" in store.read_bytes()))
    peer.receive(b'{"op":"pay","trade_no":"T1","auth_code":"131234567890123400","amount_minor":1}\n')
    return found == [True]


def test_it_is_on_disk_before_it_is_answered(tmp_path: Path) -> None:
    class Forgetful(Provider):
        def _keep(self, trade: Trade) -> None:
            self._remember(trade)

    assert on_disk_when_answered(Provider, tmp_path / "trades")
    assert not on_disk_when_answered(Forgetful, tmp_path / "none")  # so this test would notice


def test_two_terminals_and_a_line_in_pieces() -> None:
    terminal = Terminal(Provider)
    other = bytearray()
    second = terminal.device.attach(other.extend)
    second.receive(b'{"op":"pi')
    assert terminal.ask(op="ping") == {"pong": True}
    second.receive(b'ng"}\n')
    assert json.loads(other) == {"pong": True}
    terminal.tell(delay_ms=100)
    assert terminal.ask(op="ping") is None
    terminal.peer.closed()
    assert terminal.tick() == b""


def test_bad_requests_are_answered() -> None:
    terminal = Terminal(Provider)
    for line in (b"{", b"[]", b'{"op":"pay","trade_no":1}', b'{"op":"x","trade_no":"1"}', b"x" * 9000):
        assert "error" in json.loads(terminal.send(line + b"\n"))
    for amount in (0, -1, 1.5, True, None):
        answer = terminal.ask(op="pay", trade_no="X", auth_code="1" * 18, amount_minor=amount)
        assert answer is not None
        assert "error" in answer


# --- any bytes --------------------------------------------------------------------------------------------------

starts = st.sampled_from([b"\x1bQA", b"\x1bs", b"\x1f", b"<TK>\t", b"\x05\x11", b'{"op":"pay",', b'{"op":"ping"}\n'])
MAKERS: list[Callable[..., Device]] = [Scale, lambda later: Display(), Provider, Scanner]


@pytest.mark.parametrize("make", MAKERS)
@settings(max_examples=80, deadline=None)
@given(
    data=st.lists(st.one_of(st.binary(max_size=60), st.sampled_from([b"\x1bQA", b"<TK>\t", b"\x11", b'{"op":"pay"'])))
)
def test_no_bytes_make_a_device_raise(make: Callable[..., Device], data: list[bytes]) -> None:
    bench = Bench(make)
    for piece in data:
        bench.send(piece)


requests = st.dictionaries(
    st.sampled_from(
        ["scan", "raw", "burst", "weight_g", "stable", "noise", "read", "trades", "delay_ms", "mode", "aim"]
    ),
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.lists(st.text(max_size=3), max_size=3)),
    max_size=3,
)


@pytest.mark.parametrize("make", MAKERS)
@settings(max_examples=80, deadline=None)
@given(request_=requests)
def test_any_control_request_is_done_or_refused(make: Callable[..., Device], request_: dict[str, object]) -> None:
    try:
        Bench(make).device.control(request_)
    except ControlError as error:
        assert str(error)


def test_every_control_request_is_documented() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "simulators.md").read_text(encoding="utf-8")
    for module in (scanner, scale, display, printer, payment):
        assert module.HELP in text
    for known in (*scale.KNOWN, *printer.KNOWN):
        assert f'"{known}"' in text
