"""The tables of a journal, and how an older file becomes one of this version: in one transaction, when it is opened."""

from __future__ import annotations

APPLICATION = 0x4C414E45  # "LANE"
VERSION = 2
MAX_RECORD_BYTES = 1 << 20

_ANCHORS = """
CREATE TABLE anchors (
    n INTEGER PRIMARY KEY, seq INTEGER NOT NULL, hash BLOB NOT NULL, sequence INTEGER NOT NULL,
    sum BLOB NOT NULL, body BLOB NOT NULL
);
"""

SCHEMA = f"""
CREATE TABLE epochs (
    n INTEGER PRIMARY KEY, epoch INTEGER NOT NULL UNIQUE, machine TEXT NOT NULL,
    stored INTEGER NOT NULL DEFAULT 0, settled INTEGER NOT NULL DEFAULT 0, stored_hash BLOB
);
CREATE TABLE rows (
    n INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (n, seq)
) WITHOUT ROWID;
CREATE TABLE records (
    id INTEGER PRIMARY KEY, n INTEGER NOT NULL, sequence INTEGER NOT NULL, row INTEGER NOT NULL,
    body BLOB NOT NULL, hash BLOB NOT NULL, UNIQUE (n, sequence)
);
CREATE TABLE checkpoints (
    n INTEGER PRIMARY KEY, seq INTEGER NOT NULL, sum BLOB NOT NULL, body BLOB NOT NULL
);
{_ANCHORS}"""

# from a version to the next one
MIGRATIONS: dict[int, str] = {
    1: f"ALTER TABLE epochs ADD COLUMN stored_hash BLOB; {_ANCHORS}",
}
