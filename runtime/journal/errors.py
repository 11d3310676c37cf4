"""What can be wrong with a journal, each with its sentence. One error class: JournalError.

DISK_FULL leaves the journal as it was and usable. DISK_LOW and DISK_LAST are no errors: the reserve is in use, and
nearly used up. After IO_FAILED nobody knows what is on disk: the journal refuses
everything, the process must end and open it again (a failed fsync is never retried: the kernel may have dropped the
pages).
"""

from __future__ import annotations

# code -> (what is the matter, what to do about it)
SENTENCES: dict[str, tuple[str, str]] = {
    "DISK_FULL": ("The disk is full; nothing more can be recorded.", "Call the technician: make room on the disk."),
    "DISK_LOW": (
        "The disk is full; the terminal sells on with its reserve.",
        "Call the technician now: make room on the disk.",
    ),
    "DISK_LAST": (
        "The disk's reserve is nearly used up; payment codes are not taken any more.",
        "Take cash, and call the technician now: make room on the disk.",
    ),
    "IO_FAILED": (
        "The disk does not take what is written.",
        "The terminal starts again; if it comes back, change the disk.",
    ),
    "CHAIN_BROKEN": (
        "Row {row} of the journal was changed or is missing.",
        "Call the technician; keep this disk as it is.",
    ),
    "ROW_UNREADABLE": (
        "Row {row} of the journal cannot be read by this version.",
        "Install the version that wrote it, or a newer one.",
    ),
    "DAMAGED": ("The journal's file is damaged.", "Call the technician; keep this disk as it is."),
    "NOT_A_JOURNAL": ("The journal's file is not a journal.", "Check the path in the settings."),
    "NEWER": ("The journal was written by a newer version.", "Install that version, or a newer one."),
    "OLDER": (
        "The journal was written by an older version.",
        "Start the terminal of this version on it once; it keeps every row.",
    ),
    "IN_USE": ("The journal is in use by another program.", "Close the other terminal program; only one may run."),
    "CANNOT_OPEN": ("The journal cannot be opened.", "Check the folder's path, owner and permissions."),
    "NO_SUCH_EPOCH": ("The journal has no epoch {epoch}.", "Ask for one that it lists."),
    "CLOSED": ("The journal is closed.", "Start the terminal again."),
    "OLD_SQLITE": (
        "SQLite {version} has a known fault; the journal avoids it by keeping to one connection.",
        "Install a newer apsw when there is one for this machine.",
    ),
    "SQLITE_TOO_OLD": ("SQLite {version} is too old for the journal.", "Install apsw 3.40 or newer."),
}


class JournalError(Exception):
    """`code` is a key of SENTENCES; `detail` is for the log."""

    def __init__(self, code: str, detail: str = "", **args: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.args_named = args

    def __str__(self) -> str:
        text, remedy = SENTENCES[self.code]
        said = f"{text} {remedy}".format_map(self.args_named)
        return f"{said} ({self.detail})" if self.detail else said
