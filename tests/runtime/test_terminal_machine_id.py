"""What tells one machine from another."""

from __future__ import annotations

from pathlib import Path

from runtime.terminal.machine import machine_id


def put(root: Path, path: str, text: str) -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def card(root: Path, name: str, address: str, bus: str) -> None:
    device = root / "devices" / bus / name
    device.mkdir(parents=True)
    put(root, f"sys/class/net/{name}/address", address + "\n")
    (root / f"sys/class/net/{name}/device").symlink_to(device)


def test_the_board_comes_first(tmp_path: Path) -> None:
    put(tmp_path, "sys/firmware/devicetree/base/serial-number", "1000abcd\0")
    card(tmp_path, "eth0", "02:11:22:33:44:55", "pci0")
    assert machine_id(tmp_path) == "board 1000abcd"


def test_a_built_in_card_counts_and_a_usb_card_or_a_bridge_does_not(tmp_path: Path) -> None:
    put(tmp_path, "etc/machine-id", "0123456789abcdef\n")
    put(tmp_path, "sys/class/net/br0/address", "02:00:00:00:00:09\n")
    card(tmp_path, "enx01", "02:00:00:00:00:01", "usb1")
    assert machine_id(tmp_path) == "system 0123456789abcdef"
    card(tmp_path, "eth0", "02:11:22:33:44:55", "pci0")
    assert machine_id(tmp_path) == "card 02:11:22:33:44:55"


def test_nothing_known_is_still_an_answer(tmp_path: Path) -> None:
    assert machine_id(tmp_path) == "system "
