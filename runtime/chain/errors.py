"""Why records are refused, at a gateway and at head office, beside what every server refuses."""

from __future__ import annotations

from typing import ClassVar

from runtime.serving import errors

# code -> (what is the matter, what to do about it). English here is the key of the translation (config/locale).
SENTENCES: dict[str, tuple[str, str]] = {
    "bad_hash": ("Record {sequence} does not match its hash.", "The terminal's disk or memory may be damaged."),
    "too_many": ("{count} records in one batch; at most {limit} are taken.", "Update the sender's software."),
    "too_many_versions": (
        "Terminal {terminal} sent record {sequence} with more than {limit} different contents.",
        "Call service: two machines may be running as this terminal.",
    ),
    "too_busy": ("{count} batches wait to be written already.", "It is sent again by itself."),
}


class ChainError(errors.Refused):
    """Nothing of the batch is kept."""

    sentences: ClassVar = {**errors.SENTENCES, **SENTENCES}
