"""Deltas: what makes the new file out of the old one. Pure: bytes in, bytes out.

    0    8   magic "LANEDLTA"
    8    2   version, 1
    10   1   method: 1 zstd, 2 bsdiff, 3 whole
    11   1   zero
    12   32  SHA-256 of the old file
    44   32  SHA-256 of the new file
    76   8   length of the old file
    84   8   length of the new file
    92   8   length of the payload
    100  .   the payload
    .    32  SHA-256 of all of the above

Numbers are little-endian. A delta is believed in nothing: its own hash tells damage, the old file's hash tells the
wrong file, every length is bounded before memory is taken for it, and the new file's hash is checked before anyone
gets it.

    zstd     one frame with the old file as its raw dictionary (`zstd --patch-from`); needs the zstandard wheel
    bsdiff   a patch as Colin Percival's bsdiff 4 writes it; made by the bsdiff4 wheel, applied without it
    whole    the new file, by zlib
"""

from __future__ import annotations

import bz2
import hashlib
import importlib.util
import re
import struct
import zlib
from typing import Any

SENTENCES: dict[str, tuple[str, str]] = {
    "delta_damaged": ("The delta is damaged: {reason}.", "Fetch it again, or fetch the whole file."),
    "delta_version": ("The delta is of another version: {reason}.", "Fetch the whole file, or update this terminal."),
    "delta_other_file": ("The delta is for another file: {reason}.", "Fetch the whole file."),
    "delta_too_large": ("The delta or its file is too large: {reason}.", "Fetch the whole file; tell support."),
    "delta_method": (
        "The delta needs {method}, which is not installed here.",
        "Fetch the whole file, or a bsdiff one.",
    ),
}

MAGIC = b"LANEDLTA"
VERSION = 1
METHODS = {"zstd": 1, "bsdiff": 2, "whole": 3}
MAX_FILE_BYTES = 128 << 20  # of an old or new file
MAX_DELTA_BYTES = MAX_FILE_BYTES + (1 << 20)
_HEAD = struct.Struct("<8sHBB32s32sQQQ")
_BSDIFF = struct.Struct("<8sQQQ")
_TRIPLE = struct.Struct("<QQQ")
_SIGN = 1 << 63
_CHUNK = 1 << 20
SMALL_BYTES = 2 << 20  # a file up to here takes half a second at the highest level, and its delta is a third smaller
LEVEL_SMALL, LEVEL = 19, 12  # of 10 MB the highest takes twenty times as long, for a delta that is no smaller
_NOT_ZERO = re.compile(rb"[^\0]+")


class DeltaError(Exception):
    """A delta that cannot be used, or made. `code` is a key of SENTENCES, `args_named` its arguments."""

    def __init__(self, code: str, /, **args: str) -> None:
        super().__init__(SENTENCES[code][0].format(**args))
        self.code = code
        self.args_named = args

    @property
    def remedy(self) -> str:
        return SENTENCES[self.code][1].format(**self.args_named)


def best_method() -> str:
    """The best that can be made here."""
    for method, module in (("zstd", "zstandard"), ("bsdiff", "bsdiff4")):
        if importlib.util.find_spec(module) is not None:
            return method
    return "whole"


def make_delta(old: bytes, new: bytes, *, method: str = "") -> bytes:
    """The delta from `old` to `new`; `method` is a key of METHODS, the best one here unless given.

    Raises DeltaError("delta_method") where its library is missing, "delta_too_large" past MAX_FILE_BYTES.
    """
    _check_sizes(len(old), len(new))
    method = method or best_method()
    payload = {"zstd": _zstd_diff, "bsdiff": _bsdiff_diff, "whole": _whole_diff}[method](old, new)
    head = _HEAD.pack(MAGIC, VERSION, METHODS[method], 0, _hash(old), _hash(new), len(old), len(new), len(payload))
    return b"".join([head, payload, _hash(head + payload)])


def apply_delta(old: bytes, delta: bytes) -> bytes:
    """The new file. Raises DeltaError: never gives another file than the one the delta was made of."""
    if len(delta) > MAX_DELTA_BYTES:
        raise DeltaError("delta_too_large", reason=f"{len(delta)} bytes")
    if len(delta) < _HEAD.size + 32:
        raise DeltaError("delta_damaged", reason="it is too short")
    magic, version, method, zero, old_hash, new_hash, old_size, new_size, length = _HEAD.unpack_from(delta)
    if magic != MAGIC:
        raise DeltaError("delta_damaged", reason="this is not a delta")
    if len(delta) != _HEAD.size + length + 32 or _hash(delta[:-32]) != delta[-32:]:
        raise DeltaError("delta_damaged", reason="its hash is wrong")
    if version != VERSION or method not in METHODS.values() or zero:
        raise DeltaError("delta_version", reason=f"version {version}, method {method}")
    _check_sizes(old_size, new_size)
    if len(old) != old_size or _hash(old) != old_hash:
        raise DeltaError("delta_other_file", reason="the old file is not the one that it was made of")
    payload = delta[_HEAD.size : -32]
    new = {1: _zstd_patch, 2: _bsdiff_patch, 3: _whole_patch}[method](old, payload, new_size)
    if len(new) != new_size or _hash(new) != new_hash:
        raise DeltaError("delta_damaged", reason="the new file's hash is wrong")
    return new


