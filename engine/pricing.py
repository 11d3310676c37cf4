"""`price`: from a basket to its receipt. Contract: docs/promotions.md.

Step 1 gives every unit its current price; steps 2 and 3 are decided part by part (engine.parts), each with the same
share of the search nodes (so that a part whose inputs are unchanged keeps its answer), and those that it does not
suffice for with what the others left over; then discounts are rounded once for each promotion and spread over its
units, thresholds in order of id, and last what the tender gives.
"""

from __future__ import annotations

from engine.decide import Decision
from engine.region import Key, Region, regions_of
from engine.runs import Run, lower
from engine.snapshot import Snapshot
from engine.tenders import best_tender
from engine.units import Counter, Facts, Lot, by_rank, facts_of, in_order, lot_of, lots_of
from engine.values import DEFAULT_NODES, ENGINE, Application, Basket, Receipt, ReceiptLine

MAX_KNOWN = 4_096  # codes that a pricer remembers


def price(snapshot: Snapshot, basket: Basket, nodes: int = DEFAULT_NODES) -> Receipt:
    """The receipt of `basket`. `nodes` limits the search; past it the receipt says `optimal` false and a proved
    `bound`.

    Raises BasketError (`unknown_item`, `bad_quantity`, with the line from 0) and ValueError where `basket.at` is no
    time.
    """
    counter = Counter(snapshot, basket)
    lots = lots_of(snapshot, basket, counter, {})
    region = Region(lots, lots, counter, remembers=False)
    share = nodes_of_a_part(region.parts.searched, nodes)
    region.decide(share, {})
    more = nodes_left([region], nodes)
    if more > share:
        region.decide_open(more, {})
    return _receipt(snapshot, counter, basket, lots, [region])


