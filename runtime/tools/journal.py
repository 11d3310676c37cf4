"""Read a terminal's journal, also while the terminal runs. Nothing is ever written to it.

  lane journal verify run/journal.db                     walk every row; name the first that is wrong
  lane journal verify run/journal.db --sale 120:3fa27c01 the head that stands on receipt 120 is right, too
  lane journal verify terminal.toml --gateway            every record is the one that the gateway has
  lane journal show run/journal.db                       the last rows
  lane journal show run/journal.db --sale 120            the rows of one sale
  lane journal search run/journal.db --amount 12.50      sales and slips by number, date, amount, sku or text
  lane journal export run/journal.db --format text --sale 120     its receipt
  lane journal export run/journal.db --format csv --from 2026-11-01 --to 2026-11-30 -o november.csv

FILE is the journal, or the terminal.toml that names it: then receipts have that terminal's header and its book's names.
Numbers of telephones and cards are shown by their ends only. An older epoch (another disk) is read with --epoch.

Exit status: 0 all is well, 1 a row is wrong or nothing was found, 2 the journal cannot be read.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from runtime.journal.errors import JournalError
from runtime.journal.live import LiveJournal
from runtime.tools.journal_export import FORMATS, Paper, export
from runtime.tools.journal_find import MAX_SHOWN, Wanted, epochs_of, matching, printable, rows_of_sale, shown_row
from runtime.tools.journal_verify import AgainstGateway, verify_all
from runtime.tools.refusal import refuse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(dest="word", metavar="verify|show|search|export", required=True)
    verify = _word(words, "verify", "walk the chain and name the first row that is wrong")
    verify.add_argument("--sale", action="append", default=[], metavar="NUMBER:HEAD", help="as a receipt has it")
    verify.add_argument(
        "--gateway",
        nargs="?",
        const="",
        metavar="URL",
        help="compare with it; of the terminal.toml where no URL is said",
    )
    verify.add_argument("--json", action="store_true", help="for programs")
    show = _word(words, "show", "rows, newest last")
    show.add_argument("--sale", type=int, metavar="NUMBER", help="the rows of this sale")
    show.add_argument("--row", type=int, metavar="ROW", help="the rows from this one on")
    show.add_argument("--last", type=_count, default=20, metavar="N", help=f"so many (20; at most {MAX_SHOWN})")
    show.add_argument("--json", action="store_true", help="one object a line")
    search = _word(words, "search", "closed sales and slips, newest first")
    _filters(search)
    search.add_argument("--limit", type=_count, default=20, metavar="N", help=f"so many (20; at most {MAX_SHOWN})")
    search.add_argument("--json", action="store_true", help="one object a line")
    out = _word(words, "export", "records with POSLog's names (json), a table (csv) or the paper (text)")
    _filters(out)
    out.add_argument("--format", choices=FORMATS, default="json")
    out.add_argument("-o", "--output", type=Path, metavar="FILE", help="instead of standard output")


def _word(words: argparse._SubParsersAction[argparse.ArgumentParser], name: str, what: str) -> argparse.ArgumentParser:
    one = words.add_parser(
        name, help=what, description=what, epilog=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    one.add_argument("journal", type=Path, metavar="FILE", help="the journal, or a terminal.toml")
    one.add_argument("--epoch", metavar="EPOCH", help="another than the newest, in hex as verify says it")
    return one


def _filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sale", metavar="NUMBER", help="its number, or from-to as 100-120")
    parser.add_argument("--from", dest="first_day", metavar="DAY", help="from this business day on, as 2026-11-22")
    parser.add_argument("--to", dest="last_day", metavar="DAY", help="to this business day")
    parser.add_argument("--amount", metavar="AMOUNT", help="a total, line, tender or slip is this amount, as 12.50")
    parser.add_argument("--sku", help="a line of it sold this item, by sku or code")
    parser.add_argument("--text", help="a name, reason, person, trade's number or the kind of record has this in it")


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MAX_SHOWN:
        raise argparse.ArgumentTypeError(f"is a whole number from 1 to {MAX_SHOWN}")
    return number


def run(arguments: argparse.Namespace) -> int:
    try:
        paper = Paper.of(arguments.journal, arguments.config)
        live = LiveJournal(paper.journal)
    except (JournalError, ValueError) as error:
        return refuse(f"lane journal: {error}")
    try:
        return {"verify": _verify, "show": _show, "search": _search, "export": _export}[arguments.word](
            arguments, live, paper
        )
    except (JournalError, ValueError, OSError) as error:
        return refuse(f"lane journal: {error}")
    finally:
        live.close()


def _verify(arguments: argparse.Namespace, live: LiveJournal, paper: Paper) -> int:
    against = None
    if arguments.gateway is not None:
        url = arguments.gateway or paper.gateway_url
        if not url:
            raise ValueError("Name the gateway: --gateway http://HOST:PORT.")
        against = AgainstGateway(url)
    verdicts = verify_all(live, arguments.epoch, arguments.sale, against)
    for verdict in verdicts:
        print(json.dumps(verdict.to_json()) if arguments.json else verdict.text())
    return int(any(verdict.faults for verdict in verdicts))


def _show(arguments: argparse.Namespace, live: LiveJournal, paper: Paper) -> int:
    one = epochs_of(live, arguments.epoch)
    rows = rows_of_sale(live, one, arguments.sale, arguments.row, arguments.last)
    for row in rows:
        print(printable(shown_row(row, arguments.json)))
    return int(not rows)


def _search(arguments: argparse.Namespace, live: LiveJournal, paper: Paper) -> int:
    one, wanted = epochs_of(live, arguments.epoch), _wanted(arguments, paper)
    count = 0
    for record in matching(live, one, wanted, newest_first=True):
        print(printable(paper.line_of(record, arguments.json)))
        count += 1
        if count == arguments.limit:
            print(f"There may be more: --limit shows up to {MAX_SHOWN}.", file=sys.stderr)
            break
    return int(count == 0)


def _export(arguments: argparse.Namespace, live: LiveJournal, paper: Paper) -> int:
    one, wanted = epochs_of(live, arguments.epoch), _wanted(arguments, paper)
    records = matching(live, one, wanted, newest_first=False)
    if arguments.output is None:
        return int(export(records, arguments.format, paper, sys.stdout) == 0)
    with arguments.output.open("w", encoding="utf-8", newline="") as file:
        return int(export(records, arguments.format, paper, file) == 0)


def _wanted(arguments: argparse.Namespace, paper: Paper) -> Wanted:
    return Wanted.of(
        arguments.sale, arguments.first_day, arguments.last_day, arguments.amount, arguments.sku, arguments.text,
        paper.exponent,
    )  # fmt: skip
