"""The paper of the simulated printer as a picture, and the bars on it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from drivers.simulators import barcodes, sample
from drivers.simulators.printer import Printer

ROOT = Path(__file__).resolve().parents[2]
PIL = pytest.importorskip("PIL.Image", reason="pictures need Pillow: pip install lanekit[simulators]")
pytest.importorskip("qrcode", reason="pictures need qrcode: pip install lanekit[simulators]")

from drivers.simulators import picture  # noqa: E402  # after the look for Pillow


def drawn(data: bytes, width: int = 576):  # type: ignore[no-untyped-def]  # Pillow's Image
    printer = Printer(lambda _delay, _then: None, width)
    printer.hear(data)
    return picture.draw(printer.everything())


def dark(image, x: int, y: int) -> bool:  # type: ignore[no-untyped-def]  # Pillow's Image
    return bool(image.getpixel((x, y)) < 128)


def test_code_128_table_is_sound() -> None:
    assert len(set(barcodes.CODE128)) == 106
    assert all(sum(map(int, code)) == 11 and sum(map(int, code[::2])) % 2 == 0 for code in barcodes.CODE128)


def test_ean_13_bars() -> None:
    # L, G and R sets by the worked example of the first digit 6: LGGGLL
    assert barcodes.modules("EAN13", "6901234567892", ()) == (
        "101"
        + "0001011" + "0100111" + "0110011" + "0011011" + "0111101" + "0100011"
        + "01010"
        + "1001110" + "1010000" + "1000100" + "1001000" + "1110100" + "1101100"
        + "101"
    )  # fmt: skip
    assert barcodes.check_digit("690123456789") == "2"
    assert len(barcodes.modules("EAN8", "12345670", ())) == 67
    assert barcodes.modules("UPC-A", "012345678905", ()) == barcodes.modules("EAN13", "0012345678905", ())


def test_the_bars_on_the_picture_are_the_code() -> None:
    image = drawn(b"\x1dh\x50\x1dw\x02\x1dk\x43\x0d6901234567892")
    y, x = picture.TOP_DOTS + 40, picture.MARGIN_DOTS[576]
    read = "".join("1" if dark(image, x + 2 * module, y) else "0" for module in range(95))
    assert read == barcodes.modules("EAN13", "6901234567892", ())


def test_the_qr_on_the_picture_has_its_three_corners() -> None:
    image = drawn(b"\x1d(k\x03\x001C\x04\x1d(k\x06\x001P0ABC\x1d(k\x03\x001Q0")
    left, top = picture.MARGIN_DOTS[576], picture.TOP_DOTS
    corner = "1111111"
    for at_x, at_y in ((0, 0), (14, 0), (0, 14)):  # version 1 has 21 modules
        row = "".join("1" if dark(image, left + 4 * (at_x + n) + 2, top + 4 * at_y + 2) else "0" for n in range(7))
        assert row == corner


@pytest.mark.parametrize(("width", "paper"), [(576, 640), (384, 464)])
def test_the_sample_is_as_wide_as_the_paper_and_keeps_its_margins(width: int, paper: int, tmp_path: Path) -> None:
    image = drawn(sample.receipt(width // 12), width)
    assert image.width == paper
    margin = picture.MARGIN_DOTS[width]
    for box in ((0, 0, margin - 2, image.height), (paper - margin + 2, 0, paper, image.height)):
        assert image.crop(box).getextrema() == (255, 255)
    image.save(tmp_path / "receipt.png", optimize=True)
    assert (tmp_path / "receipt.png").stat().st_size < 60_000


def test_big_reverse_and_underlined_letters_and_images_are_drawn() -> None:
    data = b"\x1d!\x33A\x1d!\x01B\x1dB\x01C\x1dB\x00\x1b-\x01D\n\x1dv0\x00\x01\x00\x02\x00\xff\x81"
    image = drawn(data + b"\x1b*\x21\x02\x00abcdef\n\x1dkE\x03ABC\x1ba\x02right\n\x1dV\x42\x00")
    assert image.getextrema()[0] < 64


def test_a_long_roll_is_cut_off() -> None:
    assert drawn(b"\x1bd\xff" * 20).height == picture.MAX_HEIGHT_DOTS


def test_the_paper_command_gives_text_and_picture(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "runtime.cli", "simulate", "paper"]
    text = subprocess.run([*words, "--sample"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    assert "合计" in text
    out = tmp_path / "receipt.png"
    done = subprocess.run([*words, "--png", str(out)], cwd=ROOT, input=b"hello\n", capture_output=True, check=True)
    assert done.stdout == b""
    assert PIL.open(out).size[0] == 640


def test_a_running_simulator_needs_no_pillow() -> None:
    code = "import sys, drivers.simulators.command; sys.exit('PIL' in sys.modules or 'qrcode' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
