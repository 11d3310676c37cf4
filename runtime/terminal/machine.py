"""What tells this machine from another that its disk was copied to. Read from files that any user may read, so that it
is the same for a service and for a technician; it must not change when a cable or a USB adapter is moved."""

from __future__ import annotations

from pathlib import Path


def machine_id(root: Path = Path("/")) -> str:
    """The board's serial number (ARM), else the address of the first built-in network card, else systemd's machine id,
    else empty. A machine id alone is copied with the disk: then only another WorkstationID tells two tills apart."""
    serial = _text(root / "sys/firmware/devicetree/base/serial-number").strip("\0 \n")
    if serial:
        return f"board {serial}"
    for card in sorted((root / "sys/class/net").glob("*")):
        device = card / "device"
        address = _text(card / "address").strip()
        if device.exists() and "/usb" not in str(device.resolve()) and address.strip("0:"):
            return f"card {address}"
    return f"system {_text(root / 'etc/machine-id').strip()}"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
