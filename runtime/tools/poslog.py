"""Records with the names of ARTS POSLog 2.2: RetailTransaction, ControlTransaction, TenderControlTransaction. Pure.

Amounts stand as decimal numbers in text, with the currency's digits, for a JSON number may pass through a float on its
way. They have the record's sign: what is given back is below 0, so that everything sums. Where a record adds up:

    ExtendedAmount of all Sale and Return             = TransactionNetAmount
    TransactionNetAmount + Rounding                   = Tender Amount less TenderChange
    ExtendedAmount less Amount of RetailPriceModifier = what the engine left of the line

What POSLog has no name for (the chain's head, the rows, the quality of the time, stock, a report's counts) stands under
`lanekit`. A record of another version is taken as it is: what is not there is empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runtime.terminal.findable import amount_of, maps, net_lines, put_on, sum_of
from runtime.terminal.money import weight_text
from runtime.terminal.names import masked
from runtime.terminal.paper import discounts
from runtime.tools.journal_find import private

Money = Callable[[Any], str]

TENDER_CONTROL = frozenset({"PaidIn", "PaidOut", "TenderPickup", "TillSettle"})  # the others are ControlTransactions
METHODS = {"price": "PriceOverride", "ticket_percent": "TransactionDiscount", "ticket_amount": "TransactionDiscount"}


def transaction(record: Mapping[str, Any], currency: str, money: Money) -> dict[str, Any]:
    """A record with POSLog's names; `money` writes minor units, and anything that is no amount as nothing."""
    name, body = _control(record, money) if is_control(record) else _retail(record, money)
    own = {key: record.get(key) for key in ("epoch", "head", "rows", "snapshot", "TimeQuality", "age_checked")}
    own["epoch"] = f"{own['epoch']:016x}" if type(own["epoch"]) is int else None
    own["stock"] = maps(record, "stock")
    said = {
        "RetailStoreID": record.get("StoreID"),
        "WorkstationID": record.get("WorkstationID"),
        "SequenceNumber": record.get("SequenceNumber"),
        "BusinessDayDate": record.get("BusinessDayDate"),
        "BeginDateTime": record.get("BeginDateTime"),
        "EndDateTime": record.get("EndDateTime"),
        "OperatorID": record.get("OperatorID"),
        "CurrencyCode": currency,
        name: body,
        "lanekit": {key: value for key, value in own.items() if value not in (None, [])},
    }
    plain: dict[str, Any] = private(said)
    return plain


def is_control(record: Mapping[str, Any]) -> bool:
    return record.get("type") == "ControlTransaction"


def quantity(line: Mapping[str, Any]) -> str:
    weight, qty = line.get("milli"), line.get("qty")
    return weight_text(weight) if line.get("unit") == "kg" and type(weight) is int else str(qty)


def unit_of(line: Mapping[str, Any]) -> str:
    return "KGM" if line.get("unit") == "kg" else "EA"


