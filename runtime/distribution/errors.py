"""Why a place does not have the snapshot that it shall have. A code for programs, a sentence for the person who looks.

Damage and foreign signatures are the engine's SnapshotError, which names the section; what is here is all the rest.
"""

from __future__ import annotations

# code -> (what is the matter, what to do about it). English here is the key of the translation (config/locale).
SENTENCES: dict[str, tuple[str, str]] = {
    "prices_untrusted": (
        "New prices are not signed by head office's key and are not taken.",
        "Tell head office; the old prices stay in use.",
    ),
    "prices_older": (
        "Prices number {counter} are older than number {taken} and are not taken.",
        "To go back, head office publishes the old prices again; they get a new number.",
    ),
    "prices_elsewhere": (
        "New prices are for {scope} and not for this till.",
        "Check store and groups in this till's settings, or tell head office.",
    ),
    "prices_unreadable": ("What is said of new prices cannot be read: {reason}.", "Update this till's software."),
    "prices_no_room": (
        "There is no room on the disk for new prices.",
        "Call the technician; the old prices stay in use.",
    ),
    "prices_disk": ("New prices cannot be written: {reason}.", "Call the technician; the old prices stay in use."),
    "prices_refused": (
        "New prices arrived damaged ({section}) and are fetched again.",
        "Nothing is to be done; the old prices stay in use until then.",
    ),
    "prices_given_up": (
        "New prices arrived damaged ({section}) {times} times and are not asked for any more.",
        "Tell head office to publish them again; the old prices stay in use.",
    ),
}


class DistributionError(Exception):
    """`code` is a key of SENTENCES."""

    def __init__(self, code: str, /, **args: str | int) -> None:
        super().__init__(SENTENCES[code][0].format(**args))
        self.code = code
        self.args_named = args

    @property
    def remedy(self) -> str:
        return SENTENCES[self.code][1].format(**self.args_named)
