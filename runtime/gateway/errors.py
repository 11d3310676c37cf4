"""What the gateway refuses and why: a code for the terminal, an HTTP status, a sentence for the person who looks.

Statuses are those of runtime.wire.records: a 400 fails again when sent again, 429 and 503 do not.
"""

from __future__ import annotations

from typing import Literal

from runtime.wire.records import ErrorAnswer

MAX_MESSAGE = 300  # characters of an ErrorAnswer's message: it may quote what was sent

# code -> (what is the matter, what to do about it). English here is the key of the translation (config/locale).
SENTENCES: dict[str, tuple[str, str]] = {
    "not_msgpack": ("The bytes cannot be read: {detail}.", "Update the terminal's software."),
    "bad_field": ("The records are not as agreed: {detail}.", "Update the terminal's software."),
    "bad_hash": ("Record {sequence} does not match its hash.", "The terminal's disk or memory may be damaged."),
    "too_many": ("{count} records in one batch; at most {limit} are taken.", "Update the terminal's software."),
    "too_long": ("More than {limit} bytes in one request.", "Send fewer records at once."),
    "too_slow": (
        "The request was not complete after {limit} seconds.",
        "Check the network; it is sent again by itself.",
    ),
    "wrong_store": (
        "Terminal {terminal} says it is of store {sent}; this is the gateway of store {store}.",
        "Correct the store or the gateway's address in the terminal's settings.",
    ),
    "too_many_versions": (
        "Terminal {terminal} sent record {sequence} with more than {limit} different contents.",
        "Call service: two machines may be running as this terminal.",
    ),
    "bad_query": ("The question is not as agreed: {detail}.", "See the gateway's documentation."),
    "bad_content_type": ("The content type is not {expected}.", "Update the terminal's software."),
    "not_found": ("There is nothing at this address.", "Check the gateway's address."),
    "method_not_allowed": ("This address does not take this method.", "Check the gateway's address."),
    "bad_request": ("The request cannot be read.", "Check what sends it."),
    "too_busy": ("{count} requests are being read already.", "It is sent again by itself."),
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

STATUS: dict[str, int] = {
    "too_long": 413,
    "too_slow": 408,
    "not_found": 404,
    "method_not_allowed": 405,
    "bad_content_type": 415,
    "too_busy": 429,
    "disk_full": 503,
    "store_broken": 503,
}
RETRY_AFTER_S: dict[str, int] = {"too_slow": 2, "too_busy": 1, "disk_full": 30, "store_broken": 2}


class GatewayError(Exception):
    """`code` is a key of SENTENCES. `fatal`: the store must be closed and opened again, by a new process."""

    def __init__(self, code: str, *, fatal: bool = False, **args: str | int) -> None:
        self.code = code
        self.fatal = fatal
        self.args_by_name = args
        text = SENTENCES[code][0].format(**args)
        super().__init__(text if len(text) <= MAX_MESSAGE else text[: MAX_MESSAGE - 3] + "...")

    @property
    def status(self) -> int:
        """The HTTP status that carries it."""
        return STATUS.get(self.code, 400)

    @property
    def remedy(self) -> str:
        return SENTENCES[self.code][1]

    def answer(self) -> ErrorAnswer:
        fault: Literal["terminal", "gateway"] = "gateway" if self.status in (429, 503) else "terminal"
        return ErrorAnswer(self.code, str(self), fault)