class Pricer:
    """Prices a basket scan by scan: a line, a region and a part whose inputs are unchanged keep what they came to.

    Every receipt is the one from scratch, byte for byte. Not for several threads at once.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._known: dict[str, Facts] = {}
        self._basket: Basket | None = None
        self._counter: Counter | None = None
        self._lots: list[Lot] = []
        self._regions: dict[int, Region] = {}  # by first line
        self.searched = 0  # parts decided anew for the last basket

    def price(self, basket: Basket, nodes: int = DEFAULT_NODES) -> Receipt:
        """As `price`."""
        counter = self._counter
        if counter is None or not _is_same_but_lines(basket, counter.basket):
            self._lots = []
            self._regions = {}
            counter = self._counter = Counter(self._snapshot, basket)
        lots = self._lots_of(basket, counter)
        before = self._regions
        regions: list[Region] = []
        known: dict[Key, Decision] = {}
        searched = 0
        for mine in regions_of(lots):
            region = before.get(mine[0].line)
            if region is None or region.lots != mine:
                region = Region(mine, lots, counter, remembers=True)
            regions.append(region)
            searched += region.parts.searched
        for region in before.values():
            known.update(region.known)
        share = nodes_of_a_part(searched, nodes)
        self.searched = 0
        for region in regions:
            if not region.stands(share):
                self.searched += region.decide(share, known)
        more = nodes_left(regions, nodes)
        if more <= share:
            more = 0
        for region in regions:
            if region.more != more and region.is_open:
                self.searched += region.decide_open(more, known)
        self._regions = {region.lots[0].line: region for region in regions}
        return _receipt(self._snapshot, counter, basket, lots, regions)

    def _lots_of(self, basket: Basket, counter: Counter) -> list[Lot]:
        known = self._known
        if len(known) > MAX_KNOWN:
            known.clear()
        old = self._lots
        earlier = self._basket.lines if self._basket is not None else ()
        lots: list[Lot] = []
        for number, line in enumerate(basket.lines):
            if number < len(old) and (line is earlier[number] or line == earlier[number]):
                lots.append(old[number])
                continue
            facts = known.get(line.code)
            if facts is None:
                facts = known[line.code] = facts_of(self._snapshot, line.code, number)
            lots.append(lot_of(facts, line, number, counter))
        self._basket, self._lots = basket, lots  # together: an error above leaves both as they were
        return lots


def _is_same_but_lines(one: Basket, other: Basket) -> bool:
    """Whether promotions are in force for both alike."""
    return (
        one.at == other.at
        and one.store == other.store
        and one.groups == other.groups
        and one.channel == other.channel
        and one.member == other.member
        and one.coupons == other.coupons
        and one.used == other.used
    )


def nodes_of_a_part(searched: int, nodes: int) -> int:
    """What each part may spend where so many are searched. They are counted as a power of two, so that one more seldom
    changes what the others may spend."""
    return max(0, nodes) // (1 << max(0, searched - 1).bit_length())


def nodes_left(regions: list[Region], nodes: int) -> int:
    """What each part that is not proved may spend instead, of what the others left over: a power of two, so that it
    seldom changes from scan to scan."""
    still_open = 0
    left = nodes
    for region in regions:
        for decision in region.first:
            left -= decision.nodes
            if decision.bound:
                still_open += 1
    if not still_open or left < still_open:
        return 0
    return 1 << (left // still_open).bit_length() - 1


def _receipt(snapshot: Snapshot, counter: Counter, basket: Basket, lots: list[Lot], regions: list[Region]) -> Receipt:
    applications: list[tuple[int, Application]] = []
    coupons: dict[str, int] = {}
    groups: set[str] = set()
    runs: dict[int, list[Run]] = {}
    bound = 0
    for region in regions:
        region.work_out()
        applications += region.applications
        runs.update(region.runs)
        bound += region.bound
        for code, times in region.coupons.items():
            coupons[code] = coupons.get(code, 0) + times
        groups.update(region.groups)
    if basket.tender:
        _step4(snapshot, counter, basket, lots, runs, coupons, groups, applications)
    if len(applications) > 1:
        applications.sort(key=_first)
    lines: list[ReceiptLine] = []
    gross = total = 0
    for lot in lots:
        net = 0
        mine = runs.get(lot.line)
        if mine is None:
            net = lot.current * lot.count
        else:
            for run in mine:
                net += run.cost * run.count
        shown = lot.shown
        if shown is None or lot.net != net:
            shown = lot.shown = _line(lot, net)
            lot.net = net
        lines.append(shown)
        gross += lot.regular * lot.count
        total += net
    bound = min(bound, total)  # nothing costs less than nothing
    return Receipt(
        basket.id,
        ENGINE,
        gross,
        gross - total,
        total,
        bound == 0,
        bound,
        dict(sorted(coupons.items())) if coupons else {},
        tuple(lines),
        tuple([application for _, application in applications]),
    )


def _first(pair: tuple[int, Application]) -> int:
    return pair[0]


def _step4(
    snapshot: Snapshot,
    counter: Counter,
    basket: Basket,
    lots: list[Lot],
    runs: dict[int, list[Run]],
    coupons: dict[str, int],
    groups: set[str],
    applications: list[tuple[int, Application]],
) -> None:
    """What the tender takes off; `runs`, `coupons` and `applications` are the basket's, and change."""
    base: list[Run] = []
    whole = 0
    in_order(lots)
    for lot in sorted(lots, key=by_rank):
        if not lot.no_discount:
            for run in runs.get(lot.line, ()) or [Run(lot.line, lot.count, lot.current, False, False)]:
                base.append(run)
                whole += run.cost * run.count
    found = best_tender(snapshot, counter, basket.tender, whole, coupons, groups)
    if found is None:
        return
    plan, discount = found
    if plan.coupon:
        coupons[plan.coupon] = coupons.get(plan.coupon, 0) + 1
    units = [(lot.line, lot.count) for lot in lots if not lot.no_discount]
    applications.append((plan.index, Application(plan.id, 1, tuple(units), (), discount)))
    mine: dict[int, list[Run]] = {}
    copies = [Run(run.place, run.count, run.cost, run.taken, run.gift) for run in base]  # a region keeps its own
    for run in copies:
        there = mine.get(run.place)
        if there is None:
            mine[run.place] = [run]
        else:
            there.append(run)
    lower(copies, discount, mine)
    runs.update(mine)


def _line(lot: Lot, net: int) -> ReceiptLine:
    gross = lot.regular * lot.count
    return ReceiptLine(
        lot.sku,
        0 if lot.milli else lot.count,
        lot.milli,
        lot.regular_unit,
        gross,
        lot.current * lot.count,
        gross - net,
        net,
        lot.price_promotion,
    )
