"""The daemon, put together: its start on one screen, and the same in reverse when it stops.

Nothing is imported here that a till does not need (no Pillow, Starlette, httpx): memory is a feature.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import random
import signal
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from drivers.api import ScanData
from engine.errors import EngineError
from engine.signature import Trust
from runtime.currency import sign_of
from runtime.day.business_day import read_ends
from runtime.day.permissions import with_changes
from runtime.devices.manager import DeviceManager
from runtime.devices.ports import DeviceStatus
from runtime.distribution.fetching import Fetcher
from runtime.distribution.keeping import Identity as KeeperIdentity
from runtime.distribution.keeping import Keeper
from runtime.forward.forwarder import Forwarder
from runtime.forward.timekeeper import TimeKeeper
from runtime.journal.errors import JournalError
from runtime.journal.retention import Retention
from runtime.journal.store import Journal
from runtime.keys import KeyFileError, trust_of
from runtime.link.backoff import Backoff
from runtime.sale.record import Identity
from runtime.sale.state import State
from runtime.service.log import keep
from runtime.service.memory import ceiling_bytes
from runtime.service.notify import Notifier
from runtime.service.watchdog import feed
from runtime.terminal.basket import Place
from runtime.terminal.beating import BEAT_BACKOFF_S, Beating
from runtime.terminal.ceiling import mind
from runtime.terminal.clock import Clock, RehearsalClock, TillClock, utc_ms_of_local
from runtime.terminal.day_rules import DayRules
from runtime.terminal.journal_file import open_journal
from runtime.terminal.labels_file import read_label_file
from runtime.terminal.members import MemberKeyError, MemberNumbers, key_of
from runtime.terminal.price_place import TillPlace
from runtime.terminal.printing import ReceiptTexts
from runtime.terminal.server import FrontEndServer
from runtime.terminal.settings import TerminalFile, read_terminal_file
from runtime.terminal.shared_users import SharedUsersFile
from runtime.terminal.snapshots import Snapshots
from runtime.terminal.status import status_of
from runtime.terminal.tending import tend
from runtime.terminal.till import Till
from runtime.terminal.trust import Renewal, known_utc_ms, link_of, renew_in_a_child
from runtime.terminal.users_file import UsersFile
from runtime.translation import translator
from runtime.wire.beat import MAX_ANSWER_BYTES
from runtime.wire.messages import View
from runtime.wire.snapshots import MAX_PIECE_BYTES
from runtime.wire.status import Status

log = logging.getLogger(__name__)

MOST_REFUSALS = 3  # of one publication that arrives damaged; then the fault is not on the way

# Troubles of a journal that starting again may mend: room is made, the other program ends, the disk is mounted.
PASSING = frozenset({"DISK_FULL", "IO_FAILED", "IN_USE", "CANNOT_OPEN"})


class StartError(Exception):
    """The daemon cannot start; the message says why. `passing`: trying again may help, without a person."""

    def __init__(self, text: str, passing: bool = False) -> None:
        super().__init__(text)
        self.passing = passing


class Daemon:
    """One terminal. Raises SettingsError or StartError, when made, for what a person must mend."""

    def __init__(self, file: Path, config: Path, rehearse: datetime | None) -> None:
        self._settings = read_terminal_file(file)
        keep(self._settings.log_of("terminal"), self._settings.log.total_kb)
        self._config = config
        self._rehearse = rehearse
        self._stop: asyncio.Future[BaseException | None] | None = None
        self._server: FrontEndServer | None = None
        self._notifier = Notifier()
        self._trust = _trusted_snapshots(self._settings)
        self._snapshots = _open_snapshots(self._settings, self._trust)
        self._snapshot = self._snapshots.current
        templates = self._settings.label_templates
        self._labels = read_label_file(templates, self._snapshot.exponent) if templates else ()
        self._day = _day_rules(self._settings)
        self._trusted_time = _trusted_time(self._settings)
        self._members = _member_numbers(self._settings)
        self._journal = _open_journal(self._settings)
        try:
            self._clock = TillClock(utc_ms_of_local(self._journal.last_at))
        except JournalError as error:
            raise self._cannot_start(f"the journal {self._settings.journal}: {error}", False) from error

    async def run(self) -> int:
        """Until SIGTERM or SIGINT (0), or something that only starting again can mend (1). Raises StartError."""
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        self._stop = loop.create_future()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end, None)
        settings = self._settings
        till = self._make_till(loop)
        status = partial(self._status, till, began_s)
        server = FrontEndServer(settings.socket, till.handle, till.view, status)
        devices = self._devices
        self._server = server
        try:
            await server.claim()
            forwarder = till.forwarder = self._make_forwarder(till)
            till.start()
            await devices.start()
            till.spawn(forwarder.run())
            if settings.gateway.snapshot_poll_ms:
                keeper = till.prices = self._make_keeper(till)
                till.spawn(keeper.run())
            till.spawn(self._make_beating(till, status).run())
            if self._trusted_time is not None:
                till.spawn(self._make_timekeeper(till, self._trusted_time).run())
            if settings.gateway.is_private:
                till.spawn(self._make_renewal().run())
            keeping = settings.keeping
            till.spawn(tend(till, Retention(keeping.keep_days, keeping.max_mb << 20)))
            end = self._end if self._notifier.listens else None
            till.spawn(mind(ceiling_bytes(), lambda: _is_between_sales(till), end))
            await server.start()
        except JournalError as error:
            raise self._cannot_start(f"the journal {settings.journal}: {error}", error.code in PASSING) from error
        except OSError as error:
            raise self._cannot_start(str(error), True) from error
        # What the start made stays until the end: a full collection in the middle of a sale need not walk it again.
        gc.collect()
        gc.freeze()
        till.spawn(feed(self._notifier, self._journal, _is_full, lambda: _says(till)))
        self._notifier.ready(_says(till))
        print(f"ready {settings.socket}", flush=True)
        log.info("row %d, sale %d", self._journal.last_seq, self._journal.last_sequence)
        ended_by = await self._stop
        self._notifier.stopping()
        await server.stop()
        await till.stop()
        await devices.stop()
        self._journal.close()
        if ended_by is not None:
            log.critical("ended: starting again is recovering", exc_info=ended_by)
            return 1
        return 0

    def _cannot_start(self, text: str, passing: bool) -> StartError:
        self._journal.close()
        return StartError(text, passing)

    def _make_till(self, loop: asyncio.AbstractEventLoop) -> Till:
        settings, terminal = self._settings, self._settings.terminal
        clock: Clock = RehearsalClock(self._rehearse, loop.time) if self._rehearse else self._clock
        listener = _Listener()
        exponent, currency = self._snapshot.exponent, self._snapshot.currency
        self._devices = DeviceManager(settings.devices, listener, random.Random(), exponent=exponent)
        till = Till(
            identity=Identity(terminal.store, terminal.workstation, terminal.operator, self._journal.epoch),
            place=Place(terminal.store, terminal.groups, terminal.channel),
            clock=clock,
            journal=self._journal,
            devices=self._devices,
            snapshot=self._snapshot,
            snapshots=self._snapshots,
            templates=self._labels,
            receipt_texts=ReceiptTexts(
                header=settings.receipt.header,
                footer=settings.receipt.footer,
                sign=sign_of(currency),
                translate=translator(self._config, terminal.language),
            ),
            sale_settings=settings.sale,
            publish=self._publish,
            fatal=self._end,
            day=self._day,
            members=self._members,
        )
        listener.till = till
        return till

    def _make_forwarder(self, till: Till) -> Forwarder:
        gateway, terminal = self._settings.gateway, self._settings.terminal
        link = link_of(self._settings, self._clock)
        backoff = Backoff(gateway.backoff_low_ms / 1000, gateway.backoff_high_ms / 1000)
        chance = random.Random().random
        return Forwarder(self._journal, link, terminal.store, terminal.workstation, chance, till.changed, backoff)

    def _make_keeper(self, till: Till) -> Keeper:
        """New prices come from the gateway to the path that the till looks at between sales."""
        gateway, terminal = self._settings.gateway, self._settings.terminal
        place = TillPlace(self._settings.snapshot)
        link = link_of(self._settings, self._clock, max_answer_bytes=2 * MAX_PIECE_BYTES)
        return Keeper(
            KeeperIdentity(terminal.store, terminal.workstation, terminal.groups),
            link,
            Fetcher(link, place.incoming, self._trust),
            place,
            self._trust,
            random=random.Random().random,
            poll_s=gateway.snapshot_poll_ms / 1000,
            backoff=Backoff(gateway.backoff_low_ms / 1000, gateway.backoff_high_ms / 1000),
            most_refusals=MOST_REFUSALS,
            changed=till.changed,
        )

    def _make_beating(self, till: Till, gather: Callable[[], Status]) -> Beating:
        gateway = self._settings.gateway
        link = link_of(self._settings, self._clock, max_answer_bytes=MAX_ANSWER_BYTES)
        backoff = Backoff(gateway.backoff_low_ms / 1000, BEAT_BACKOFF_S)
        run = int.from_bytes(os.urandom(7), "big")
        users = SharedUsersFile(self._settings.users_file) if self._settings.users_file else None
        return Beating(till, link, random.Random().random, run, gather, gateway.beat_ms / 1000, backoff, users)

    def _make_timekeeper(self, till: Till, trust: Trust) -> TimeKeeper:
        terminal = self._settings.terminal
        link = link_of(self._settings, self._clock, nameless=True)  # its own: a batch must not delay it
        return TimeKeeper(link, self._clock, trust, terminal.store, terminal.workstation, os.urandom, till.changed)

    def _make_renewal(self) -> Renewal:
        file = self._settings.path

        def renew(now_ms: int) -> Awaitable[bool]:
            return renew_in_a_child(file, now_ms)

        return Renewal(self._settings.trust, lambda: known_utc_ms(self._clock), random.Random().random, renew)

    def _publish(self, view: View) -> None:
        if self._server is not None:
            self._server.publish(view)

    def _status(self, till: Till, began_s: float) -> Status:
        uptime_s = asyncio.get_running_loop().time() - began_s
        front_ends = self._server.front_ends if self._server is not None else 0
        return status_of(till, self._journal, self._settings, self._snapshots, front_ends, uptime_s)

    def _end(self, error: BaseException | None) -> None:
        if self._stop is not None and not self._stop.done():
            self._stop.set_result(error)


class _Listener:
    """DeviceListener: hands what devices say to the till, which is made after them."""

    till: Till

    def scanned(self, device: str, scan: ScanData) -> None:
        self.till.scanned(device, scan)

    def garbled(self, device: str, reason: str) -> None:
        self.till.garbled(device, reason)

    def status_changed(self, status: DeviceStatus) -> None:
        self.till.status_changed(status)


def _is_between_sales(till: Till) -> bool:
    return till.checkout.sale.state in (State.IDLE, State.CLOSED)


def _is_full(error: Exception) -> bool:
    return isinstance(error, JournalError) and error.code == "DISK_FULL"


def _says(till: Till) -> str:
    """The line of `systemctl status`."""
    unwell = [status.name for status in till.devices.statuses() if status.code != "OK"]
    unsent = till.forwarder.unsent if till.forwarder is not None else 0
    parts = (till.disk_code(), f"{unsent} sales only here" if unsent else "", *unwell)
    return "; ".join(part for part in (f"sale {till.checkout.last_sequence}", *parts) if part)


def _trusted_snapshots(settings: TerminalFile) -> Trust | None:
    try:
        return trust_of(settings.trusted_keys)
    except KeyFileError as error:
        raise StartError(f"[terminal] trusted_keys: {error} {error.remedy}") from error


def _open_snapshots(settings: TerminalFile, trust: Trust | None) -> Snapshots:
    try:
        return Snapshots(settings.snapshot, settings.kept_snapshots, trust)
    except FileNotFoundError:
        raise StartError(f"there is no snapshot at {settings.snapshot}; make one with lane compile") from None
    except (EngineError, OSError) as error:
        raise StartError(f"the snapshot {settings.snapshot} cannot be used: {error}") from error


def _day_rules(settings: TerminalFile) -> DayRules:
    users = None
    if settings.users_file is not None:
        if find_spec("cryptography") is None:  # only a till with users needs it
            raise StartError("PINs need the package cryptography: install lanekit[signing]")
        users = UsersFile(settings.users_file)
        if not len(users):
            raise StartError(f"{settings.users_file} has no users; add one with lane users add")
    return DayRules(
        users=users,
        permissions=with_changes({name: (one.role, one.up_to_minor) for name, one in settings.permissions.items()}),
        shift_required=settings.shift.required,
        shift_blind=settings.shift.blind,
        day_ends=read_ends(settings.day.ends) if settings.day.ends else None,
    )


def _member_numbers(settings: TerminalFile) -> MemberNumbers:
    path, ours = settings.member_key
    try:
        return MemberNumbers(key_of(path, make=ours))
    except MemberKeyError as error:
        raise StartError(f"the key of members' numbers: {error}", passing=ours) from error


def _trusted_time(settings: TerminalFile) -> Trust | None:
    try:
        return trust_of(settings.time_keys)
    except KeyFileError as error:
        raise StartError(f"[gateway] time_keys: {error} {error.remedy}") from error


def _open_journal(settings: TerminalFile) -> Journal:
    try:
        return open_journal(settings)
    except JournalError as error:
        raise StartError(f"the journal {settings.journal}: {error}", error.code in PASSING) from error
