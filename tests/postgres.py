"""A PostgreSQL of our own for tests: Debian's binaries, a temporary folder, a unix socket, one for the whole session.

    with Postgres() as server:
        server.new_database()      # a DSN for asyncpg
        server.kill(); server.start()

It keeps what it confirms, as the real one must: fsync is on. initdb refuses root, so root hands it to `nobody`.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

NOBODY = 65534
START_S = 30.0
ROOM_BYTES = 1 << 30
PSQL = ("-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "lane")
SETTINGS = (
    "listen_addresses=", "shared_buffers=64MB", "max_connections=40", "max_wal_size=512MB", "log_checkpoints=off",
    "recovery_init_sync_method=syncfs",
)  # fmt: skip


def binaries() -> Path | None:
    """The folder of the newest PostgreSQL's programs; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    named = shutil.which("postgres")
    return Path(named).resolve().parent if named else None


def _place() -> str:
    """In memory where there is room for it: processes are killed here, not machines, and a sync costs nothing there."""
    memory = "/dev/shm"
    return memory if Path(memory).is_dir() and shutil.disk_usage(memory).free > ROOM_BYTES else "/tmp"


class Postgres:
    def __init__(self, *settings: str, place: str | None = None) -> None:
        """`place`: a folder that the server's is made in, where it matters which disk that is."""
        self.folder = Path(tempfile.mkdtemp(prefix="lane-pg-", dir=place or _place()))  # a socket's path must be short
        self._settings = (*SETTINGS, *settings)
        self._databases = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._bin = binaries()
        self._as = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if os.getuid() == 0 else []

    def __enter__(self) -> Postgres:
        assert self._bin is not None, "PostgreSQL is not installed"
        if self._as:
            os.chown(self.folder, NOBODY, NOBODY)
        data = self.folder / "data"
        self._run("initdb", "-D", str(data), "-U", "lane", "--auth=trust", "--no-locale", "-E", "UTF8", "--no-sync")
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self.kill()  # in order, it would sync for seconds what is thrown away
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*self._as, str(self._bin / program), *arguments], capture_output=True, text=True, cwd="/", check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        settings = [part for one in self._settings for part in ("-c", one)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *self._as,
                    str(self._bin / "postgres"),
                    "-D",
                    f"{self.folder}/data",
                    "-k",
                    str(self.folder),
                    *settings,
                ],
                stdout=log,
                stderr=log,
                cwd="/",
            )
        deadline = time.monotonic() + START_S
        while not self._answers():
            assert time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.05)

    def _answers(self) -> bool:
        asked = subprocess.run(
            [str(self._bin / "pg_isready"), "-q", "-h", str(self.folder), "-U", "lane"], check=False, cwd="/"
        )
        return asked.returncode == 0

    def hang(self, hangs: bool) -> None:
        """All of its processes stand still, and go on: SIGSTOP, SIGCONT."""
        for one in self._pids():
            os.kill(one, signal.SIGSTOP if hangs else signal.SIGCONT)

    def _pids(self) -> list[int]:
        assert self._process is not None
        pid = self._process.pid
        return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]

    def stop(self, number: int) -> None:
        """SIGINT: at once, in order; SIGQUIT: at once, with recovery at the next start."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(START_S)
            self._process = None

    def kill(self) -> None:
        """kill -9 of every one of its processes."""
        assert self._process is not None
        for one in self._pids():
            try:
                os.kill(one, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self._process.wait(START_S)
        self._process = None
        time.sleep(0.05)

    def cpu_s(self) -> float:
        """What its processes have used, those that ended too."""
        assert self._process is not None
        ticks = os.sysconf("SC_CLK_TCK")
        pid = self._process.pid
        used = 0
        for one in self._pids():
            times = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            used += sum(int(times[at]) for at in ((11, 12, 13, 14) if one == pid else (11, 12)))
        return used / ticks

    def psql(self, sql: str, database: str = "postgres") -> str:
        done = subprocess.run(
            [str(self._bin / "psql"), *PSQL, "-h", str(self.folder), "-d", database, "-c", sql],
            capture_output=True, text=True, check=False, cwd="/",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def new_database(self) -> str:
        """A new, empty database, as the address that asyncpg takes."""
        self._databases += 1
        name = f"test{self._databases}"
        self.psql(f"CREATE DATABASE {name}")
        return f"postgresql://lane@/{name}?host={self.folder}"
