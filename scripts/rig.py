"""A whole store on this machine, of real processes: gateway, terminal, simulated devices, front end.

Used by scripts/run, by the tests that drive real processes and by the benchmarks. Everything lies in one folder, which
may be removed afterwards. A process that does not come up, or dies, says so with the end of its log. Whatever ends the
program that started them, even SIGKILL, ends the processes too.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from runtime.share import config_dir
from runtime.wire.frames import FrameReader, encode
from runtime.wire.messages import PROTOCOL, Answer, Command, Hello, View

LANE = [sys.executable, "-m", "runtime.cli"]
ROOT = Path(__file__).resolve().parent.parent
END_S = 15.0  # what a process may take to end after SIGTERM
SOCKET_PATH_BYTES = 100  # a unix socket's name has at most 107 bytes; the longest of ours here ends in /terminal.sock


def commit_name() -> str:
    """The checkout's commit, as the tables of figures name it."""
    done = subprocess.run(["git", "rev-parse", "--short=10", "HEAD"], capture_output=True, text=True, cwd=ROOT)
    return done.stdout.strip() or "no commit"


class RigError(Exception):
    """Something of the rig did not come up or did not answer in time."""


def wait_for(what: str, true: Callable[[], Any], within_s: float = 10.0, every_s: float = 0.01) -> Any:
    """The first true value of `true()`. Raises RigError after `within_s` seconds."""
    deadline = time.monotonic() + within_s
    while True:
        value = true()
        if value:
            return value
        if time.monotonic() > deadline:
            raise RigError(f"waited {within_s:g} s in vain for {what}")
        time.sleep(every_s)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def free_ports(count: int, lowest: int = 20_000) -> list[int]:
    """Ports below those that the kernel gives to connections, for listeners that begin long after they were chosen."""
    found: list[int] = []
    for port in range(lowest, 32_000):
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise RigError(f"{count} free ports are not to be had")


def free_display() -> str:
    """A number that no X server uses, as DISPLAY has it. Two who ask at once get the same: see `virtual_display`."""
    sockets = Path("/proc/net/unix").read_text(encoding="utf-8")  # has those of other containers on this network too
    taken = {int(number) for number in re.findall(r"/\.X11-unix/X(\d+)\n", sockets)}
    return next(f":{n}" for n in range(90, 1000) if n not in taken and not Path(f"/tmp/.X{n}-lock").exists())


def tied(words: Sequence[str]) -> list[str]:
    """The command, ended by SIGTERM when its parent dies (prctl(2), PR_SET_PDEATHSIG; setpriv is in util-linux)."""
    setpriv = shutil.which("setpriv")
    # The signal comes when the thread that started the command ends: a thread other than the first ends early.
    main = threading.current_thread() is threading.main_thread()
    return [setpriv, "--pdeathsig", "TERM", *words] if setpriv and main else list(words)


@contextmanager
def virtual_display(size: str) -> Iterator[str]:
    """An X server without a screen, `size` as 1024x768: gives DISPLAY. Raises RigError. It picks its number itself."""
    if shutil.which("Xvfb") is None:
        raise RigError("there is neither a screen nor Xvfb: apt-get install xvfb")
    reading, writing = os.pipe()
    words = ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{size}x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(
        tied(words), pass_fds=[writing], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as numbers:
            number = numbers.readline().strip()
        if not number:
            raise RigError(f"Xvfb ended with status {server.wait(10)}: try `Xvfb :90` to see why")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(10)


class Process:
    """One program with its log in a file, ready when it has printed a line that says `ready`."""

    def __init__(self, name: str, words: Sequence[str], folder: Path, env: dict[str, str] | None = None) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self.words = list(words)
        self._env = {**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})}
        self.process: subprocess.Popen[bytes] | None = None
        self.ready_after_s = 0.0

    def start(self, within_s: float = 20.0) -> Process:
        began_s = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                tied(self.words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=self._env, cwd=ROOT,
                start_new_session=True,  # Ctrl-C goes to us alone, and we stop the parts in their order
            )  # fmt: skip
        assert self.process.stdout is not None
        out = self.process.stdout
        held = b""
        while not re.search(rb"\bready\b.*\n", held):
            left_s = began_s + within_s - time.monotonic()
            if left_s <= 0 or not select.select([out], [], [], left_s)[0]:
                raise RigError(f"{self.name} was not ready within {within_s:g} s: {self.tail()}")
            part = os.read(out.fileno(), 4096)
            if not part:
                raise RigError(f"{self.name} ended with status {self.process.wait()}: {self.tail()}")
            held += part
        self.ready_after_s = time.monotonic() - began_s
        threading.Thread(target=self._drain, args=(out,), daemon=True).start()
        return self

    def _drain(self, out: Any) -> None:
        with self.log.open("ab") as log:
            while part := os.read(out.fileno(), 4096):
                log.write(part)

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(END_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise RigError(f"{self.name} did not end within {END_S:g} s of {how.name}: {self.tail()}") from None

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def tail(self, lines: int = 12) -> str:
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:]) or "(it said nothing)"


