"""Forwarding against a gateway that is right, away, busy, forgetful, refusing or lying; on a virtual clock."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from forward_peers import Bench, Gateway, Records, virtually
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.forward.forwarder import HQ_LATE_S, Forwarder
from runtime.journal.errors import JournalError
from runtime.link.backoff import LEAST_S, MOST_RETRY_AFTER_S, Backoff
from runtime.link.ports import LinkDown, LinkReply
from runtime.wire.pack import build, pack, unpack
from runtime.wire.records import BatchAnswer, ErrorAnswer, PackedRecord, RecordBatch


def test_everything_arrives_once_in_order_and_the_next_sale_at_once() -> None:
    async def main() -> None:
        records, gateway = Records(173), Gateway()
        bench = Bench(records, gateway)
        assert (bench.forwarder.status, bench.forwarder.unsent) == ((False, "CONNECTING"), 173)
        await bench.after(1)
        assert gateway.numbers() == list(range(1, 174))
        assert (bench.forwarder.status, bench.forwarder.stored, bench.forwarder.unsent) == ((True, "OK"), 173, 0)
        assert records.noted[5] == (173, 0)
        asked = len(gateway.calls)
        records.sell(1)
        bench.forwarder.poke()
        await bench.after(0.1)
        assert (gateway.numbers()[-1], len(gateway.calls)) == (174, asked + 1)
        await bench.end()

    virtually(main)


def test_away_backs_off_and_a_poke_does_not_cut_it_short() -> None:
    async def main() -> None:
        records, gateway = Records(3), Gateway()

        def away(batch: RecordBatch) -> LinkReply | None:
            raise LinkDown("no route")

        gateway.bend = away
        bench = Bench(records, gateway)
        for _ in range(600):
            bench.forwarder.poke()
            await bench.after(1)
        assert 10 <= len(gateway.calls) <= 60
        assert bench.forwarder.status == (False, "GATEWAY_AWAY")
        gateway.bend = lambda batch: None
        await bench.after(70)
        assert gateway.numbers() == [1, 2, 3] and bench.forwarder.status == (True, "OK")
        await bench.end()

    virtually(main)


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        ("server", "GATEWAY_UNTRUSTED"),
        ("client", "TERMINAL_UNTRUSTED"),
        ("no_certificate", "TERMINAL_NOT_ENROLLED"),
        ("refused", "TERMINAL_UNTRUSTED"),
    ],
)
def test_who_is_not_trusted_is_said_and_the_sales_wait(cause: str, code: str) -> None:
    async def main() -> None:
        records, gateway = Records(2), Gateway()

        def shut(batch: RecordBatch) -> LinkReply | None:
            if cause == "refused":
                return LinkReply(403, pack(ErrorAnswer("not_enrolled", "Revoked.", "terminal")), None)
            raise LinkDown("a handshake", cause)  # type: ignore[arg-type]  # one of its causes

        gateway.bend = shut
        bench = Bench(records, gateway)
        await bench.after(5)
        assert bench.forwarder.status == (False, code) and bench.forwarder.unsent == 2
        gateway.bend = lambda batch: None
        await bench.after(70)
        assert gateway.numbers() == [1, 2] and bench.forwarder.status == (True, "OK")
        await bench.end()

    virtually(main)


def test_retry_after_is_kept() -> None:
    async def main() -> None:
        gateway = Gateway()
        gateway.bend = lambda batch: LinkReply(503, b"", 30)
        bench = Bench(Records(3), gateway)
        await bench.after(29)
        assert len(gateway.calls) == 1 and bench.forwarder.status == (False, "GATEWAY_BUSY")
        gateway.bend = lambda batch: None
        await bench.after(10)
        assert gateway.numbers() == [1, 2, 3]
        await bench.end()

    virtually(main)


def test_a_lost_answer_is_sent_again_and_kept_once() -> None:
    async def main() -> None:
        gateway = Gateway()
        dice = random.Random(4)

        def lossy(batch: RecordBatch) -> LinkReply | None:
            if dice.random() < 0.5:
                gateway.answer(batch)  # it arrived, the answer did not
                raise LinkDown("reset")
            return None

        gateway.bend = lossy
        bench = Bench(Records(200), gateway)
        await bench.after(600)
        assert gateway.numbers() == list(range(1, 201)) and bench.forwarder.unsent == 0
        await bench.end()

    virtually(main)


def test_a_gateway_that_lost_its_disk_gets_all_again_and_it_is_said() -> None:
    async def main() -> None:
        records, gateway = Records(120), Gateway()
        bench = Bench(records, gateway)
        await bench.after(1)
        gateway.kept.clear()
        await bench.after(70)  # it is asked by itself
        assert gateway.numbers() == list(range(1, 121))
        assert bench.codes.count("GATEWAY_LOST") == 1 and bench.codes[-1] == "OK"
        await bench.end()

    virtually(main)


def test_a_watermark_on_disk_shows_the_loss_after_a_restart() -> None:
    async def main() -> None:
        records, gateway = Records(9), Gateway()
        records.noted[5] = (9, 0)
        bench = Bench(records, gateway)
        await bench.after(5)
        assert gateway.numbers() == list(range(1, 10)) and "GATEWAY_LOST" in bench.codes
        await bench.end()

    virtually(main)


def test_a_refused_record_is_named_and_those_before_it_go() -> None:
    async def main() -> None:
        records, gateway = Records(30), Gateway()
        fixed = False

        def refuse(batch: RecordBatch) -> LinkReply | None:
            if not fixed and any(record.sequence == 17 for record in batch.records):
                return LinkReply(400, pack(ErrorAnswer("bad_hash", "no", "terminal")), None)
            return None

        gateway.bend = refuse
        bench = Bench(records, gateway)
        await bench.after(300)
        assert gateway.numbers() == list(range(1, 17))
        assert bench.forwarder.status == (False, "GATEWAY_REFUSING")
        assert bench.forwarder.status_args == {"sequence": 17, "reason": "bad_hash"}
        assert bench.forwarder.unsent == 14
        assert len(gateway.calls) < 60
        fixed = True
        await bench.after(70)
        assert gateway.numbers() == list(range(1, 31)) and bench.forwarder.status == (True, "OK")
        await bench.end()

    virtually(main)


def test_the_gateways_words_do_not_reach_the_screen() -> None:
    async def main() -> None:
        gateway = Gateway()
        gateway.bend = lambda batch: LinkReply(400, pack(ErrorAnswer("CALL 555-0199", "x", "gateway")), None)
        bench = Bench(Records(1), gateway)
        await bench.after(5)
        assert bench.forwarder.status_args["reason"] == "400"
        await bench.end()

    virtually(main)


def test_a_gateway_that_keeps_nothing_is_not_asked_in_a_loop() -> None:
    async def main() -> None:
        gateway = Gateway()
        gateway.bend = lambda batch: LinkReply(200, pack(BatchAnswer(0, 0)), None)
        bench = Bench(Records(4), gateway)
        await bench.after(600)
        assert bench.forwarder.status == (False, "GATEWAY_STUCK") and len(gateway.calls) < 60
        await bench.end()

    virtually(main)


def test_a_gateway_that_cannot_make_up_its_mind_is_not_asked_in_a_loop() -> None:
    async def main() -> None:
        gateway = Gateway()

        def swings(batch: RecordBatch) -> LinkReply | None:
            return LinkReply(200, pack(BatchAnswer(100 if len(gateway.calls) % 2 else 0, 0)), None)

        gateway.bend = swings
        bench = Bench(Records(300), gateway)
        await bench.after(60)
        assert len(gateway.calls) < 1000
        await bench.end()

    virtually(main)


def test_quarantined_numbers_are_said_and_the_rest_goes_on() -> None:
    async def main() -> None:
        records, gateway = Records(3), Gateway()
        gateway.kept["S1", "T1", 5] = {1: b"another", 2: records.lists[5][1].body}
        bench = Bench(records, gateway)
        await bench.after(5)
        assert bench.forwarder.quarantined == []  # 1 and 2 were there before: not sent again
        records2, gateway2 = Records(3, epoch=6), Gateway()
        gateway2.kept["S1", "T1", 6] = {2: b"another"}
        bench2 = Bench(records2, gateway2)
        await bench2.after(5)
        assert bench2.forwarder.quarantined == [2] and gateway2.numbers(6) == [1, 2, 3]
        assert bench2.forwarder.status == (False, "GATEWAY_QUARANTINE")
        assert bench2.forwarder.status_args == {"sequence": 2} and bench2.forwarder.unsent == 0
        await bench.end()
        await bench2.end()

    virtually(main)


def test_an_old_copy_of_the_disk_is_noticed_and_its_new_sales_are_sent() -> None:
    async def main() -> None:
        records, gateway = Records(3), Gateway()
        gateway.kept["S1", "T1", 5] = dict.fromkeys(range(1, 11), b"from before")
        bench = Bench(records, gateway)
        await bench.after(1)
        assert bench.forwarder.status == (False, "JOURNAL_BEHIND")
        records.sell(1)
        bench.forwarder.poke()
        await bench.after(1)
        assert bench.forwarder.quarantined == [4] and bench.forwarder.stored == 4
        await bench.end()

    virtually(main)


def test_old_epochs_go_under_their_own_names_and_hold_nobody_back() -> None:
    async def main() -> None:
        records, gateway = Records(2), Gateway()
        records.sell(60, epoch=3, StoreID="S1", WorkstationID="T9")
        records.sell(2, epoch=4)  # nobody can say whose these are

        def refuse(batch: RecordBatch) -> LinkReply | None:
            if batch.epoch == 3 and batch.records and batch.records[-1].sequence > 55:
                return LinkReply(400, b"", None)
            return None

        gateway.bend = refuse
        bench = Bench(records, gateway)
        await bench.after(5)
        assert gateway.numbers(3, "T9") == list(range(1, 56)) and gateway.numbers() == [1, 2]
        assert bench.forwarder.unsent == 5 + 2
        for _ in range(30):
            records.sell(1)
            bench.forwarder.poke()
            await bench.after(0.1)
        assert gateway.numbers()[-1] == 32
        gateway.bend = lambda batch: None
        await bench.after(130)
        assert len(gateway.numbers(3, "T9")) == 60
        assert bench.forwarder.status == (False, "RECORD_MISSING")
        await bench.end()

    virtually(main)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.builds(LinkReply, st.integers(100, 599), st.binary(max_size=40), st.none()),
            st.builds(
                LinkReply,
                st.just(200),
                st.builds(
                    lambda stored, settled, aside: pack({"stored": stored, "settled": settled, "quarantined": aside}),
                    st.one_of(st.integers(-2, 80), st.integers(-(2**63), 2**63)),
                    st.one_of(st.integers(-2, 80), st.none()),
                    st.lists(st.integers(-1, 70), max_size=3),
                ),
                st.none(),
            ),
        ),
        max_size=12,
    )
)
def test_no_answer_upsets_it(replies: list[LinkReply]) -> None:
    async def main() -> None:
        gateway, left = Gateway(), list(replies)
        gateway.bend = lambda batch: left.pop() if left else None
        bench = Bench(Records(60), gateway)
        await bench.after(3600)
        assert not bench.task.done()
        assert 0 <= bench.forwarder.stored <= 60
        assert len(gateway.calls) < 400
        await bench.end()

    virtually(main)


@given(st.integers(-5, 10_000), st.floats(0, 1, exclude_max=True), st.one_of(st.none(), st.integers(-5, 10**6)))
def test_delays(failures: int, dice: float, retry_after_s: int | None) -> None:
    delay = Backoff().delay_s(failures, lambda: dice, retry_after_s)
    least = min(max(retry_after_s or 0, 0), MOST_RETRY_AFTER_S)
    assert least + LEAST_S <= delay <= least + Backoff().most_s


def test_a_forwarder_that_believes_everything_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault this file is there for: `stored` past what was sent is taken for true."""

    def credulous(self: Forwarder, line: Any, answer: BatchAnswer, records: list[PackedRecord]) -> bool:
        line.asked, line.stored = True, answer.stored
        return True

    monkeypatch.setattr(Forwarder, "_accepted", credulous)
    with pytest.raises(AssertionError):
        test_an_old_copy_of_the_disk_is_noticed_and_its_new_sales_are_sent()


