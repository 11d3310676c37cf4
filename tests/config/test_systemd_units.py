"""The units of config/systemd as `lane service` writes them: systemd's own check, and what they must say."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from runtime.cli import main
from runtime.share import config_dir
from runtime.tools.service import unit_of

UNITS = ("terminal", "ui", "gateway", "hq")
TILL_MB = 512
SYSTEM_MB = 72  # kernel, systemd, display server: what is left of the till beside the ceilings of daemon and screen

EVERY_UNIT = {
    "Type": "notify",
    "WatchdogSec": "20",
    "Restart": "always",
    "StartLimitIntervalSec": "0",
    "RuntimeDirectoryPreserve": "yes",
    "LimitCORE": "0",
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
}
TAKES_DEVICES_AWAY = {"PrivateDevices", "DevicePolicy", "DeviceAllow", "ProtectClock", "SystemCallFilter"}


def settings_of(kind: str) -> Path:
    return config_dir() / "demo" / (f"{kind}.toml" if kind in ("gateway", "hq") else "terminal.toml")


def text_of(kind: str) -> str:
    return unit_of(kind, config_dir(), settings_of(kind), "lane", Path("/bin/true")).text


def keys(text: str) -> dict[str, list[str]]:
    found = defaultdict(list)
    for line in text.splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found[key].append(value)
    return dict(found)


def megabytes(text: str, key: str) -> int:
    return int(keys(text)[key][0].removesuffix("M"))


def verified(folder: Path, name: str, text: str) -> str:
    """What systemd-analyze has to say of it."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed (Debian's package systemd)")
    (folder / name).write_text(text, encoding="utf-8")
    words = ["systemd-analyze", "--man=no", "--recursive-errors=no", "verify", str(folder / name)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    return done.stderr + ("" if done.returncode == 0 else f"status {done.returncode}")


@pytest.mark.parametrize("kind", UNITS)
def test_systemd_finds_nothing_wrong(kind: str, tmp_path: Path) -> None:
    assert verified(tmp_path, f"lane-{kind}.service", text_of(kind)) == ""


def test_systemd_would_find_a_wrong_key_and_a_missing_program(tmp_path: Path) -> None:
    text = text_of("terminal")
    assert "WatchdogSecs" in verified(tmp_path, "lane-a.service", text.replace("WatchdogSec=", "WatchdogSecs="))
    assert "/bin/none" in verified(tmp_path, "lane-b.service", text.replace("/bin/true", "/bin/none"))


@pytest.mark.parametrize("kind", UNITS)
def test_a_unit_says_what_keeps_a_till_alive(kind: str) -> None:
    text = text_of(kind)
    found = keys(text)
    assert {key: found[key] for key in EVERY_UNIT} == {key: [value] for key, value in EVERY_UNIT.items()}
    assert "@" not in text and found["User"] == ["lane"]
    assert megabytes(text, "MemoryHigh") < megabytes(text, "MemoryMax")
    assert {"CPUWeight", "IOWeight"} <= found.keys()
    if kind in ("terminal", "ui"):  # the others have no devices
        assert not TAKES_DEVICES_AWAY & found.keys()


def test_daemon_and_screen_fit_a_till_of_512_mb() -> None:
    assert sum(megabytes(text_of(kind), "MemoryMax") for kind in ("terminal", "ui")) <= TILL_MB - SYSTEM_MB


def test_the_machines_logs_are_in_memory_and_of_fixed_size() -> None:
    found = keys(unit_of("journald", config_dir(), None, "lane", None).text)
    assert found["Storage"] == ["volatile"] and found["RuntimeMaxUse"] == ["16M"]


def test_install_writes_the_unit_and_its_folders_and_says_what_is_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(settings_of("terminal"), tmp_path)
    shutil.copy(config_dir() / "labels.toml", tmp_path)
    file = tmp_path / "terminal.toml"
    words = ["service", "install", "terminal", "--config", str(file), "--lane", sys.executable]
    assert main([*words, "--user", "nobody-here", "--to", str(tmp_path / "units")]) == 0
    said = capsys.readouterr().out
    unit = (tmp_path / "units" / "lane-terminal.service").read_text(encoding="utf-8")
    assert f"ExecStart={sys.executable} terminal --config {file}\n" in unit
    assert f"ReadWritePaths=-{tmp_path / 'run'}\n" in unit and (tmp_path / "run").is_dir()
    assert "useradd --system" in said and "systemctl enable --now lane-terminal" in said
    assert "lane-terminal.service" in said


@pytest.mark.parametrize(
    ("settings", "folders"),
    [
        ("", ["", "hq-snapshots", "log"]),
        ('postgres = "postgresql://lane@/lane"', ["hq-snapshots", "log"]),
        ('snapshots = "prices/all"\n[log]\nfolder = "logs"', ["", "prices/all", "logs"]),
    ],
)
def test_head_office_may_write_where_its_settings_say(tmp_path: Path, settings: str, folders: list[str]) -> None:
    file = tmp_path / "hq.toml"
    file.write_text(f"[hq]\n{settings}\n", encoding="utf-8")
    unit = unit_of("hq", config_dir(), file, "lane", Path("/bin/true"))
    assert list(unit.folders) == [tmp_path / name for name in folders]
    assert keys(unit.text)["ReadWritePaths"] == [" ".join(f"-{tmp_path / name}" for name in folders)]
    assert keys(unit.text)["ExecStart"] == [f"/bin/true hq --config {file}"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "terminal"], "--config"),
        (["show", "terminal", "--config", "FILE", "--user", "root"], "not root"),
        (["show", "gateway", "--config", "nowhere.toml"], "nowhere.toml"),
        (["show", "terminal", "--config", "FILE", "--lane", "/opt/my till/lane"], "a space"),
    ],
)
def test_what_makes_no_unit_is_refused_with_a_sentence(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(settings_of("terminal")) if word == "FILE" else word for word in words]
    assert main(["service", *words]) == 2
    assert said in capsys.readouterr().err