def roundings(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [one for one in maps(record, "adjustments") if one.get("kind") == "rounding"]


def _retail(record: Mapping[str, Any], money: Money) -> tuple[str, dict[str, Any]]:
    receipt = record.get("receipt")
    priced: dict[str, Any] = receipt if isinstance(receipt, dict) else {}
    gross = priced.get("gross")
    items = [_line(record, line, net, money) for line, net in net_lines(record)]
    number = max((one["SequenceNumber"] for one in items if type(one["SequenceNumber"]) is int), default=0)
    rounded = sum_of(roundings(record))
    more = [{"Rounding": {"Amount": money(rounded)}}] if rounded else []
    more += [{"Tender": _tender(tender, money)} for tender in maps(record, "tenders")]
    items += [{"SequenceNumber": number + place, **one} for place, one in enumerate(more, start=1)]
    return str(record.get("type", "RetailTransaction")), {
        "TransactionStatus": record.get("TransactionStatus", "Totaled"),
        "CustomerID": masked(str(record.get("member") or "")),
        "LineItem": items,
        "Total": [
            {
                "TotalType": "TransactionGrossAmount",
                "Amount": money(gross + sum_of(maps(record, "apart")) if type(gross) is int else None),
            },
            {"TotalType": "TransactionNetAmount", "Amount": money(amount_of(record))},
        ],
        "PriceDerivationResult": [
            {"PromotionID": promotion, "Times": times, "Amount": money(amount)}
            for promotion, times, amount in _promotions(priced)
        ],
    }


def _promotions(receipt: dict[str, Any]) -> list[tuple[str, int, int]]:
    try:
        return discounts(receipt)
    except (KeyError, TypeError):
        return []


def _line(record: Mapping[str, Any], line: dict[str, Any], net: int | None, money: Money) -> dict[str, Any]:
    rows = put_on(record, line)
    goods: dict[str, Any] = {
        "POSIdentity": {"POSItemID": line.get("code")},
        "ItemID": line.get("ItemID"),
        "Description": line.get("Name"),
        "RegularSalesUnitPrice": money(line.get("regular")),
        "ExtendedAmount": money(None if net is None else net + sum_of(rows)),
        "Quantity": quantity(line),
        "UnitOfMeasureCode": unit_of(line),
    }
    if rows:
        goods["RetailPriceModifier"] = [_modifier(one, money) for one in rows]
    origin = line.get("returned")
    if isinstance(origin, dict):
        goods["Reason"] = origin.get("Reason")
        goods |= _approved(origin)
        if origin.get("SequenceNumber"):  # 0: nobody has the receipt
            goods["TransactionLink"] = {
                "ReasonCode": "Return",
                "SequenceNumber": origin.get("SequenceNumber"),
                "LineItemSequenceNumber": origin.get("LineNumber"),
            }
            if origin.get("WorkstationID"):  # another till's
                goods["TransactionLink"]["WorkstationID"] = origin["WorkstationID"]
    return {
        "SequenceNumber": line.get("LineNumber"),
        "VoidFlag": bool(line.get("VoidFlag")),
        "EntryMethod": line.get("EntryMethod"),
        "Return" if isinstance(origin, dict) else "Sale": goods,
    }


def _modifier(row: dict[str, Any], money: Money) -> dict[str, Any]:
    kind, value = str(row.get("kind")), row.get("Value")
    said = {"MethodCode": METHODS.get(kind, "ItemDiscount"), "Amount": money(row.get("Amount"))}
    if kind == "price":
        said["NewPrice"] = money(value)
    elif kind.endswith("percent"):
        said["Percent"] = str(value)
    return {**said, "Reason": row.get("Reason"), **_approved(row)}


def _approved(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"OperatorBypassApproval": {"ApproverID": row["ApproverID"]}} if row.get("ApproverID") else {}


def _tender(tender: dict[str, Any], money: Money) -> dict[str, Any]:
    given, amount = tender.get("Given"), tender.get("Amount")
    known = type(given) is int and type(amount) is int
    said: dict[str, Any] = {
        "TenderType": tender.get("TenderType"),
        "TypeCode": "Refund" if type(given) is int and given < 0 else "Sale",
        "Amount": money(given),
    }
    if known and given != amount:
        said["TenderChange"] = {"TenderType": "Cash", "Amount": money((given or 0) - (amount or 0))}
    if tender.get("TradeNo"):
        said["Authorization"] = {"ReferenceNumber": tender["TradeNo"]}
    return said


def _control(record: Mapping[str, Any], money: Money) -> tuple[str, dict[str, Any]]:
    kind = str(record.get("ControlType"))
    totals = record.get("totals")
    said: dict[str, Any] = {"Amount": money(record.get("Amount")), "Reason": record.get("Reason") or ""}
    said |= _approved(record)
    said |= {name: record[name] for name in ("ShiftNumber", "ReportNumber") if record.get(name)}
    if maps(record, "tenders"):
        said["TenderSummary"] = [_summed(one, money) for one in maps(record, "tenders")]
    if isinstance(totals, dict) and totals:
        said["lanekit"] = {
            str(name).removesuffix("_minor") + "_amount" if str(name).endswith("_minor") else str(name): (
                money(value) if str(name).endswith("_minor") else value
            )
            for name, value in totals.items()
        }
    if kind == "BusinessEOD":
        said["GrandTotal"] = money(record.get("GrandTotal"))
    return "TenderControlTransaction" if kind in TENDER_CONTROL else "ControlTransaction", {kind: said}


def _summed(tender: dict[str, Any], money: Money) -> dict[str, Any]:
    said = {
        "TenderType": tender.get("TenderType"),
        "Count": tender.get("Count"),
        "Expected": money(tender.get("Expected")),
    }
    if tender.get("Counted") is not None:
        said |= {"Counted": money(tender.get("Counted")), "Over": money(tender.get("Over"))}
    return said