def test_it_says_what_it_was_told_and_what_it_has_let_go_of() -> None:
    async def main() -> None:
        records, gateway = Records(10), Gateway()
        records.noted[5], records.gone = (6, 6), 4
        said: list[tuple[int, int, list[int]]] = []

        def hears(batch: RecordBatch) -> LinkReply | None:
            said.append((batch.settled, batch.gone, [record.sequence for record in batch.records]))
            return LinkReply(200, pack(BatchAnswer(batch.records[-1].sequence if batch.records else 6, 6)), None)

        gateway.bend = hears
        bench = Bench(records, gateway)
        await bench.after(1)
        assert said == [(6, 4, []), (6, 4, [7, 8, 9, 10])]
        assert bench.forwarder.status == (True, "OK")
        await bench.end()

    virtually(main)


def test_a_gateway_that_lost_all_is_given_what_is_still_here() -> None:
    """1 to 4 are gone: they are not missing, nobody can send them; the line goes on behind them."""

    async def main() -> None:
        records, gateway = Records(10), Gateway()
        records.noted[5], records.gone = (10, 6), 4
        sent: list[int] = []

        def empty(batch: RecordBatch) -> LinkReply | None:
            sent.extend(record.sequence for record in batch.records)
            return LinkReply(200, pack(BatchAnswer(sent[-1] if sent else 2, 0)), None)

        gateway.bend = empty
        bench = Bench(records, gateway)
        await bench.after(5)
        assert sent == [5, 6, 7, 8, 9, 10]
        assert (bench.forwarder.status, bench.forwarder.unsent) == ((True, "OK"), 0)
        await bench.end()

    virtually(main)


