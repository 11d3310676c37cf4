"""The page of a store, as one document without scripts and without anything from elsewhere: it refreshes itself, and is
read on a phone or in the back office, by day and by night. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from html import escape

from runtime.currency import money, moneys
from runtime.gateway.page.overview import Overview, TillNow
from runtime.wire.messages import Sentence
from runtime.wire.sentences import fill
from runtime.wire.status import StatusQueue

REFRESH_S = 5
LANGUAGES = {"zh": "中文", "en": "English"}
Translate = Callable[[str], str]

STYLE = """
:root{color-scheme:light dark;--bg:#f3f4f1;--card:#fff;--ink:#1b2420;--quiet:#5d6a63;--rule:#d9ded9;
--good:#17703d;--warn:#9a5b00;--bad:#b3261e;--badbg:#fbe9e7;--warnbg:#fdf1dc}
@media(prefers-color-scheme:dark){:root{--bg:#131816;--card:#1d2421;--ink:#e6ece8;--quiet:#9aa8a0;--rule:#323c37;
--good:#5fce8d;--warn:#f0b255;--bad:#ff8a80;--badbg:#3a1f1d;--warnbg:#372a14}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.45 system-ui,"Noto Sans CJK SC","Noto Sans SC",
"Microsoft YaHei","PingFang SC",sans-serif}
main{max-width:1100px;margin:0 auto;padding:16px}
header{display:flex;flex-wrap:wrap;align-items:baseline;gap:4px 16px;margin-bottom:12px}
h1{font-size:22px;margin:0}
h2{font-size:15px;margin:20px 0 8px;color:var(--quiet);font-weight:600}
.quiet{color:var(--quiet)}
.right{margin-left:auto}
a{color:inherit}
.sums{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:10px}
.sum,.till{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:12px 14px}
.sum b{display:block;font-size:clamp(19px,5.6vw,28px);line-height:1.2;font-variant-numeric:tabular-nums}
.alarm{border-left:5px solid var(--bad);background:var(--badbg);border-radius:6px;padding:9px 12px;margin:0 0 8px}
.alarm b{display:block}
.tills{display:grid;grid-template-columns:repeat(auto-fill,minmax(290px,1fr));gap:10px}
.till{border-top:5px solid var(--good)}
.till.trouble{border-top-color:var(--warn)}
.till.silent{border-top-color:var(--bad)}
.till h3{margin:0 0 8px;font-size:18px;display:flex;justify-content:space-between;gap:8px}
.state{font-size:14px;font-weight:600;color:var(--good)}
.trouble .state{color:var(--warn)}.silent .state{color:var(--bad)}
dl{display:grid;grid-template-columns:auto 1fr;gap:3px 12px;margin:0}
dt{color:var(--quiet);white-space:nowrap}dd{margin:0;text-align:right;font-variant-numeric:tabular-nums}
.says{background:var(--warnbg);border-radius:6px;padding:6px 9px;margin:8px 0 0;font-size:14px}
"""


def page(store: Overview, _: Translate, language: str) -> str:
    """The whole document, in one of LANGUAGES; `_` translates into it."""
    troubled = sum(till.state == "trouble" and bool(till.troubles) for till in store.tills)  # alarms are counted anyway
    sums = (
        (_("Sold today"), _sales(store.sales, _)),
        (_("Total today"), moneys(store.totals)),
        (_("In this store"), _count(len(store.tills), _("{count} till"), _("{count} tills"))),
        (_("To see to"), _count(troubled + len(store.alarms), _("{count} thing"), _("{count} things"))),
    )
    others = " · ".join(
        f'<a href="/?lang={name}" lang="{name}">{text}</a>' for name, text in LANGUAGES.items() if name != language
    )
    title = _("Store {store}").format(store=store.store)
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta http-equiv="refresh" content="{REFRESH_S}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>"
        f"<header><h1>{escape(title)}</h1><span class=quiet>{escape(store.at.replace('T', ' '))}</span>"
        f"<span class='quiet right'>{others}</span></header>"
        f"<div class=sums>{''.join(_sum(*one) for one in sums)}</div>"
        f"{_alarms(store, _)}<h2>{escape(_('Tills'))}</h2>"
        f"<div class=tills>{''.join(_till(till, store, _) for till in store.tills) or _nobody(_)}</div>"
        "</main></body></html>"
    )


def said(sentence: Sentence, _: Translate) -> tuple[str, str]:
    """What is the matter and what to do, in words. A sentence that this version does not know is shown as it came."""
    text, remedy = (fill(_(one), sentence.args) if one else "" for one in (sentence.text, sentence.remedy))
    return text, remedy


def _sum(label: str, text: str) -> str:
    return f"<div class=sum><span class=quiet>{escape(label)}</span><b>{escape(text)}</b></div>"


def _nobody(_: Translate) -> str:
    return f"<p class=quiet>{escape(_('No till was heard yet.'))}</p>"


def _alarms(store: Overview, _: Translate) -> str:
    if not store.alarms:
        return ""
    rows = []
    for one in store.alarms:
        text, remedy = said(one.sentence, _)
        of = _("Till {number}").format(number=one.terminal) + " · " if one.terminal else ""
        rows.append(f"<div class=alarm><b>{escape(of + text)}</b>{escape(remedy)}</div>")
    return f"<h2>{escape(_('Alarms'))}</h2>{''.join(rows)}"


def _till(till: TillNow, store: Overview, _: Translate) -> str:
    states = {"good": _("Well"), "trouble": _("Needs a look"), "silent": _("Not heard")}
    total = money(till.total, letters=len(store.totals) > 1)
    rows = [(_("Sold today"), _sales(till.sales, _)), (_("Total today"), total)]
    status = till.status
    if status is not None:
        last = status.last_sale
        named = _("no. {number} at {at}").format(number=last.number, at=_time(last.at))
        rows.append((_("Last sale"), named if last.number else _("none yet")))
        rows.append((_("Only on this till"), _waiting(status.queue, _)))
        well = sum(device.ok for device in status.devices)
        rows.append((_("Devices"), _("{well} of {count} well").format(well=well, count=len(status.devices))))
    elif till.state == "silent":
        rows.append((_("Only on this till"), _("not known")))
    if till.unsettled:
        rows.append((_("Not at head office"), _count(till.unsettled, _("{count} record"), _("{count} records"))))
    if till.tickets:
        rows.append((_("Put aside"), _count(till.tickets, _("{count} ticket"), _("{count} tickets"))))
    if status is not None and (waiting := status.last_sale.receipts_waiting):
        rows.append((_("To be printed"), _count(waiting, _("{count} receipt"), _("{count} receipts"))))
    if status is not None:
        rows.append((_("Prices"), status.versions.snapshot[:8]))
        rows.append((_("Version"), status.versions.lanekit or "-"))
    if till.heard_ms_ago is not None:
        rows.append((_("Heard"), _ago(till.heard_ms_ago, _)))
    facts = "".join(f"<dt>{escape(label)}</dt><dd>{escape(text)}</dd>" for label, text in rows)
    says = []
    for trouble in till.troubles:
        sentence = trouble.sentence
        if trouble.device_class:
            kind = _kinds(_).get(trouble.device_class, trouble.device_class)
            sentence = replace(sentence, args={**sentence.args, "device": kind})
        text, remedy = said(sentence, _)
        says.append(f"<p class=says><b>{escape(text)}</b> {escape(remedy)}</p>")
    name = escape(_("Till {number}").format(number=till.terminal))
    head = f"<h3><span>{name}</span><span class=state>{escape(states[till.state])}</span></h3>"
    return f'<section class="till {till.state}">{head}<dl>{facts}</dl>{"".join(says)}</section>'


def _waiting(queue: StatusQueue, _: Translate) -> str:
    """How many sales are only there, and since when."""
    if queue.unsent and queue.oldest_at:
        return _("{count} sales, since {at}").format(count=queue.unsent, at=_time(queue.oldest_at))
    return _sales(queue.unsent, _) if queue.unsent else _("none")


def _sales(number: int, _: Translate) -> str:
    return _count(number, _("{count} sale"), _("{count} sales"))


def _count(number: int, one: str, many: str) -> str:
    """A number with what is counted."""
    return (one if number == 1 else many).format(count=number)


def _kinds(_: Translate) -> dict[str, str]:
    """What a device is called; its own name is the technician's."""
    return {
        "Scanner": _("Scanner"),
        "POSPrinter": _("Receipt printer"),
        "CashDrawer": _("Cash drawer"),
        "Scale": _("Scale"),
        "LineDisplay": _("Customer display"),
        "ElectronicValueRW": _("Code payment terminal"),
    }


def _time(at: str) -> str:
    return at[11:16] if len(at) >= 16 else at


def _ago(ms: int, _: Translate) -> str:
    seconds = ms // 1000
    if seconds < 90:
        return _("{count} s ago").format(count=seconds)
    if seconds < 5_400:
        return _("{count} min ago").format(count=seconds // 60)
    return _("{count} h ago").format(count=seconds // 3600)
