"""A disk in memory that loses what a real one may lose, as an apsw VFS under the real stores.

    disk = Disk(random.Random("7/till-1"))
    store = GatewayStore.open("/gateway.db", "S1", clock, vfs=disk.vfs)     # or the journal: anything that takes a VFS
    disk.fail("write", at=3, error="full")       # the third write from now answers SQLITE_FULL
    disk.fail("sync", at=1, error="io")          # the next sync fails, and what it should have synced is gone
    disk.cut_after(17, on_cut=...)               # the power goes before the 18th operation from now
    disk.crash()                                 # the power goes now; open anew on what is left, by the new `vfs`
    disk.kill()                                  # only the process dies: what it wrote is still there to be synced
    disk.close()                                 # the VFS is taken away

What was open at a crash or kill is a ghost: its reads and writes go on without error and reach nothing, so that closing
it, or forgetting it, disturbs nobody. Between the cut of `cut_after` and `crash()` every operation fails.

What a crash leaves, by the seeded random (the model of `Torturing databases` and of SQLite's own crash tests):
  - everything up to the last successful sync of each file stands;
  - each write since then is cut at 512-byte borders; each piece lands, is lost, or leaves its whole sector garbage;
  - each truncation since then happened or not;
  - names made and deleted since the last sync of the folder happened in their order up to some point. As on Linux,
    SQLite syncs the folder with the first sync of a log or journal that it made, and with a deletion where it asks so.
After a failed sync the kernel calls the pages clean: they are read back, but no later sync writes them. A store that
tries again instead of ending loses them at the next crash.

Sectors are 512 bytes. The disk promises `powersafe overwrite` exactly when SQLite's own unix VFS would: unless the
database is opened with `?psow=0`. Locking is one open connection at a time; there is no shared memory, so WAL needs
`locking_mode=EXCLUSIVE`.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import apsw

SECTOR = 512
Operation = Literal["write", "sync", "truncate", "open", "delete", "any"]
Error = Literal["full", "io"]
_serial = itertools.count(1)


@dataclass
class _Write:
    offset: int
    data: bytes


@dataclass
class _Truncate:
    size: int


@dataclass
class _File:
    """`content` is what readers see, `durable` what a crash cannot take, `pending` how one became the other."""

    content: bytearray = field(default_factory=bytearray)
    durable: bytearray = field(default_factory=bytearray)
    pending: list[_Write | _Truncate] = field(default_factory=list)
    sync_folder: bool = False  # its first sync also syncs the folder's names
    locks: dict[int, int] = field(default_factory=dict)  # handle -> level

    def copy(self) -> _File:
        return _File(bytearray(self.content), bytearray(self.durable), list(self.pending), self.sync_folder)

    def sync(self) -> None:
        for change in self.pending:
            _apply(self.durable, change)
        self.pending.clear()


@dataclass
class _Fault:
    operation: Operation
    countdown: int
    error: Error
    times: int


@dataclass
class Counters:
    reads: int = 0
    writes: int = 0
    syncs: int = 0
    crashes: int = 0
    faults: int = 0
    bytes_written: int = 0
    bytes_synced: int = 0


class Disk:
    """One disk. All that happens on it follows from `rng` and from what is asked of it."""

    def __init__(self, rng: random.Random, lands: float = 0.4, lost: float = 0.4) -> None:
        """`lands` and `lost` are the chances of an unsynced piece; the rest of them is garbage."""
        self._rng = rng
        self._lands, self._lost = lands, lost
        self._names: dict[str, _File] = {}
        self._durable_names: dict[str, _File] = {}
        self._pending_names: list[tuple[str, _File | None]] = []
        self._faults: list[_Fault] = []
        self._cut_in: int | None = None
        self._on_cut: Callable[[], None] | None = None
        self._dead = False
        self.generation = 0
        self.counters = Counters()
        self.lies = False  # a disk that says synced and did nothing: nothing can be proved on it
        self._boot()

    def _boot(self) -> None:
        self.vfs = f"sim-{next(_serial)}"
        self._vfs = _Vfs(self.vfs, self)

    def close(self) -> None:
        """Take the VFS away; nothing more can be opened."""
        self.generation += 1
        self._vfs.retire()

    # --- faults --------------------------------------------------------------------------------------------------

    def fail(self, operation: Operation, at: int = 1, error: Error = "io", times: int = 1) -> None:
        """The `at`-th such operation from now (1 is the next) fails, and `times` - 1 after it (0: all after it)."""
        self._faults.append(_Fault(operation, at, error, times if times else 1 << 62))

    def mend(self) -> None:
        """No fault that was planned happens any more."""
        self._faults.clear()
        self._cut_in = self._on_cut = None

    def cut_after(self, operations: int, on_cut: Callable[[], None] | None = None) -> None:
        """After `operations` more writes, syncs, truncations, creations and deletions the machine is dead: the next one
        and all that follow fail until `crash()`. `on_cut` is called then, from inside SQLite: it may only take note."""
        self._cut_in, self._on_cut = operations, on_cut

    @property
    def dead(self) -> bool:
        """The power has gone; `crash` has not been called yet."""
        return self._dead

    def crash(self) -> None:
        """The power goes and comes back. The files are what a crash left of them; `vfs` is a new one."""
        self.counters.crashes += 1
        self.generation += 1
        self._dead = False
        self.mend()
        landed = self._rng.randint(0, len(self._pending_names))
        self._settle_names(landed)
        # New files for the new life: the old ones belong to the ghosts.
        self._names = {}
        for name, file in sorted(self._durable_names.items()):
            durable = bytearray(file.durable)
            for change in file.pending:
                self._land(durable, change)
            self._names[name] = _File(bytearray(durable), durable)
        self._durable_names = dict(self._names)
        self._vfs.retire()
        self._boot()

    def kill(self) -> None:
        """The process that has the files open dies; the machine runs on. Nothing is lost, nothing is synced by it."""
        self.generation += 1
        moved = {id(file): file.copy() for file in (*self._names.values(), *self._durable_names.values())}
        self._names = {name: moved[id(file)] for name, file in self._names.items()}
        self._durable_names = {name: moved[id(file)] for name, file in self._durable_names.items()}
        self._pending_names = [
            (name, None if file is None else moved.get(id(file), file)) for name, file in self._pending_names
        ]
        self._vfs.retire()
        self._boot()

    def flip_bit(self, name: str, offset: int, bit: int) -> None:
        """One bit of a file goes bad, for good."""
        file = self._names[name]
        file.content[offset] ^= 1 << bit
        file.durable[: len(file.content)] = file.content

    def files(self) -> dict[str, int]:
        """Name and length of every file as it is seen now."""
        return {name: len(file.content) for name, file in sorted(self._names.items())}

    # --- what the VFS asks ---------------------------------------------------------------------------------------

    def step(self, operation: Operation, file: _File | None = None) -> None:
        """Every changing operation passes here first, to fail or to go through."""
        if self._dead:
            raise _error("io", operation)
        if self._cut_in is not None:
            self._cut_in -= 1
            if self._cut_in < 0:
                self._dead = True
                if self._on_cut is not None:
                    self._on_cut()
                raise _error("io", operation)
        failed: _Fault | None = None
        for fault in self._faults:
            if fault.operation not in (operation, "any"):
                continue
            fault.countdown -= 1
            if fault.countdown <= 0 and fault.times > 0 and failed is None:
                fault.times -= 1
                failed = fault
        if failed is not None:
            self.counters.faults += 1
            if operation == "sync" and file is not None:
                self._drop(file)
            raise _error(failed.error, operation)

    def count(self, change: _Write | _Truncate) -> None:
        if isinstance(change, _Write):
            self.counters.writes += 1
            self.counters.bytes_written += len(change.data)

    def lookup(self, name: str) -> _File | None:
        return self._names.get(name)

    def create(self, name: str) -> _File:
        self.step("open")
        file = self._names[name] = _File()
        self._pending_names.append((name, file))
        return file

    def delete(self, name: str, sync_folder: bool) -> None:
        self.step("delete")
        if name not in self._names:
            error = apsw.IOError(f"{name} is not there")
            error.extendedresult = apsw.SQLITE_IOERR_DELETE_NOENT
            raise error
        del self._names[name]
        self._pending_names.append((name, None))
        if sync_folder:
            self.sync_names()

    def sync(self, file: _File) -> None:
        self.step("sync", file)
        self.counters.syncs += 1
        if self.lies:
            return
        self.counters.bytes_synced += sum(len(c.data) for c in file.pending if isinstance(c, _Write))
        file.sync()
        if file.sync_folder:
            file.sync_folder = False
            self.sync_names()

    def sync_names(self) -> None:
        self._settle_names(len(self._pending_names))

    # --- how things are lost -------------------------------------------------------------------------------------

    def _settle_names(self, landed: int) -> None:
        for name, file in self._pending_names[:landed]:
            if file is None:
                self._durable_names.pop(name, None)
            else:
                self._durable_names[name] = file
        self._pending_names.clear()

    def _land(self, durable: bytearray, change: _Write | _Truncate) -> None:
        if isinstance(change, _Truncate):
            if self._rng.random() < 0.5:
                _apply(durable, change)
            return
        end = change.offset + len(change.data)
        at = change.offset
        while at < end:
            stop = min(end, (at // SECTOR + 1) * SECTOR)
            chance = self._rng.random()
            if chance < self._lands:
                _apply(durable, _Write(at, change.data[at - change.offset : stop - change.offset]))
            elif chance >= self._lands + self._lost:
                start = at // SECTOR * SECTOR
                _apply(durable, _Write(start, self._rng.randbytes(SECTOR)))
            at = stop

    def _drop(self, file: _File) -> None:
        """A failed sync: some pieces reached the disk, the rest never will, and nobody is told which."""
        for change in file.pending:
            self._land(file.durable, change)
        file.pending.clear()


def _apply(target: bytearray, change: _Write | _Truncate) -> None:
    if isinstance(change, _Truncate):
        if change.size < len(target):
            del target[change.size :]
        else:
            target.extend(bytes(change.size - len(target)))
        return
    if change.offset > len(target):
        target.extend(bytes(change.offset - len(target)))
    target[change.offset : change.offset + len(change.data)] = change.data


def _error(error: Error, operation: Operation) -> apsw.Error:
    if error == "full" and operation != "sync":
        return apsw.FullError("the simulated disk is full")
    made = apsw.IOError(f"the simulated disk failed a {operation}")
    made.extendedresult = {
        "write": apsw.SQLITE_IOERR_WRITE,
        "sync": apsw.SQLITE_IOERR_FSYNC,
        "truncate": apsw.SQLITE_IOERR_TRUNCATE,
        "delete": apsw.SQLITE_IOERR_DELETE,
    }.get(operation, apsw.SQLITE_IOERR)
    return made


class _Vfs(apsw.VFS):
    """Of one life of the machine; `disk` is None once that is over."""

    def __init__(self, name: str, disk: Disk) -> None:
        self.disk: Disk | None = disk
        super().__init__(name, "")
        _kept.append(self)

    def excepthook(self, *unraisable: Any) -> None:
        """Older apsw prints every error of a VFS; these are the ones that were asked for."""

    def retire(self) -> None:
        self.disk = None
        self.unregister()

    def xOpen(self, name: Any, flags: list[int]) -> Any:
        disk = self.disk
        if disk is None:
            raise apsw.CantOpenError("this machine is off")
        path = "" if name is None else name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        psow = name.uri_boolean("psow", True) if isinstance(name, apsw.URIFilename) else True
        file = disk.lookup(path) if path else _File()
        if file is None:
            if not flags[0] & apsw.SQLITE_OPEN_CREATE:
                raise apsw.CantOpenError(f"{path} is not there")
            file = disk.create(path)
            file.sync_folder = bool(flags[0] & (apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL))
        flags[1] = flags[0]
        return _Handle(disk, file, psow)

    def xAccess(self, name: str, flags: int) -> bool:
        return self.disk is not None and self.disk.lookup(name) is not None

    def xDelete(self, name: str, sync_folder: bool) -> None:
        if self.disk is not None:
            self.disk.delete(name, bool(sync_folder))

    def xFullPathname(self, name: str) -> str:
        return name

    def xSleep(self, microseconds: int) -> int:
        return microseconds


# A forgotten connection may ask its VFS until the process ends, and apsw does not keep it for that.
_kept: list[_Vfs] = []


class _Handle:
    """One open file. After a crash it is a ghost's."""

    def __init__(self, disk: Disk, file: _File, psow: bool) -> None:
        self._disk, self._file, self._psow = disk, file, psow
        self._generation = disk.generation

    def excepthook(self, *unraisable: Any) -> None:
        """As the VFS's."""

    @property
    def _ghost(self) -> bool:
        return self._generation != self._disk.generation

    def xRead(self, amount: int, offset: int) -> bytes:
        if not self._ghost:
            self._disk.counters.reads += 1
        return bytes(self._file.content[offset : offset + amount])

    def xWrite(self, data: Any, offset: int) -> None:
        self._change(_Write(offset, bytes(data)), "write")

    def xTruncate(self, size: int) -> None:
        self._change(_Truncate(size), "truncate")

    def _change(self, change: _Write | _Truncate, operation: Operation) -> None:
        if self._ghost:
            return
        self._disk.step(operation)
        self._disk.count(change)
        _apply(self._file.content, change)
        self._file.pending.append(change)

    def xSync(self, flags: int) -> None:
        if not self._ghost:
            self._disk.sync(self._file)

    def xFileSize(self) -> int:
        return len(self._file.content)

    def xLock(self, level: int) -> None:
        locks = self._file.locks
        others = max((held for handle, held in locks.items() if handle != id(self)), default=apsw.SQLITE_LOCK_NONE)
        if others >= apsw.SQLITE_LOCK_PENDING or (level > apsw.SQLITE_LOCK_SHARED and others > apsw.SQLITE_LOCK_SHARED):
            raise apsw.BusyError("another connection has it")
        if level == apsw.SQLITE_LOCK_EXCLUSIVE and others > apsw.SQLITE_LOCK_NONE:
            raise apsw.BusyError("another connection reads it")
        locks[id(self)] = max(level, locks.get(id(self), apsw.SQLITE_LOCK_NONE))

    def xUnlock(self, level: int) -> None:
        held = self._file.locks.get(id(self), apsw.SQLITE_LOCK_NONE)
        self._file.locks[id(self)] = min(held, level)

    def xCheckReservedLock(self) -> bool:
        return False

    def xFileControl(self, op: int, ptr: int) -> bool:
        return False

    def xSectorSize(self) -> int:
        return SECTOR

    def xDeviceCharacteristics(self) -> int:
        return apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE if self._psow else 0

    def xClose(self) -> None:
        self._file.locks.pop(id(self), None)