class FrontEnd:
    """A front end without a screen: keeps the newest View, sends Commands, waits for their Answers."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._changed = threading.Condition()
        self._answers: dict[int, Answer] = {}
        self._last_id = 0
        self.view: View | None = None
        self.closed = False
        self.on_view: Callable[[View], None] | None = None
        self._socket.sendall(encode(Hello(PROTOCOL, "tool")))
        threading.Thread(target=self._read, daemon=True).start()
        self.wait(lambda view: True)

    def _read(self) -> None:
        frames = FrameReader()
        try:
            while data := self._socket.recv(1 << 16):
                for message in frames.feed(data):
                    with self._changed:
                        if isinstance(message, View):
                            self.view = message
                            if self.on_view is not None:
                                self.on_view(message)
                        elif isinstance(message, Answer):
                            self._answers[message.id] = message
                        self._changed.notify_all()
        except OSError:
            pass  # the daemon was killed: that is what tests do
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def wait(self, true: Callable[[View], Any], within_s: float = 10.0) -> View:
        """The first View for which `true(view)` holds. Raises RigError."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.closed or (self.view and true(self.view)), within_s):
                raise RigError(f"no such view within {within_s:g} s; the last: {self.view}")
            if self.view is None or not true(self.view):
                raise RigError("the daemon closed the connection")
            return self.view

    def ask(self, name: str, within_s: float = 10.0, **args: str | int | None) -> Answer:
        """Send a Command and give its Answer."""
        self._last_id += 1
        number = self._last_id
        self._socket.sendall(encode(Command(number, name, args)))
        with self._changed:
            if not self._changed.wait_for(lambda: self.closed or number in self._answers, within_s):
                raise RigError(f"{name} was not answered within {within_s:g} s")
            if number not in self._answers:
                raise RigError("the daemon closed the connection")
            return self._answers.pop(number)

    def must(self, name: str, **args: str | int | None) -> Answer:
        """Send a Command that has to be accepted."""
        answer = self.ask(name, **args)
        if not answer.ok:
            raise RigError(f"{name} {args} was refused: {answer.sentence}")
        return answer

    def close(self) -> None:
        self._socket.close()


