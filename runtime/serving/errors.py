"""What a server refuses and why: a code for the program, an HTTP status, a sentence for the person who looks.

Statuses are those of runtime.wire.records: a 400 fails again when sent again, 429 and 503 do not. Each server has a
subclass of Refused with the codes that are its own; those here are common.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from runtime.wire.records import ErrorAnswer

MAX_MESSAGE = 300  # characters of an ErrorAnswer's message: it may quote what was sent

# code -> (what is the matter, what to do about it). English here is the key of the translation (config/locale).
SENTENCES: dict[str, tuple[str, str]] = {
    "not_msgpack": ("The bytes cannot be read: {detail}.", "Update the sender's software."),
    "bad_field": ("What was sent is not as agreed: {detail}.", "Update the sender's software."),
    "too_long": ("More than {limit} bytes in one request.", "Send less at once."),
    "too_slow": (
        "The request was not complete after {limit} seconds.",
        "Check the network; it is sent again by itself.",
    ),
    "bad_query": ("The question is not as agreed: {detail}.", "See the documentation of what was asked."),
    "bad_content_type": ("The content type is not {expected}.", "Update the sender's software."),
    "not_found": ("There is nothing at this address.", "Check the address in the settings."),
    "method_not_allowed": ("This address does not take this method.", "Check the address in the settings."),
    "bad_request": ("The request cannot be read.", "Check what sends it."),
    "too_busy": ("{count} requests are being read already.", "It is sent again by itself."),
}
STATUS: dict[str, int] = {
    "too_long": 413,
    "too_slow": 408,
    "not_found": 404,
    "method_not_allowed": 405,
    "bad_content_type": 415,
    "too_busy": 429,
}
RETRY_AFTER_S: dict[str, int] = {"too_slow": 2, "too_busy": 1}


class Refused(Exception):
    """`code` is a key of `sentences`. `fatal`: what is behind must be closed and opened again, by a new process."""

    sentences: ClassVar[dict[str, tuple[str, str]]] = SENTENCES
    statuses: ClassVar[dict[str, int]] = STATUS
    retries_s: ClassVar[dict[str, int]] = RETRY_AFTER_S

    def __init__(self, code: str, *, fatal: bool = False, **args: str | int) -> None:
        self.code = code
        self.fatal = fatal
        self.args_by_name = args
        text = self.sentences[code][0].format(**args)
        super().__init__(text if len(text) <= MAX_MESSAGE else text[: MAX_MESSAGE - 3] + "...")

    @property
    def status(self) -> int:
        """The HTTP status that carries it."""
        return self.statuses.get(self.code, 400)

    @property
    def retry_after_s(self) -> int | None:
        """When it may be sent again; None: not said."""
        return self.retries_s.get(self.code)

    @property
    def remedy(self) -> str:
        return self.sentences[self.code][1]

    def answer(self) -> ErrorAnswer:
        """In the form that travels. Whose fault: the server's where sending again later may help."""
        fault: Literal["terminal", "gateway"] = "gateway" if self.status in (429, 503) else "terminal"
        return ErrorAnswer(self.code, str(self), fault)
