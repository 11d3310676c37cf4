"""Settings that the daemon must heed: a port has one device, and the gateway's back-off is the one in the file."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest
from till_rig import MILK, Rig, run, usual_book

from runtime.forward.forwarder import Forwarder
from runtime.link.backoff import LEAST_S, Backoff
from runtime.link.ports import LinkDown, LinkReply
from runtime.settings import SettingsError
from runtime.share import config_dir
from runtime.terminal.daemon import Daemon
from runtime.terminal.settings import read_terminal_file

DEMO = (config_dir() / "demo" / "terminal.toml").read_text(encoding="utf-8")


def written(folder: Path, text: str) -> Path:
    file = folder / "terminal.toml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('path = "run/scale"', 'path = "run/scanner"', "[device.scale]: is on the same port as [device.scanner]"),
        ('path = "run/scale"', 'path = "run/../run/scanner"', "[device.scale]: is on the same port as"),
        ("port = 9500", "port = 9100", "[device.payment]: is on the same port as [device.printer]"),
    ],
)
def test_a_port_has_one_device(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in DEMO
    with pytest.raises(SettingsError) as caught:
        read_terminal_file(written(tmp_path, DEMO.replace(old, new)))
    assert said in str(caught.value)


def test_two_printers_are_two_printers(tmp_path: Path) -> None:
    more = '[device.second]\ndriver = "pos_printer.escpos"\n[device.second.tcp]\nhost = "127.0.0.1"\nport = 9101\n'
    assert len(read_terminal_file(written(tmp_path, DEMO + more)).devices) == 6


def test_the_back_off_of_the_settings_is_the_forwarders(tmp_path: Path) -> None:
    lines = 'url = "http://127.0.0.1:8700"\nbackoff_low_ms = 200\nbackoff_high_ms = 400\n'
    file = written(tmp_path, DEMO.replace('url = "http://127.0.0.1:8700"\n', lines))
    usual = usual_book()
    (tmp_path / "demo.snapshot").write_bytes(bytes(usual._data))

    async def main() -> None:
        daemon = Daemon(file, config_dir(), None)
        forwarder = daemon._make_forwarder(SimpleNamespace(changed=lambda: None))  # type: ignore[arg-type]  # all it asks
        assert forwarder._backoff == Backoff(0.2, 0.4)
        daemon._journal.close()

    asyncio.run(main())


def test_waits_stay_between_the_least_and_the_most() -> None:
    backoff = Backoff(0.2, 0.4)
    assert [backoff.delay_s(n, lambda: 0.999) for n in (1, 2, 3, 99)] == pytest.approx([0.2, 0.4, 0.4, 0.4], rel=0.01)
    assert backoff.delay_s(5, lambda: 0.0) == LEAST_S


class Nobody:
    calls = 0

    async def post(self, path: str, body: bytes) -> LinkReply:
        self.calls += 1
        raise LinkDown("nobody is there")


def test_a_short_back_off_asks_often_and_a_sale_waits_for_none_of_it(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        link = Nobody()
        rig.till.forwarder = Forwarder(
            rig.journal, link, "S1", "01", lambda: 0.99, rig.till.changed, Backoff(0.05, 0.12)
        )
        rig.till.spawn(rig.till.forwarder.run())
        rig.scan(MILK)
        rig.must("subtotal")
        rig.must("cash", amount_minor=300)
        await rig.until(lambda: link.calls >= 5, 2.0)
        assert rig.view.network.unsent == 1 and not rig.view.network.ok

    run(tmp_path, work)
