"""The settings files of terminal, gateway and labels: what they give, and each fault that is theirs alone."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from drivers.api import SerialLine
from runtime.devices.registry import find_driver, known_drivers
from runtime.devices.spec import SerialPort, TcpPort
from runtime.gateway.settings import read_gateway_file
from runtime.settings import SettingsError
from runtime.terminal.labels_file import read_label_file
from runtime.terminal.settings import MAX_DEVICES, TerminalFile, read_terminal_file
from runtime.tools.settings_list import all_sections, as_markdown, check_file

ROOT = Path(__file__).resolve().parent.parent.parent

TERMINAL = """
[terminal]
store = "S1"
workstation = "7"
snapshot = "book.snapshot"
journal = "/var/lib/lane/journal.db"
socket = "run/t.sock"

[gateway]
url = "https://10.0.0.1:8700"

[receipt]
header = ["店名", "电话"]

[labels]
templates = ""

[device.scale]
driver = "scale.cas"
mode = "active"

[device.scale.serial]
path = "run/scale"
baud = 4800

[device.printer]
driver = "pos_printer.escpos"
tcp = { host = "127.0.0.1", port = 9100 }
"""


def terminal(folder: Path, text: str = TERMINAL) -> TerminalFile:
    path = folder / "terminal.toml"
    path.write_text(text, encoding="utf-8")
    return read_terminal_file(path)


def test_a_terminal_file(tmp_path: Path) -> None:
    file = terminal(tmp_path)
    assert file.terminal.language == "zh"
    assert file.snapshot == tmp_path / "book.snapshot"
    assert file.journal == Path("/var/lib/lane/journal.db")
    assert file.socket == tmp_path / "run" / "t.sock"
    assert (file.gateway.host, file.gateway.port) == ("10.0.0.1", 8700)
    assert file.receipt.header == ("店名", "电话")
    assert file.label_templates is None
    scale, printer = file.devices
    factory = find_driver("scale.cas").serial
    assert factory is not None
    assert scale.transport == SerialPort(
        str(tmp_path / "run" / "scale"), SerialLine(4800, factory.bits, factory.parity, factory.stop)
    )
    assert (scale.name, scale.driver, scale.settings) == ("scale", "scale.cas", {"mode": "active"})
    assert (printer.transport, printer.settings) == (TcpPort("127.0.0.1", 9100), {})


def test_paths_do_not_depend_on_where_the_program_was_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "terminal.toml").write_text(TERMINAL, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert read_terminal_file(Path("terminal.toml")).snapshot == tmp_path / "book.snapshot"


def test_a_line_like_the_factorys_is_left_to_the_driver(tmp_path: Path) -> None:
    file = terminal(tmp_path, TERMINAL.replace("baud = 4800", ""))
    assert file.devices[0].transport == SerialPort(str(tmp_path / "run" / "scale"), None)


def test_label_templates_are_beside_the_file_or_our_own(tmp_path: Path) -> None:
    named = TERMINAL.replace('templates = ""', 'templates = "labels.toml"')
    own = terminal(tmp_path, named).label_templates
    assert own == ROOT / "config" / "labels.toml"
    (tmp_path / "labels.toml").write_text("")
    assert terminal(tmp_path, named).label_templates == tmp_path / "labels.toml"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[receipt]", "[reciept]", "reciept: unknown section; did you mean receipt?"),
        ('store = "S1"', 'store = "S 1"', "[terminal] store: 'S 1' may have only"),
        ('store = "S1"', "", "[terminal] store: is missing"),
        ("[terminal]", "[terminl]", "[terminal]: the section is missing"),
        ('socket = "run/t.sock"', f'socket = "{"x" * 120}"', "[terminal] socket: is "),
        ('journal = "/var/lib/lane/journal.db"', 'journal = "book.snapshot"', "three different paths"),
        ("https://10.0.0.1", "http://10.0.0.1", "[gateway] url: http://10.0.0.1:8700 leaves this machine in the clear"),
        ("https://10.0.0.1:8700", "http://10.0.0.1:x700", "[gateway] url: "),
        ("https://10.0.0.1:8700", "http://10.0.0.1:99999", "[gateway] url: "),
        ("https://10.0.0.1:8700", "http://[10.0.0.1:1", "[gateway] url: "),
        ("https://10.0.0.1:8700", "http://10.0.0.1:8700/v1", "[gateway] url: "),
        ("[receipt]", "backoff_low_ms = 50000\n[receipt]", "more than backoff_high_ms"),
        ('templates = ""', 'templates = "nowhere.toml"', "[labels] templates: nowhere.toml is neither"),
        ('driver = "scale.cas"', "", "[device.scale] driver: is missing"),
        ('driver = "scale.cas"', "driver = 7", '[device.scale] driver: 7 is not "<class>.<model>"'),
        ('driver = "scale.cas"', 'driver = "../cas"', "[device.scale] driver: "),
        ('driver = "scale.cas"', 'driver = "scale.sac"', "Did you mean scale.cas"),
        ('mode = "active"', 'mod = "active"', "[device.scale] mod: unknown key; did you mean mode?"),
        ('mode = "active"', 'mode = "loud"', "[device.scale] mode: loud is none of passive, active"),
        ("baud = 4800", "baud = 4801", "[device.scale.serial] baud: 4801 is none of"),
        ("baud = 4800", "boud = 4800", "[device.scale.serial] boud: unknown key; did you mean baud?"),
        ('path = "run/scale"', "", "[device.scale.serial] path: is missing"),
        ('path = "run/scale"', 'path = "/dev/ttyUSB0"', "use /dev/serial/by-id/"),
        ("[device.scale.serial]", '[device.scale.tcp]\nhost = "::1"\n[device.scale.serial]', "has serial and tcp"),
        ('tcp = { host = "127.0.0.1", port = 9100 }', "", "[device.printer]: has neither"),
        ('tcp = { host = "127.0.0.1", port = 9100 }', "tcp = 9100", "must be a section"),
        ('"127.0.0.1", port = 9100', '"127.0.0.1", port = 0', "[device.printer.tcp] port: 0 is too low"),
        ('"127.0.0.1", port = 9100', '"printer.shop"', "neither an address in digits nor localhost"),
        ("[device.printer]", '[device."a b"]', "a device's name is"),
        ("[gateway]", "[device]\nscanner = 1\n[gateway]", "[device] scanner: must be a section [device.scanner]"),
    ],
)
def test_faults_of_a_terminal_file(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in TERMINAL
    with pytest.raises(SettingsError) as caught:
        terminal(tmp_path, TERMINAL.replace(old, new, 1))
    assert any(said in str(fault) for fault in caught.value.faults), str(caught.value)
    assert all(str(fault).startswith("terminal.toml: ") for fault in caught.value.faults)


def test_a_driver_over_a_transport_that_it_does_not_speak(tmp_path: Path) -> None:
    text = TERMINAL.replace("scale.cas", "electronic_value.simulated").replace('mode = "active"', "")
    with pytest.raises(SettingsError, match="cannot be spoken to over serial, only over tcp"):
        terminal(tmp_path, text)


def test_all_faults_of_a_file_at_once(tmp_path: Path) -> None:
    text = TERMINAL.replace("S1", "!").replace("https:", "ftp:").replace("4800", "1").replace("scale.cas", "scale.x")
    with pytest.raises(SettingsError) as caught:
        terminal(tmp_path, text + "\n[more]\n")
    assert len(caught.value.faults) == 5


def test_too_many_devices(tmp_path: Path) -> None:
    more = "".join(f'[device.d{i}]\ndriver="scale.cas"\ntcp={{host="::1"}}\n' for i in range(MAX_DEVICES))
    with pytest.raises(SettingsError, match="18 devices are too many"):
        terminal(tmp_path, TERMINAL + more)


def test_a_gateway_file(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text('[gateway]\nstore = "S1"\ndatabase = "g.db"\n')
    file = read_gateway_file(path)
    assert (file.database, file.gateway.host) == (tmp_path / "g.db", "127.0.0.1")
    for text, said in (
        ("", "the section is missing"),
        ("gateway = 1", "it must be a section"),
        ('[gateway]\nstore = "a/b"\ndatabase = "g.db"', "store: 'a/b' may have only"),
        ('[gateway]\nstore = "a"\ndatabase = "g.db"\nports = 1', "unknown key; did you mean port?"),
        ('[gateway]\nstore = "a"\ndatabase = "g.db"\n[terminal]', "terminal: unknown section"),
    ):
        path.write_text(text)
        with pytest.raises(SettingsError, match=re.escape(said)):
            read_gateway_file(path)


def test_label_files(tmp_path: Path) -> None:
    path = tmp_path / "labels.toml"
    one = '[label.a]\nprefixes = ["26"]\nlength = 18\nlayout = "FFPPPPPAAAAAWWWWWC"\n'
    path.write_text(one)
    (template,) = read_label_file(path)
    assert (template.name, template.check, template.amount_factor) == ("a", "ean", 1)
    path.write_text("")
    assert read_label_file(path) == ()
    for text, said in (
        (one + one.replace("label.a", "label.b"), "[label.b]: ambiguous: its prefix 26 meets 26 of a"),
        (one.replace("18", "17"), "[label.a]: the fields of layout"),
        (one + 'check = "no"', "check: no is none of"),
        (one + "[labels]", "labels: unknown section; did you mean label?"),
        ("label = 3", "label: is a whole number"),
        ("[label]\na = 3", "a: is a whole number"),
    ):
        path.write_text(text)
        with pytest.raises(SettingsError, match=re.escape(said)):
            read_label_file(path)


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert page == as_markdown(all_sections()), "write it anew: lane settings --markdown > docs/settings.md"
    for name in known_drivers():
        assert f"driver {name}" in page
    for section in all_sections():
        for line in section.lines:
            assert line.doc, f"{section.name} {line.key} has no sentence"


def test_what_a_file_is_its_sections_tell(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    for text, said in (
        ("", "no settings file of lanekit"),
        ("[terminal]", "store: is missing"),
        ("[gateway]", "database: is missing"),
        ("[label.x]", "layout: is missing"),
    ):
        path.write_text(text)
        assert any(said in str(fault) for fault in check_file(path))


def test_the_command(tmp_path: Path) -> None:
    def lane(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "runtime.cli", "settings", *words]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)

    listed = lane("scale.cas", "gateway.toml")
    assert listed.returncode == 0
    assert "mode" in listed.stdout
    assert "body_timeout_ms" in listed.stdout
    assert "backoff_low_ms" not in listed.stdout
    assert lane("nothing").returncode == 2
    assert lane("--check").returncode == 2
    bad = tmp_path / "bad.toml"
    bad.write_text("[gateway]\nport = 99999\n")
    checked = lane("--check", str(ROOT / "config" / "labels.toml"), str(bad))
    assert checked.returncode == 2
    assert "bad.toml: [gateway] port: 99999 is too high: 1 to 65535" in checked.stderr
    assert "labels.toml: good" in checked.stdout
