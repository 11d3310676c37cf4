"""A disk in memory under the real store, as an apsw VFS: it writes down every operation, and can fail any of them.

Made to be cheap, for hundreds of thousands of openings: one VFS for the process, one MemoryDisk at a time in it. What
the writing down is for, tests/reliability/cuts.py says. Locks are nobody's business here: there is one connection.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import apsw

SECTOR = 512
VFS = "memory-disk"

# ("write", node, offset, data), ("truncate", node, size), ("sync", node), ("name", path, node or -1), ("folder",)
Op = tuple[Any, ...]


class MemoryDisk:
    """`files` by path; a file is a node, which outlives its name. `before` is called ahead of every changing operation
    with its kind and may raise; without `log` nothing is written down."""

    def __init__(
        self,
        files: dict[str, bytearray] | None = None,
        log: list[Op] | None = None,
        before: Callable[[str, str], None] | None = None,
    ) -> None:
        self.nodes: list[bytearray] = []
        self.names: dict[str, int] = {}
        for path, content in (files or {}).items():
            self.names[path] = len(self.nodes)
            self.nodes.append(content)
        self.log = log
        self.before = before
        self.unsynced_names: set[int] = set()  # nodes whose first sync syncs the folder, as SQLite does on Linux
        self.life = 0  # handles of an earlier one are ghosts
        self.syncs = self.bytes_written = 0
        self.sector = SECTOR  # what SQLite is told

    def kill(self) -> None:
        """The process dies; what it wrote is still there."""
        self.life += 1

    def note(self, *op: Any) -> None:
        if self.log is not None:
            self.log.append(op)

    def create(self, path: str, syncs_folder: bool) -> int:
        if self.before is not None:
            self.before("create", path)
        node = len(self.nodes)
        self.nodes.append(bytearray())
        self.names[path] = node
        self.note("name", path, node)
        if syncs_folder:
            self.unsynced_names.add(node)
        return node

    def delete(self, path: str, sync_folder: bool) -> None:
        if self.before is not None:
            self.before("delete", path)
        if path not in self.names:
            error = apsw.IOError(f"{path} is not there")
            error.extendedresult = apsw.SQLITE_IOERR_DELETE_NOENT
            raise error
        del self.names[path]
        self.note("name", path, -1)
        if sync_folder:
            self.note("folder")


class _File:
    def __init__(self, disk: MemoryDisk, node: int, path: str, psow: bool) -> None:
        self._disk, self._node, self._path, self._psow = disk, node, path, psow
        self._content = disk.nodes[node]
        self._life = disk.life

    def excepthook(self, *unraisable: Any) -> None:
        """Older apsw prints every error of a VFS; these are the ones that were asked for."""

    def _gone(self, kind: str) -> bool:
        if self._life != self._disk.life:
            return True
        if self._disk.before is not None:
            self._disk.before(kind, self._path)
        return False

    def xRead(self, amount: int, offset: int) -> bytes:
        return bytes(self._content[offset : offset + amount])

    def xWrite(self, data: Any, offset: int) -> None:
        if self._gone("write"):
            return
        content = self._content
        if offset > len(content):
            content.extend(bytes(offset - len(content)))
        content[offset : offset + len(data)] = data
        self._disk.bytes_written += len(data)
        if self._disk.log is not None:
            self._disk.log.append(("write", self._node, offset, bytes(data)))

    def xTruncate(self, size: int) -> None:
        if self._gone("truncate"):
            return
        content = self._content
        if size < len(content):
            del content[size:]
        else:
            content.extend(bytes(size - len(content)))
        self._disk.note("truncate", self._node, size)

    def xSync(self, flags: int) -> None:
        if self._gone("sync"):
            return
        disk = self._disk
        disk.syncs += 1
        disk.note("sync", self._node)
        if self._node in disk.unsynced_names:
            disk.unsynced_names.discard(self._node)
            disk.note("folder")

    def xFileSize(self) -> int:
        return len(self._content)

    def xLock(self, level: int) -> None:
        pass

    def xUnlock(self, level: int) -> None:
        pass

    def xCheckReservedLock(self) -> bool:
        return False

    def xFileControl(self, op: int, ptr: int) -> bool:
        return False

    def xSectorSize(self) -> int:
        return self._disk.sector

    def xDeviceCharacteristics(self) -> int:
        return int(apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE) if self._psow else 0

    def xClose(self) -> None:
        pass


class MemoryVfs(apsw.VFS):
    """`disk` is what the next opening sees."""

    def __init__(self) -> None:
        self.disk = MemoryDisk()
        super().__init__(VFS, "")

    def excepthook(self, *unraisable: Any) -> None:
        """As a file's."""

    def xOpen(self, name: Any, flags: list[int]) -> Any:
        disk = self.disk
        uri = isinstance(name, apsw.URIFilename)
        path = "" if name is None else name.filename() if uri else str(name)
        psow = name.uri_boolean("psow", True) if uri else True
        node = disk.names.get(path)
        if node is None:
            if path and not flags[0] & apsw.SQLITE_OPEN_CREATE:
                raise apsw.CantOpenError(f"{path} is not there")
            synced = bool(flags[0] & (apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL))
            node = disk.create(path, synced)
        flags[1] = flags[0]
        return _File(disk, node, path, psow)

    def xAccess(self, name: str, flags: int) -> bool:
        return name in self.disk.names

    def xDelete(self, name: str, sync_folder: bool) -> None:
        self.disk.delete(name, bool(sync_folder))

    def xFullPathname(self, name: str) -> str:
        return name

    def xSleep(self, microseconds: int) -> int:
        return microseconds


_made: list[MemoryVfs] = []


def memory_vfs() -> MemoryVfs:
    """The one of this process."""
    if not _made:
        _made.append(MemoryVfs())
    return _made[0]
