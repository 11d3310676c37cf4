"""The tables of a gateway's database, and how an older file becomes one of this version: when it is opened, at once.

Rows of `record` keep their rowid (first-seen order) beside UNIQUE(terminal, epoch, sequence), and pages are 16 KiB:
half the disk and twice the speed of a table WITHOUT ROWID on that key.
"""

from __future__ import annotations

APPLICATION_ID = 0x6C616E67  # "lang": lanekit's gateway, in the file's header
SCHEMA_VERSION = 2

SCHEMA = """
CREATE TABLE about (store TEXT NOT NULL);
CREATE TABLE record (
    id INTEGER PRIMARY KEY,
    terminal TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    seen_at_ms INTEGER NOT NULL,
    hash BLOB NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (terminal, epoch, sequence)
);
CREATE TABLE watermark (
    terminal TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    stored INTEGER NOT NULL,
    records INTEGER NOT NULL,
    sales INTEGER NOT NULL,
    total_minor INTEGER NOT NULL,
    first_seen_at_ms INTEGER NOT NULL,
    last_seen_at_ms INTEGER NOT NULL,
    base INTEGER NOT NULL DEFAULT 0,
    beyond INTEGER NOT NULL DEFAULT 0,
    settled INTEGER NOT NULL DEFAULT 0,
    UNIQUE (terminal, epoch)
);
CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY,
    terminal TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    seen_at_ms INTEGER NOT NULL,
    hash BLOB NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (terminal, epoch, sequence, hash)
);
"""

# from a version to the next one
MIGRATIONS: dict[int, str] = {
    1: """
ALTER TABLE watermark ADD COLUMN base INTEGER NOT NULL DEFAULT 0;
ALTER TABLE watermark ADD COLUMN beyond INTEGER NOT NULL DEFAULT 0;
ALTER TABLE watermark ADD COLUMN settled INTEGER NOT NULL DEFAULT 0;
UPDATE watermark SET beyond = records - stored;
""",
}
