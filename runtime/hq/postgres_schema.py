"""The tables of head office in PostgreSQL, and the partitions that they are cut into.

`record_key` says what is kept: one row a record, whatever month its body claims. A unique constraint of a partitioned
table must contain what it is partitioned by, so the key that dedupes cannot be on a table that is cut by month: it is
on this one, cut by the hash of the store. `record_body` has the bodies, by month and, inside a month, by the hash of
the store, so that an old month is detached in a moment. What claims a month that has no partition goes to
`record_body_other`, and is moved when that month gets one.

Of SQL there is only what Citus and YugabyteDB take too, as far as their documentation says (docs/hq.md): no trigger, no
sequence, no foreign key, no advisory lock; each statement names the store. Citus cannot distribute tables with
partitions of partitions: there `store_partitions` is 1.
"""

from __future__ import annotations

from datetime import date

VERSION = 2
MONTHS_AHEAD = 3

_LINE = "store text NOT NULL, terminal text NOT NULL, epoch bigint NOT NULL"

TABLES = (
    "CREATE TABLE IF NOT EXISTS about (version integer NOT NULL PRIMARY KEY)",
    "CREATE TABLE IF NOT EXISTS store (store text PRIMARY KEY, position bigint NOT NULL, seen_at_ms bigint NOT NULL)",
    f"CREATE TABLE IF NOT EXISTS line ({_LINE}, stored bigint NOT NULL, beyond bigint NOT NULL,"
    " records bigint NOT NULL, sales bigint NOT NULL, total_minor bigint NOT NULL, first_seen_at_ms bigint NOT NULL,"
    " last_seen_at_ms bigint NOT NULL, PRIMARY KEY (store, terminal, epoch))",
    f"CREATE TABLE IF NOT EXISTS record_key ({_LINE}, sequence bigint NOT NULL, month date NOT NULL,"
    " hash bytea NOT NULL, PRIMARY KEY (store, terminal, epoch, sequence)){by_store}",
    f"CREATE TABLE IF NOT EXISTS record_body ({_LINE}, sequence bigint NOT NULL, month date NOT NULL,"
    " seen_at_ms bigint NOT NULL, body bytea NOT NULL, PRIMARY KEY (store, terminal, epoch, sequence, month))"
    " PARTITION BY RANGE (month)",
    "CREATE TABLE IF NOT EXISTS record_body_other PARTITION OF record_body DEFAULT",
    f"CREATE TABLE IF NOT EXISTS feed ({_LINE}, last bigint NOT NULL, first bigint NOT NULL, count bigint NOT NULL,"
    " PRIMARY KEY (store, last))",
    f"CREATE TABLE IF NOT EXISTS closed_hole ({_LINE}, first bigint NOT NULL, last bigint NOT NULL,"
    " reason text NOT NULL, closed_by text NOT NULL, closed_at_ms bigint NOT NULL,"
    " PRIMARY KEY (store, terminal, epoch, first))",
    f"CREATE TABLE IF NOT EXISTS quarantine ({_LINE}, sequence bigint NOT NULL, hash bytea NOT NULL,"
    " body bytea NOT NULL, seen_at_ms bigint NOT NULL, PRIMARY KEY (store, terminal, epoch, sequence, hash))",
)


def tables(store_partitions: int) -> list[str]:
    """The statements that make what is missing."""
    by_store = " PARTITION BY HASH (store)" if store_partitions > 1 else ""
    made = [statement.replace("{by_store}", by_store) for statement in TABLES]
    return made + [
        f"CREATE TABLE IF NOT EXISTS record_key_{n} PARTITION OF record_key"
        f" FOR VALUES WITH (MODULUS {store_partitions}, REMAINDER {n})"
        for n in range(store_partitions if store_partitions > 1 else 0)
    ]


def month_name(month: date) -> str:
    return f"record_body_{month:%Y_%m}"


def month_partition(month: date, store_partitions: int) -> list[str]:
    """The statements that make a month's partition, in one transaction. Bodies of that month that came before it was
    made are moved into it."""
    name = month_name(month)
    bounds = f"FOR VALUES FROM ('{month}') TO ('{next_month(month)}')"
    by_store = " PARTITION BY HASH (store)" if store_partitions > 1 else ""
    columns = "store, terminal, epoch, sequence, month, seen_at_ms, body"
    return [
        "LOCK TABLE record_body IN ACCESS EXCLUSIVE MODE",
        f"CREATE TEMPORARY TABLE moved ON COMMIT DROP AS SELECT {columns} FROM record_body_other"
        f" WHERE month = '{month}'",
        f"DELETE FROM record_body_other WHERE month = '{month}'",
        f"CREATE TABLE {name} PARTITION OF record_body {bounds}{by_store}",
        *(
            f"CREATE TABLE {name}_{n} PARTITION OF {name} FOR VALUES WITH (MODULUS {store_partitions}, REMAINDER {n})"
            for n in range(store_partitions if store_partitions > 1 else 0)
        ),
        f"INSERT INTO record_body ({columns}) SELECT {columns} FROM moved",
    ]


def next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def months_due(today: date) -> list[date]:
    """Last month, this month and those ahead."""
    month = date(today.year - (today.month == 1), (today.month - 2) % 12 + 1, 1)
    due = [month]
    while len(due) < 2 + MONTHS_AHEAD:
        due.append(next_month(due[-1]))
    return due
