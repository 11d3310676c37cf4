"""What the gateway refuses and why, beside what every server refuses (runtime.serving.errors)."""

from __future__ import annotations

from typing import ClassVar

from runtime.serving import errors

# code -> (what is the matter, what to do about it). English here is the key of the translation (config/locale).
SENTENCES: dict[str, tuple[str, str]] = {
    "bad_hash": ("Record {sequence} does not match its hash.", "The terminal's disk or memory may be damaged."),
    "too_many": ("{count} records in one batch; at most {limit} are taken.", "Update the terminal's software."),
    "wrong_store": (
        "Terminal {terminal} says it is of store {sent}; this is the gateway of store {store}.",
        "Correct the store or the gateway's address in the terminal's settings.",
    ),
    "too_many_versions": (
        "Terminal {terminal} sent record {sequence} with more than {limit} different contents.",
        "Call service: two machines may be running as this terminal.",
    ),
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
    "time_key": ("The key that signs the time cannot be used: {detail}.", "Correct time_key in the settings."),
    "other_store": (
        "{path} belongs to store {kept}, not to {store}.",
        "Correct the store or the path in the settings.",
    ),
}


class GatewayError(errors.Refused):
    """`fatal`: the store must be closed and opened again, by a new process."""

    sentences: ClassVar = {**errors.SENTENCES, **SENTENCES}
    statuses: ClassVar = {**errors.STATUS, "disk_full": 503, "store_broken": 503}
    retries_s: ClassVar = {**errors.RETRY_AFTER_S, "disk_full": 30, "store_broken": 2}