def test_an_old_epoch_of_which_all_is_gone_is_no_line() -> None:
    async def main() -> None:
        records = Records(1)
        records.sell(3, epoch=4)
        epochs = records.epochs()
        records.epochs = lambda: [replace(epochs[0], pruned=3), epochs[1]]  # type: ignore[method-assign]
        bench = Bench(records, Gateway())
        await bench.after(1)
        assert bench.forwarder.status == (True, "OK")
        await bench.end()

    virtually(main)


def test_a_journal_that_failed_still_lets_the_screen_have_its_last_word() -> None:
    async def main() -> None:
        records, gateway = Records(2), Gateway()

        def away(batch: RecordBatch) -> LinkReply | None:
            raise LinkDown("no route")

        def failed(*_: Any, **__: Any) -> list[PackedRecord]:
            raise JournalError("IO_FAILED", "the disk failed a sync")

        gateway.bend = away
        bench = Bench(records, gateway)
        await bench.after(1)
        records.records = failed  # type: ignore[method-assign]
        assert (bench.forwarder.unsent, bench.forwarder.since) == (2, "")
        await bench.end()

    virtually(main)


def test_since_when_sales_are_only_here() -> None:
    async def main() -> None:
        records, gateway = Records(), Gateway()
        bench = Bench(records, gateway)
        await bench.after(1)
        assert bench.forwarder.since == ""
        down = True

        def away(batch: RecordBatch) -> LinkReply | None:
            if down:
                raise LinkDown("no route")
            return None

        gateway.bend = away
        for minute in range(3):
            records.sell(1, EndDateTime=f"2026-11-30T10:0{minute}:00")
            bench.forwarder.poke()
            await bench.after(60)
        assert (bench.forwarder.unsent, bench.forwarder.since) == (3, "2026-11-30T10:00:00")
        down = False
        await bench.after(120)
        assert (bench.forwarder.unsent, bench.forwarder.since) == (0, "")
        await bench.end()

    virtually(main)


def test_head_office_that_gets_nothing_is_said_after_a_while_and_is_no_trouble() -> None:
    async def main() -> None:
        records, gateway = Records(5), Gateway()
        settled = 5

        def answer(batch: RecordBatch) -> LinkReply | None:
            reply = gateway.answer(batch)
            return replace(reply, body=pack(replace(build(BatchAnswer, unpack(reply.body)), settled=settled)))

        gateway.bend = answer
        bench = Bench(records, gateway)
        await bench.after(5)
        records.sell(2)
        bench.forwarder.poke()
        await bench.after(HQ_LATE_S - 10)
        assert bench.forwarder.status == (True, "OK")
        await bench.after(100)
        assert (bench.forwarder.status, bench.forwarder.status_args) == ((True, "HQ_LATE"), {"count": 2})
        settled = 7
        await bench.after(100)
        assert bench.forwarder.status == (True, "OK")
        await bench.end()

    virtually(main)
