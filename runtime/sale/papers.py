"""The receipts that wait for the printer: the sister machine of `Checkout.prints`."""

from __future__ import annotations

from dataclasses import replace

from runtime.sale import events as e
from runtime.sale.checks import Step
from runtime.sale.refusals import Refused
from runtime.sale.state import Checkout, PrintJob


def _job(checkout: Checkout, sequence: int) -> PrintJob:
    for job in checkout.prints:
        if job.sequence == sequence:
            return job
    raise Refused("print_unknown", sequence=sequence)


def _prints(checkout: Checkout, old: PrintJob, *new: PrintJob) -> Step:
    prints: list[PrintJob] = []
    for job in checkout.prints:
        prints.extend(new if job == old else (job,))
    return replace(checkout, prints=tuple(prints)), ()


def print_begun(checkout: Checkout, event: e.PrintBegun) -> Step:
    """On disk before the first byte goes out; so after a crash the next try is a copy."""
    job = _job(checkout, event.sequence)
    if event.copy != job.begun:
        raise Refused("print_copy", sequence=event.sequence)
    return _prints(checkout, job, replace(job, begun=True, copy=event.copy))


def print_ended(checkout: Checkout, event: e.PrintEnded) -> Step:
    """OK takes the receipt off the list. Otherwise it waits on, as a copy if anything of this or an earlier try may be
    on paper."""
    job = _job(checkout, event.sequence)
    if not job.begun:
        raise Refused("print_not_begun", sequence=event.sequence)
    if event.code == "OK":
        return _prints(checkout, job)
    return _prints(checkout, job, replace(job, begun=event.started or job.copy, copy=False))
