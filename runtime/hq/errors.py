"""What head office refuses and why, beside what every server and every reader of records refuses."""

from __future__ import annotations

from typing import ClassVar

from runtime.chain.errors import ChainError

# code -> (what is the matter, what to do about it). English here is the key of the translation (config/locale).
SENTENCES: dict[str, tuple[str, str]] = {
    "store_away": (
        "The database cannot be reached: {detail}.",
        "Start PostgreSQL, or correct its address in the settings; gateways send again by themselves.",
    ),
    "store_failed": (
        "The database refused: {detail}.",
        "See the log of head office and that of the database; gateways send again by themselves.",
    ),
    "store_stuck": (
        "The database answers a new connection, and those of this head office hang.",
        "It ends and is started again; gateways send again by themselves.",
    ),
    "store_unsafe": (
        "The database has {setting} = {value}: it would lose sales that it has confirmed.",
        "Set {setting} = on there; for a test that may lose sales, allow_unsafe = true here.",
    ),
    "store_foreign": (
        "The database is not one of this head office: {detail}.",
        "Correct the address in the settings, or give head office a database of its own.",
    ),
    "store_newer": ("The database was written by a newer lanekit ({version}).", "Update this head office."),
    "snapshots_folder": (
        "The folder of snapshots {path} cannot be used: {detail}.",
        "Correct snapshots in the settings, or who may write there.",
    ),
    "disk_full": ("The database's disk is full.", "Make room there; sales wait at the gateways."),
    "no_hole": (
        "Numbers {first} to {last} of terminal {terminal}, epoch {epoch}, of store {store} are no open hole.",
        "See lane hq holes: what has nothing beyond it may still be sent, and what is kept or closed is none.",
    ),
    "wrong_sender": (
        "The certificate is that of {peer}; what was sent is of store {store}.",
        "Correct the gateway's settings or its certificate.",
    ),
    "revoked": (
        "The certificate {number} of the {peer} was revoked by head office.",
        "Make the store a new one, lane ca store, and put it into the gateway's [tls] folder.",
    ),
    "revoked_unread": (
        "Head office's list of revoked certificates cannot be read ({path}: {detail}); nobody is let in.",
        "Put {path} back from a copy; gateways send again by themselves.",
    ),
    "no_certificate": ("A gateway's certificate is needed here.", "Give the gateway its certificate: lane ca store."),
    "trust": ("Head office's keys cannot be used: {detail}.", "Make them with lane ca hq, and name them in [tls]."),
}


class HqError(ChainError):
    """`fatal`: the database's file must be closed and opened again, by a new process (SQLite alone)."""

    sentences: ClassVar = {**ChainError.sentences, **SENTENCES}
    statuses: ClassVar = {
        **ChainError.statuses,
        **dict.fromkeys(SENTENCES, 503),
        "wrong_sender": 403,
        "no_certificate": 403,
        "revoked": 403,
        "no_hole": 400,
    }
    retries_s: ClassVar = {
        **ChainError.retries_s,
        "store_away": 2,
        "store_failed": 10,
        "store_unsafe": 30,
        "store_foreign": 60,
        "store_newer": 60,
        "disk_full": 30,
        "revoked_unread": 60,
    }

    @property
    def remedy(self) -> str:
        return self.sentences[self.code][1].format(**self.args_by_name)
