"""Every driver there is, found by itself: any bytes, cut anywhere, are read the same way and never raise."""

from __future__ import annotations

import dataclasses
import itertools
import random
from typing import Any

import pytest
from fuzz_devices import FRAMES, ask, held, variants
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.api import MAX_PENDING, Garbage, PaymentStatus, PrinterStatus, ScaleReading, ScanData, SerialLine
from runtime.devices.registry import Driver, DriverNameError, find_driver, known_drivers

DRIVERS = [find_driver(name) for name in known_drivers()]
IDS = [driver.name for driver in DRIVERS]
every_driver = pytest.mark.parametrize("driver", DRIVERS, ids=IDS)

# One good frame of each class that says something, in the driver's default settings, and what it says.
_SAYS = {"Scanner": ScanData, "Scale": ScaleReading, "POSPrinter": PrinterStatus, "ElectronicValueRW": PaymentStatus}
GOOD: dict[str, tuple[bytes, type[Any]]] = {name: (FRAMES[name][0], said) for name, said in _SAYS.items()}


def pieces_of(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in itertools.pairwise(edges)]


@every_driver
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_reads_the_same_however_the_stream_is_cut(driver: Driver, data: st.DataObject) -> None:
    good = GOOD.get(driver.device_class, (b"", object))[0]
    noise = st.one_of(
        st.binary(max_size=200), st.sampled_from([good, good[:7], good[3:], b"\x01\x02S", b"\x06", b"\r\n"])
    )
    stream = b"".join(data.draw(st.lists(noise, max_size=6)))
    cuts = data.draw(st.lists(st.integers(0, 2000), max_size=12))
    made = data.draw(st.sampled_from(variants(driver)))
    whole, cut = driver.codec_type(made), driver.codec_type(made)
    ask(whole), ask(cut)
    at_once = whole.receive(stream) + whole.flush()
    in_pieces = [output for piece in pieces_of(stream, cuts) for output in cut.receive(piece)] + cut.flush()
    assert at_once == in_pieces
    assert whole.flush() == []  # nothing is given twice
    for output in at_once:
        if isinstance(output, Garbage):
            assert output.data and len(output.data) <= 64 and output.reason


@every_driver
def test_holds_little_of_an_endless_stream(driver: Driver) -> None:
    chance = random.Random(driver.name)
    for made in variants(driver):
        for fill in (b"A" * 3000, b"\x01\x02S " * 700, b"{" * 3000, chance.randbytes(3000), b"\x10" * 3000):
            codec = driver.codec_type(made)
            ask(codec)
            for _ in range(5):
                codec.receive(fill)
                assert held(codec) <= MAX_PENDING


@every_driver
def test_understands_a_good_frame_after_garbage(driver: Driver) -> None:
    if driver.device_class not in GOOD:
        assert driver.device_class == "LineDisplay"
        return
    frame, kind = GOOD[driver.device_class]
    for garbage in (b"\xff\x00\xfe", b"\x81" * 10_000, b"\x01\x02", b"]E0", frame[:-3], b"\x15\x15"):
        codec = driver.codec_type(driver.settings_type())
        codec.receive(garbage)
        codec.flush()
        assert any(isinstance(output, kind) for output in codec.receive(frame)), garbage


@every_driver
def test_is_silent_about_silence(driver: Driver) -> None:
    codec = driver.codec_type(driver.settings_type())
    assert codec.receive(b"") == [] and codec.flush() == []
    assert isinstance(codec.probe(), bytes)


@every_driver
def test_every_setting_says_what_it_is(driver: Driver) -> None:
    for field in dataclasses.fields(driver.settings_type):
        rule = field.metadata
        assert rule["doc"].strip(), field.name
        if isinstance(field.default, bool):
            continue
        assert rule["choices"] or (rule["low"] is not None and rule["high"] is not None), field.name
        if rule["choices"]:
            assert field.default in rule["choices"]
        else:
            size = len(field.default) if isinstance(field.default, str) else field.default
            assert rule["low"] <= size <= rule["high"]


@every_driver
def test_names_its_transports(driver: Driver) -> None:
    assert driver.transports and set(driver.transports) <= {"serial", "tcp"}
    assert ("serial" in driver.transports) == isinstance(driver.serial, SerialLine)


def test_an_unknown_name_is_answered_with_near_ones() -> None:
    with pytest.raises(DriverNameError, match=r"scale\.cas"):
        find_driver("scale.cass")
    for name in ("", "scale", "os.path", "pos_printer._cells", "simulators.scale", "scale.../x"):
        with pytest.raises(DriverNameError, match="There is no driver"):
            find_driver(name)