class Controls:
    """The control socket of the simulated devices: one JSON object a line, each answered by one. `device` is empty
    where the socket is of one device alone."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("rwb")

    def __call__(self, device: str, **what: Any) -> dict[str, Any]:
        request = {"device": device, **what} if device else what
        self._lines.write(json.dumps(request).encode() + b"\n")
        self._lines.flush()
        answer: dict[str, Any] = json.loads(self._lines.readline())
        if "error" in answer:
            raise RigError(f"the simulated {device} refuses {what}: {answer['error']}")
        return answer

    def close(self) -> None:
        self._lines.close()
        self._socket.close()


def run_folder(folder: Path) -> Path:
    """folder/run; where that is too long for the sockets in it, always the same one among the temporary files."""
    if len(os.fsencode(folder / "run" / "terminal.sock")) <= SOCKET_PATH_BYTES:
        return folder / "run"
    return Path(tempfile.gettempdir()) / f"lanekit-{os.getuid()}-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}"


class Store:
    """Folder layout, settings and life of the processes. `parts` are started in order, stopped in reverse."""

    def __init__(
        self,
        folder: Path,
        *,
        book: Path | None = None,
        rehearse: str = "",
        language: str = "zh",
        settings: Callable[[str], str] | None = None,
        env: dict[str, str] | None = None,
    ) -> None:
        """`settings` may change the text of the demo's terminal.toml; `book` is the demo's unless given."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.run = run_folder(folder)
        self.run.mkdir(mode=0o700, exist_ok=True)
        self.gateway_port, self.page_port = free_port(), free_port()
        self.printer_port, self.payment_port = free_port(), free_port()
        self.snapshot = folder / "demo.snapshot"
        self.book = book or config_dir() / "demo" / "book"
        self.terminal_file = folder / "terminal.toml"
        self.gateway_file = folder / "gateway.toml"
        self._write_settings(language, settings or str)
        rehearsal = ["--rehearse", rehearse] if rehearse else []
        self.devices = Process("devices", self._simulate(), self.run)
        self.gateway = Process("gateway", [*LANE, "gateway", "--config", str(self.gateway_file)], self.run)
        self.terminal = Process(
            "terminal", [*LANE, "terminal", "--config", str(self.terminal_file), *rehearsal], self.run, env
        )
        self.socket = self.run / "terminal.sock"
        self._controls: Controls | None = None
        self._front_end: FrontEnd | None = None

    def _write_settings(self, language: str, change: Callable[[str], str]) -> None:
        demo = config_dir() / "demo"
        shutil.copy(config_dir() / "labels.toml", self.folder / "labels.toml")
        terminal = (demo / "terminal.toml").read_text(encoding="utf-8")
        for old, new in (
            ('language = "zh"', f'language = "{language}"'),
            ("port = 9100", f"port = {self.printer_port}"),
            ("port = 9500", f"port = {self.payment_port}"),
            ("127.0.0.1:8700", f"127.0.0.1:{self.gateway_port}"),
        ):
            if old not in terminal:
                raise RigError(f"config/demo/terminal.toml no longer has {old!r}")
            terminal = terminal.replace(old, new)
        terminal = terminal.replace('"run/', json.dumps(f"{self.run}/", ensure_ascii=False)[:-1])
        self.terminal_file.write_text(change(terminal), encoding="utf-8")
        gateway = (demo / "gateway.toml").read_text(encoding="utf-8")
        gateway = gateway.replace('"run/', json.dumps(f"{self.run}/", ensure_ascii=False)[:-1])
        if "port = 8700" not in gateway:
            raise RigError("config/demo/gateway.toml no longer has port = 8700")
        gateway = gateway.replace("\nport = 8700", f"\nport = {self.gateway_port}")
        gateway = gateway.replace("page_port = 8780", f"page_port = {self.page_port}")
        self.gateway_file.write_text(gateway, encoding="utf-8")

    def _simulate(self) -> list[str]:
        return [
            *LANE, "simulate", "all", "--dir", str(self.run),
            "--printer-port", str(self.printer_port), "--payment-port", str(self.payment_port),
        ]  # fmt: skip

    @property
    def settings(self) -> dict[str, Any]:
        """The terminal's TOML, as written."""
        return tomllib.loads(self.terminal_file.read_text(encoding="utf-8"))

    def compile(self) -> str:
        """Make the snapshot; gives what the compiler said."""
        done = subprocess.run(
            [*LANE, "compile", str(self.book), "-o", str(self.snapshot)], capture_output=True, text=True, cwd=ROOT
        )
        if done.returncode:
            raise RigError(f"lane compile: {done.stderr}")
        return done.stdout + done.stderr

    def price(self, baskets: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """What `lane price` says of the baskets, in order."""
        lines = "".join(json.dumps(basket, ensure_ascii=False) + "\n" for basket in baskets)
        done = subprocess.run(
            [*LANE, "price", "--snapshot", str(self.snapshot)],
            input=lines, capture_output=True, text=True, encoding="utf-8", check=True, cwd=ROOT,
        )  # fmt: skip
        return [json.loads(line) for line in done.stdout.splitlines()]

    def lane(self, *words: str, ok: bool = True) -> str:
        """What a command of `lane` said; it must have worked unless `ok` is False."""
        done = subprocess.run([*LANE, *words], capture_output=True, text=True, encoding="utf-8", cwd=ROOT)
        if ok and done.returncode:
            raise RigError(f"lane {' '.join(words)}: {done.stderr}")
        return done.stdout + done.stderr

    def make_private(self) -> None:
        """TLS between terminal and gateway, under a chain's root of its own in folder/safe. Before `start`."""
        store = str(self.settings["terminal"]["store"])
        self.lane("ca", "new", str(self.folder / "safe"), "--chain", "Demo")
        self.lane("ca", "store", str(self.folder / "safe"), store, "-o", str(self.folder / "trust"))
        gateway = self.gateway_file.read_text(encoding="utf-8")
        self.gateway_file.write_text(gateway + '\n[tls]\nfolder = "trust"\n', encoding="utf-8")
        terminal = self.terminal_file.read_text(encoding="utf-8")
        self.terminal_file.write_text(terminal.replace('url = "http://', 'url = "https://'), encoding="utf-8")

    def code(self, terminal: str) -> str:
        """A new enrolment code."""
        said = self.lane("gateway", "enrol", "--config", str(self.gateway_file), "--terminal", terminal)
        return said.split("--code ")[1].strip()

    def enrol(self, code: str | None = None, *, ok: bool = True) -> str:
        """The terminal, with a new code or this one."""
        code = code or self.code(str(self.settings["terminal"]["workstation"]))
        return self.lane("enrol", "--config", str(self.terminal_file), "--code", code, ok=ok)

    def start(self, *, gateway: bool = True) -> Store:
        if not self.snapshot.exists():
            self.compile()
        try:
            self.devices.start()
            if gateway:
                self.gateway.start()
            self.terminal.start()
        except RigError:
            self.stop()
            raise
        return self

    @property
    def control(self) -> Controls:
        if self._controls is None:
            self._controls = Controls(self.run / "control")
        return self._controls

    @property
    def front_end(self) -> FrontEnd:
        """A connection to the daemon; a new one where the daemon was killed."""
        if self._front_end is None or self._front_end.closed:
            self._front_end = FrontEnd(self.socket)
        return self._front_end

    def scan(self, code: str) -> None:
        self.control("scanner", scan=code)

    def slips(self, pictures: Path | None = None) -> list[dict[str, Any]]:
        """What the printer has cut off since last asked: text and events of each; also drawn as PNG into `pictures`."""
        drawn = {"pictures": str(pictures)} if pictures else {}
        slips: list[dict[str, Any]] = self.control("printer", take=True, **drawn)["slips"]
        return slips

    def stop(self) -> None:
        if self._front_end is not None:
            self._front_end.close()
        if self._controls is not None:
            self._controls.close()
            self._controls = None
        with ExitStack() as parts:  # the last one first; one that hangs does not keep the others
            for part in (self.devices, self.gateway, self.terminal):
                parts.callback(part.kill, signal.SIGTERM)

    def __enter__(self) -> Store:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
