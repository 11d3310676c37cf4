"""What the gateway refuses and why, beside what every server refuses (runtime.serving.errors)."""

from __future__ import annotations

from typing import ClassVar

from runtime.serving import errors

# code -> (what is the matter, what to do about it). English here is the key of the translation (config/locale).
SENTENCES: dict[str, tuple[str, str]] = {
    "wrong_store": (
        "Terminal {terminal} says it is of store {sent}; this is the gateway of store {store}.",
        "Correct the store or the gateway's address in the terminal's settings.",
    ),
    "stale_beat": ("Terminal {terminal} has said something newer already.", "Nothing needs to be done."),
    "disk_full": ("The gateway's disk is full.", "Make room on the gateway's disk; sales wait on the terminals."),
    "store_broken": (
        "The gateway's disk failed while writing; the gateway starts again.",
        "Check the gateway's disk if this comes back.",
    ),
    "store_in_use": ("{path} is in use by another program.", "Stop the other gateway."),
    "store_damaged": ("{path} is damaged: {detail}.", "Restore it from a copy, or move it away: terminals send again."),
    "store_newer": ("{path} was written by a newer lanekit ({version}).", "Update this gateway."),
    "store_foreign": ("{path} is not a gateway's database.", "Correct the path in the gateway's settings."),
    "store_cannot_open": ("{path} cannot be opened: {detail}.", "Check the folder, its rights and the disk."),
    "snapshot_keys": (
        "A key that snapshots are trusted by cannot be used: {detail}.",
        "Correct trusted_keys in the settings.",
    ),
    "time_key": ("The key that signs the time cannot be used: {detail}.", "Correct time_key in the settings."),
    "trust": (
        "The gateway's keys cannot be used: {detail}.",
        "Make them with lane ca store, and correct [tls] folder.",
    ),
    "clock": ("The gateway can make no certificate: {detail}.", "Set the gateway's clock."),
    "no_certificate": ("Who asks has shown no certificate.", "Enrol the terminal: lane enrol."),
    "not_yours": (
        "The certificate is of the {peer}; only terminals of store {store} are let in here.",
        "Correct the gateway's address in the terminal's settings.",
    ),
    "not_enrolled": (
        "The {peer} is not enrolled here, or was revoked.",
        "Enrol the terminal again: lane gateway enrol, then lane enrol.",
    ),
    "not_its_line": (
        "The {peer} may not send records of terminal {terminal}, epoch {epoch}.",
        "Enrol the terminal that has these records, under its own number.",
    ),
    "bad_code": ("The code is none: {detail}.", "Type the code again."),
    "no_code": (
        "There is no code for terminal {terminal} that counts.",
        "Make one at the gateway: lane gateway enrol.",
    ),
    "code_ended": ("The code for terminal {terminal} has ended.", "Make a new one: lane gateway enrol."),
    "code_wrong": (
        "That is not the code for terminal {terminal}; {left} more tries.",
        "Type the code again, or make a new one: lane gateway enrol.",
    ),
    "code_used": ("The code for terminal {terminal} was used already.", "Make a new one: lane gateway enrol."),
    "bad_request_for": ("No certificate is made: {detail}.", "Update the terminal's software."),
    "not_known": (
        "Terminal {terminal} is not known by the key that asks, or was revoked.",
        "Enrol the terminal again: lane gateway enrol, then lane enrol.",
    ),
    "other_store": (
        "{path} belongs to store {kept}, not to {store}.",
        "Correct the store or the path in the settings.",
    ),
}


class GatewayError(errors.Refused):
    """`fatal`: the store must be closed and opened again, by a new process."""

    sentences: ClassVar = {**errors.SENTENCES, **SENTENCES}
    statuses: ClassVar = {
        **errors.STATUS,
        "disk_full": 503,
        "store_broken": 503,
        "clock": 503,
        **dict.fromkeys(("no_certificate", "not_yours", "not_enrolled", "no_code", "not_known"), 403),
        **dict.fromkeys(("code_ended", "code_wrong", "code_used"), 403),
    }
    retries_s: ClassVar = {**errors.RETRY_AFTER_S, "disk_full": 30, "store_broken": 2, "clock": 60}