def _hash(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _check_sizes(*sizes: int) -> None:
    for size in sizes:
        if size > MAX_FILE_BYTES:
            raise DeltaError("delta_too_large", reason=f"a file of {size} bytes; at most {MAX_FILE_BYTES}")


# --- zstd -------------------------------------------------------------------------------------------------------


def _zstandard() -> Any:
    try:
        import zstandard
    except ImportError:
        raise DeltaError("delta_method", method="zstandard") from None
    return zstandard


def _zstd_diff(old: bytes, new: bytes) -> bytes:
    zstandard = _zstandard()
    window = max(10, min(27, max(len(old), len(new), 1).bit_length()))
    parameters = zstandard.ZstdCompressionParameters.from_level(
        LEVEL_SMALL if len(new) <= SMALL_BYTES else LEVEL,
        source_size=len(new),
        dict_size=len(old),
        window_log=window,
        enable_ldm=True,
        write_checksum=False,
    )
    dictionary = zstandard.ZstdCompressionDict(old, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    packed: bytes = zstandard.ZstdCompressor(dict_data=dictionary, compression_params=parameters).compress(new)
    return packed


def _zstd_patch(old: bytes, payload: bytes, size: int) -> bytes:
    zstandard = _zstandard()
    try:
        # What the frame says of itself decides how much memory is taken: it is looked at first.
        frame = zstandard.get_frame_parameters(payload)
        if frame.content_size != size or frame.window_size > 2 * MAX_FILE_BYTES:
            raise DeltaError("delta_damaged", reason="the frame is of another size")
        dictionary = zstandard.ZstdCompressionDict(old, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
        decompressor = zstandard.ZstdDecompressor(dict_data=dictionary, max_window_size=2 * MAX_FILE_BYTES)
        new: bytes = decompressor.decompress(payload, max_output_size=size)
    except zstandard.ZstdError as e:
        raise DeltaError("delta_damaged", reason="the frame cannot be unpacked") from e
    return new


# --- bsdiff -----------------------------------------------------------------------------------------------------


def _bsdiff_diff(old: bytes, new: bytes) -> bytes:
    try:
        import bsdiff4
    except ImportError:
        raise DeltaError("delta_method", method="bsdiff4") from None
    packed: bytes = bsdiff4.diff(old, new)
    return packed


def _bsdiff_patch(old: bytes, payload: bytes, size: int) -> bytes:
    """In Python, with every number looked at: it may come from anyone."""
    if len(payload) < _BSDIFF.size:
        raise DeltaError("delta_damaged", reason="the payload is too short")
    magic, triples_size, added_size, said_size = _BSDIFF.unpack_from(payload)
    middle = _BSDIFF.size + triples_size
    if magic != b"BSDIFF40" or said_size != size or middle + added_size > len(payload):
        raise DeltaError("delta_damaged", reason="the payload's lengths are wrong")
    triples = _unbz2(payload[_BSDIFF.size : middle], _TRIPLE.size * (size + 1))
    added = _unbz2(payload[middle : middle + added_size], size)
    taken = _unbz2(payload[middle + added_size :], size - len(added))
    if len(added) + len(taken) != size or len(triples) % _TRIPLE.size:
        raise DeltaError("delta_damaged", reason="the payload's lengths are wrong")
    new: list[bytes] = []
    place = add_at = take_at = 0
    for add, take, move in _TRIPLE.iter_unpack(triples):
        inside = not add or 0 <= place <= len(old) - add  # where nothing is added, a place is only passed through
        if not inside or add_at + add > len(added) or take_at + take > len(taken):
            raise DeltaError("delta_damaged", reason="the payload leads out of the file")
        new.append(_sum(old[place : place + add], added[add_at : add_at + add]))
        new.append(taken[take_at : take_at + take])
        place += add + (move if move < _SIGN else _SIGN - move)
        add_at += add
        take_at += take
    return b"".join(new)


def _sum(old: bytes, added: bytes) -> bytes:
    """Byte by byte, modulo 256; most of `added` is zero."""
    new = bytearray(old)
    for run in _NOT_ZERO.finditer(added):
        for place in range(run.start(), run.end()):
            new[place] = (new[place] + added[place]) & 0xFF
    return bytes(new)


def _unbz2(packed: bytes, most: int) -> bytes:
    try:
        data = bz2.BZ2Decompressor().decompress(packed, max_length=most + 1)
    except (OSError, EOFError, ValueError) as e:
        raise DeltaError("delta_damaged", reason="a stream cannot be unpacked") from e
    if len(data) > most:
        raise DeltaError("delta_damaged", reason="a stream is too long")
    return data


# --- whole ------------------------------------------------------------------------------------------------------


def _whole_diff(old: bytes, new: bytes) -> bytes:
    return zlib.compress(new, 9)


def _whole_patch(old: bytes, payload: bytes, size: int) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        new = unpacker.decompress(payload, size + 1)
    except zlib.error as e:
        raise DeltaError("delta_damaged", reason="the payload cannot be unpacked") from e
    return new
