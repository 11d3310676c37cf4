"""Is this a publication that we shall take? Pure.

A counter decides, never a date: an older publication is never taken, whoever sends it. To go back is to publish the
old file again, which gets a higher counter. Of publications with one counter there is only one.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from typing import Protocol

from engine.signature import Trust
from runtime.delta import MAX_FILE_BYTES
from runtime.distribution.errors import DistributionError
from runtime.wire.pack import WireError, build, unpack
from runtime.wire.snapshots import (
    ALL,
    HASH_BYTES,
    MAX_ANSWER_BYTES,
    MAX_COUNTER,
    Manifest,
    SnapshotAnswer,
    manifest_message,
)

_SCOPE = re.compile(r"(group|store):[^\x00-\x1f\x7f]{1,64}")


class ManifestSigner(Protocol):
    """A private key of head office's (runtime.keys.Signer)."""

    public: bytes

    def sign(self, said: bytes) -> bytes: ...


def sign_manifest(manifest: Manifest, signer: ManifestSigner) -> Manifest:
    return replace(manifest, key=signer.public, signature=signer.sign(manifest_message(manifest)))


def is_scope(text: str) -> bool:
    """Whether this says for whom a publication is."""
    return text == ALL or _SCOPE.fullmatch(text) is not None


def read_answer(data: bytes) -> Manifest | None:
    """What the server wants us to have. Raises DistributionError `prices_unreadable`."""
    try:
        manifest = build(SnapshotAnswer, unpack(data, MAX_ANSWER_BYTES)).manifest
    except WireError as error:
        raise DistributionError("prices_unreadable", reason=str(error)) from error
    if manifest is not None:
        check_form(manifest)
    return manifest


def read_manifest(data: bytes) -> Manifest:
    """One that lies in a file of ours, as `pack` wrote it. Raises DistributionError `prices_unreadable`."""
    try:
        manifest = build(Manifest, unpack(data, MAX_ANSWER_BYTES))
    except WireError as error:
        raise DistributionError("prices_unreadable", reason=str(error)) from error
    check_form(manifest)
    return manifest


def check_form(manifest: Manifest) -> None:
    """Raises DistributionError `prices_unreadable`."""
    wrong = ""
    if not 1 <= manifest.counter <= MAX_COUNTER:
        wrong = f"counter {manifest.counter}"
    elif not is_scope(manifest.scope):
        wrong = f"scope {manifest.scope[:80]!r}"
    elif len(manifest.file) != HASH_BYTES or len(manifest.snapshot) != HASH_BYTES:
        wrong = "a hash that is none"
    elif not 1 <= manifest.size <= MAX_FILE_BYTES:
        wrong = f"a file of {manifest.size} bytes"
    if wrong:
        raise DistributionError("prices_unreadable", reason=wrong)


def check_manifest(
    manifest: Manifest, *, trust: Trust | None, store: str, groups: Collection[str] | None, taken: Manifest | None
) -> None:
    """Whether a place of this store may take it. `groups` None: any group's; `taken` is the last that it took.

    Raises DistributionError `prices_untrusted`, `prices_elsewhere`, `prices_older`.
    """
    if trust is not None and not (
        manifest.key in trust.keys and trust.verifier(manifest.key, manifest.signature, manifest_message(manifest))
    ):
        raise DistributionError("prices_untrusted")
    kind, _, name = manifest.scope.partition(":")
    if (kind == "store" and name != store) or (kind == "group" and groups is not None and name not in groups):
        raise DistributionError("prices_elsewhere", scope=manifest.scope)
    if taken is not None and not _follows(manifest, taken):
        raise DistributionError("prices_older", counter=manifest.counter, taken=taken.counter)


def _follows(manifest: Manifest, taken: Manifest) -> bool:
    """Newer, or the same again."""
    return manifest.counter > taken.counter or (
        manifest.counter == taken.counter and manifest_message(manifest) == manifest_message(taken)
    )
