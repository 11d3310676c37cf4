"""The simulated printer: bytes as the manuals quote them in, paper, status bytes and drawer pulses out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.simulators import sample
from drivers.simulators.device import ControlError
from drivers.simulators.escpos import Interpreter
from drivers.simulators.printer import Printer


class Bench:
    """A printer on the bench: what it said, and time that passes when told."""

    def __init__(self, **settings: int) -> None:
        self.said = bytearray()
        self.timers: list[Callable[[], None]] = []
        self.printer = Printer(lambda _delay, then: self.timers.append(then), **settings)
        self.peer = self.printer.attach(self.said.extend)

    def send(self, data: bytes) -> bytes:
        self.said.clear()
        self.peer.receive(data)
        return bytes(self.said)

    def tell(self, **request: object) -> bytes:
        self.said.clear()
        assert self.printer.control(request)["ok"] is True
        return bytes(self.said)

    @property
    def text(self) -> str:
        return self.printer.everything().text

    @property
    def faults(self) -> list[object]:
        return [event["fault"] for event in self.printer.everything().events if event["event"] == "fault"]


def test_chinese_is_gb18030_from_power_up() -> None:
    bench = Bench()
    bench.send("苹果 ￥1.20\n".encode("gb18030"))
    assert bench.text == "苹果 ￥1.20\n"
    assert bench.faults == []


def test_four_byte_characters_and_printers_that_do_not_know_them() -> None:
    bench = Bench()
    bench.send(bytes.fromhex("81308436") + "𠮷\n".encode("gb18030"))
    assert bench.text == "¥𠮷\n"
    old = Bench()
    old.tell(four_byte=False)
    old.send(bytes.fromhex("81308436") + b"\n")
    assert old.text.split() == ["0", "6"]  # what printers of two bytes make of U+00A5
    assert len(old.faults) == 2


def test_outside_chinese_mode_bytes_are_a_code_page() -> None:
    bench = Bench()
    bench.send(b"\x1c.\x1bt\x10\xa3\xe9\n\x1c&\xa3\xa4\n")
    assert bench.text == "£é\n￥\n"


def test_a_han_character_takes_two_cells_and_never_breaks() -> None:
    bench = Bench()
    bench.send(b"x" * 47 + "汉\n".encode("gb18030"))
    assert bench.text == "x" * 47 + "\n汉\n"
    narrow = Bench(width=384)
    narrow.send("汉".encode("gb18030") * 17 + b"\n")
    assert narrow.text == "汉" * 16 + "\n汉\n"


def test_alignment_sizes_and_columns() -> None:
    bench = Bench()
    bench.send(b"\x1ba\x01AB\n\x1ba\x02AB\n\x1ba\x00" + b"\x1d!\x11" + "合计".encode("gb18030") + b"\x1d!\x00X\n")
    assert bench.text.splitlines() == [" " * 23 + "AB", " " * 46 + "AB", "合计    X"]
    bench.send(b"\x1d!\x10" + b"T" + b" " * 18 + b"12.30\n")
    assert bench.text.splitlines()[-1] == "T" + " " * 42 + "12.30"  # wide figures stay together, at the edge


def test_align_in_the_middle_of_a_line_does_nothing_and_is_told() -> None:
    bench = Bench()
    bench.send(b"A\x1ba\x02B\n")
    assert bench.text == "AB\n"
    assert bench.faults == ["1B 61 in the middle of a line does nothing"]


def test_escape_at_sets_everything_back() -> None:
    bench = Bench()
    bench.send(b"\x1d!\x11\x1ba\x02\x1c.half\x1b@" + "汉\n".encode("gb18030"))
    assert bench.text == "汉\n"


QR = "1D286B0400314132001D286B03003143061D286B03003145311D286B0600315030414243"


def test_qr_by_the_quoted_bytes() -> None:
    bench = Bench()
    bench.send(bytes.fromhex(QR) + bytes.fromhex("1D286B0300315130"))
    assert bench.text == "[QR: ABC]\n"
    mark = bench.printer.everything().marks[0]
    assert (mark.module, mark.correction) == (6, "M")  # type: ignore[union-attr]  # it is the QR


def test_barcodes_of_both_forms() -> None:
    bench = Bench()
    bench.send(b"\x1dk\x02690123456789\x00" + b"\x1dk\x43\x0d6901234567892" + b"\x1dkI\x08{B12{C\x0c\x22")
    assert bench.text == "[BARCODE: 6901234567892]\n" * 2 + "[BARCODE: 121234]\n"
    assert bench.faults == []
    bench.send(b"\x1dk\x43\x0d6901234567890" + b"\x1dkI\x02AB" + b"ok\n")
    assert bench.text.splitlines()[-1] == "ok"
    assert [str(fault)[:16] for fault in bench.faults] == ["barcode refused:"] * 2


@pytest.mark.parametrize(
    ("command", "cut"),
    [("1D5600", "CUT"), ("1D5601", "PARTIAL CUT"), ("1D564110", "CUT"), ("1D564210", "PARTIAL CUT"), ("1B69", "CUT")],
)
def test_cuts(command: str, cut: str) -> None:
    bench = Bench()
    bench.send(b"A\n" + bytes.fromhex(command))
    taken = bench.printer.control({"take": True})["slips"]
    assert isinstance(taken, list)
    assert len(taken) == 1
    assert taken[0]["text"] == "A\n" + f" [{cut}] ".center(48, "-") + "\n"
    assert bench.printer.control({"take": True})["slips"] == []


@pytest.mark.parametrize(
    ("command", "pin", "on_ms"), [("1B70003232", 2, 100), ("1B700119FA", 5, 50), ("1B70303CF0", 2, 120)]
)
def test_drawer_pulses(command: str, pin: int, on_ms: int) -> None:
    bench = Bench()
    bench.send(bytes.fromhex(command))
    assert bench.printer.everything().events == [{"event": "drawer", "pin": pin, "on_ms": on_ms, "opened": True}]
    assert bench.send(b"\x10\x04\x01") == b"\x16"
    bench.timers.pop()()  # somebody shuts it
    assert bench.send(b"\x10\x04\x01") == b"\x12"
    bench.tell(drawer="stuck")
    bench.send(bytes.fromhex(command))
    assert bench.send(b"\x10\x04\x01") == b"\x12"


def test_real_time_status_also_while_nothing_can_be_printed() -> None:
    bench = Bench()
    assert bench.send(b"\x10\x04\x01\x10\x04\x02\x10\x04\x03\x10\x04\x04") == b"\x12\x12\x12\x12"
    bench.tell(paper="near_end")
    assert bench.send(b"\x10\x04\x04") == b"\x1e"
    bench.tell(paper="empty", near_end_sensor=False)
    assert bench.send(b"waiting\n\x10\x04\x01\x10\x04\x02\x10\x04\x04") == b"\x1a\x32\x72"
    assert bench.text == ""
    bench.tell(paper="ok", cover="open")
    assert bench.send(b"\x10\x04\x01\x10\x04\x02") == b"\x1a\x16"
    bench.tell(cover="closed")
    assert bench.text == "waiting\n"


def test_a_status_question_cut_in_pieces_and_a_false_one() -> None:
    bench = Bench()
    assert bench.send(b"A\x10") == b""
    assert bench.send(b"\x04") == b""
    assert bench.send(b"\x04B\n") == b"\x12"
    assert bench.text == "AB\n"
    assert bench.send(b"\x10\x10\x04\x01") == b"\x12"
    assert bench.send(b"\x10\x14\x01\x00\x01\x10\x04\x01") == b"\x16"  # the drawer at once, then the question


def test_a_slow_printer_answers_while_it_prints() -> None:
    bench = Bench()
    bench.tell(lines_per_second=20, paper_out_after_lines=2)
    assert bench.send(b"1\n2\n3\n\x10\x04\x04") == b"\x12"  # nothing wrong yet
    assert bench.text == "1\n"
    bench.timers.pop()()
    assert bench.text == "1\n2\n"
    assert bench.send(b"\x10\x04\x04") == b"\x7e"
    bench.timers.pop()()
    bench.tell(paper="ok")
    assert bench.text.splitlines()[-1] == "3"


def test_questions_do_not_fill_the_buffer() -> None:
    bench = Bench()
    bench.tell(paper="empty")
    bench.send(b"A\n")
    for _ in range(3000):
        assert bench.send(b"\x10\x04\x04") == b"\x7e"
    status = bench.printer.control({"status": True})
    assert (status["buffered_bytes"], status["lost_bytes"]) == (2, 0)


def test_paper_runs_out_in_the_middle_and_the_rest_follows() -> None:
    bench = Bench()
    bench.tell(paper_out_after_lines=2)
    bench.send(b"1\n2\n3\n4\n\x1dV\x00")
    assert bench.text == "1\n2\n"
    assert bench.send(b"\x1dr\x01") == b""  # queued behind what cannot be printed
    assert bench.tell(paper="ok") == b"\x00"
    assert [line.strip("~ -") for line in bench.text.splitlines()] == ["1", "2", "[NEW ROLL]", "3", "4", "[CUT]"]


def test_a_new_roll_or_the_switch_can_lose_the_buffer() -> None:
    bench = Bench()
    bench.tell(paper_out_after_lines=1, after_paper="drop")
    bench.send(b"1\n2\n3\n")
    bench.tell(paper="ok")
    bench.send(b"4\n")
    assert [line.strip("~ ") for line in bench.text.splitlines()] == ["1", "[NEW ROLL]", "4"]
    bench.tell(paper="empty")
    bench.send(b"5\n")
    bench.tell(power="off", paper="ok")
    assert bench.send(b"6\n\x10\x04\x01") == b""
    bench.tell(power="on")
    bench.send(b"7\n")
    assert bench.text.splitlines()[-1] == "7"
    assert "5" not in bench.text
    assert "6" not in bench.text


def test_the_buffer_is_small_and_says_what_it_lost() -> None:
    bench = Bench()
    bench.tell(offline=True)
    bench.send(b"x" * 5000)
    status = bench.printer.control({"status": True})
    assert (status["buffered_bytes"], status["lost_bytes"]) == (4096, 904)
    assert bench.send(b"\x10\x04\x01") == b"\x1a"
    bench.tell(offline=False)
    bench.send(b"\n")
    assert bench.text.count("x") == 4096


def test_automatic_status_at_each_change() -> None:
    bench = Bench()
    assert bench.send(b"\x1da\xff") == b"\x10\x00\x00\x00"
    assert bench.tell(cover="open") == b"\x38\x00\x00\x00"
    assert bench.tell(cover="closed", paper="near_end") == b"\x10\x00\x03\x00"
    assert bench.tell(paper="near_end") == b""
    assert bench.send(b"\x1bp\x00\x32\x32") == b"\x14\x00\x03\x00"
    bench.send(b"\x1da\x00")
    assert bench.tell(cover="open") == b""


def test_a_stuck_cutter_stops_it_until_it_is_cleared() -> None:
    bench = Bench()
    bench.tell(cutter="stuck")
    bench.send(b"A\n\x1dV\x00B\n")
    assert bench.text == "A\n"
    assert bench.send(b"\x10\x04\x01\x10\x04\x02\x10\x04\x03") == b"\x1a\x52\x1a"
    bench.tell(cutter="ok")
    assert bench.text == "A\nB\n"


def test_a_silent_printer_prints() -> None:
    bench = Bench()
    bench.tell(silent=True)
    assert bench.send(b"A\n\x10\x04\x01") == b""
    assert bench.text == "A\n"


def test_unknown_commands_are_faults_and_the_rest_is_printed() -> None:
    bench = Bench()
    bench.send(b"\x1b\x07A\n\x1f\x1dZB\n\x1d(k\x04\x000A\x00\x00C\n")
    assert bench.text == "A\nB\nC\n"
    assert bench.faults == ["unknown 1B 07", "unknown 1F", "unknown 1D 5A", "unsupported 1D 28 6B 04 00 30 41"]


def test_control_refuses_what_it_does_not_know() -> None:
    printer = Bench().printer
    for bad in ({"papre": "ok"}, {"paper": "full"}, {"paper_out_after_lines": 0}, {"silent": 1}, {}):
        with pytest.raises(ControlError):
            printer.control(bad)


def test_the_sample_has_no_fault_on_either_paper() -> None:
    for width in (576, 384):
        bench = Bench(width=width)
        bench.send(sample.receipt(width // 12))
        assert bench.faults == []
        assert max(len(line) for line in bench.text.splitlines() if "[QR" not in line) <= width // 12
        assert "￥74.19" in bench.text
        assert "[BARCODE: 000320261122000128]" in bench.text


pieces = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [b"\x1d(k", b"\x1dk", b"\x1b*", b"\x1dv0", b"\x1d8L", b"\x1bD", b"\x10\x04", b"\x10\x14\x01", b"\x1d!"]
    ),
    st.sampled_from([sample.receipt(), bytes.fromhex(QR), b"\x1d8L\xff\xff\xff\xff", b"\x1dv0\x00\xff\xff\xff\xff"]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(pieces, max_size=12), st.integers(1, 50))
def test_any_bytes_are_read(parts: list[bytes], cut: int) -> None:
    bench = Bench()
    bench.tell(paper_out_after_lines=cut)
    data = b"".join(parts)
    for at in range(0, len(data), cut):
        bench.send(data[at : at + cut])
    bench.tell(paper="ok")
    text = bench.text
    assert isinstance(text, str)
    assert len(bench.printer.everything().events) <= 2000


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_mutated_receipt_is_read_however_it_is_cut(data: st.DataObject) -> None:
    receipt = bytearray(sample.receipt())
    for _ in range(data.draw(st.integers(0, 8))):
        receipt[data.draw(st.integers(0, len(receipt) - 1))] = data.draw(st.integers(0, 255))
    whole, pieces = Bench(), Bench()
    whole.send(bytes(receipt))
    size = data.draw(st.integers(1, 100))
    for at in range(0, len(receipt), size):
        pieces.send(bytes(receipt[at : at + size]))
    assert whole.text == pieces.text


def test_a_command_that_claims_gigabytes_takes_no_memory() -> None:
    marks: list[object] = []
    interpreter = Interpreter(marks.append)
    interpreter.pending += b"\x1d8L\xff\xff\xff\x7f"
    for _ in range(100):
        interpreter.pending += bytes(10_000)
        while interpreter.step():
            pass
        assert len(interpreter.pending) < 300_000
