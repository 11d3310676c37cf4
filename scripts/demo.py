"""scripts/run: a store to try, or (--demo) a short working day that runs by itself.

Everything is real but the devices: the scanner's bytes go through a pty, the receipt is what a printer understood of
its bytes, the gateway's figures are what the gateway answers.
"""

from __future__ import annotations

import argparse
import csv
import fcntl
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from peers import gateway_status
from rig import LANE, ROOT, Process, RigError, Store, run_folder, virtual_display, wait_for

PAYMENT_CODE = "134567890123456700"  # ends in 00: the simulated provider takes it at once
PAPER_OUT_AFTER_LINES = 9
PUMPKIN_LABEL = "2117202011814"  # prefix 21, PLU 17202, 11.81 yuan
UNKNOWN = "6999999999997"
SCAN = '{"device":"scanner","scan":"6901234567892"}'
WATER, ICED_TEA, YOGURT, OTHER_YOGURT, CRISPS, MILK = "010001", "030001", "040007", "040008", "100001", "040005"
APPLES, ODEN_6, ODEN_13, CIGARETTES, BAG = "10001", "70001", "70002", "200002", "90003"


CASHIER, MANAGER = "1001", "2001"
STAFF = {CASHIER: ("王小明", "cashier", "274931"), MANAGER: ("李店长", "manager", "806153")}
FLOAT_MINOR, POSTAGE_MINOR, SHORT_MINOR = 20_000, 1_200, 500

SETTLE_S = 0.5  # the demo rings faster than anyone: what it has done last shall be in the picture


class Screen:
    """The front end of the demo: in a window where there is a screen, else on the display given."""

    def __init__(self, store: Store, language: str, size: str, display: str | None) -> None:
        self.picture = store.folder / "screen.png"
        self.virtual = display is not None
        env = {"DISPLAY": display, "KIVY_GL_BACKEND": "sdl2", "LIBGL_ALWAYS_SOFTWARE": "1"} if display else {}
        words = [*LANE, "ui", "--socket", str(store.socket), "--language", language, "--size", size]
        words += ["--settings", str(store.terminal_file)]
        self.process = Process("ui", [*words, "--picture", str(self.picture)], store.run, env)

    def take(self, name: str) -> Path:
        """Ask the front end for a picture of what it shows now."""
        time.sleep(SETTLE_S)
        self.picture.unlink(missing_ok=True)
        assert self.process.process is not None
        self.process.process.send_signal(signal.SIGUSR1)
        wait_for(f"the picture {name}", lambda: self.picture.exists() and self.picture.stat().st_size > 0, 20)
        kept = self.picture.with_name(name)
        shutil.copy(self.picture, kept)
        return kept


def say(text: str = "") -> None:
    print(text, flush=True)


def ring(store: Store, *codes: str) -> None:
    for code in codes:
        before = len(store.front_end.wait(lambda view: True).lines)
        if store.front_end.wait(lambda view: True).state in ("idle", "closed"):
            before = 0
        store.scan(code)
        store.front_end.wait(lambda view, n=before: len(view.lines) == n + 1 and view.state == "ringing")


def pay_cash(store: Store, given_minor: int) -> int:
    """Gives what stays in the drawer."""
    if store.front_end.wait(lambda view: True).state != "tendering":
        store.front_end.must("subtotal")
    store.front_end.must("cash", amount_minor=given_minor)
    return given_minor - store.front_end.wait(lambda view: view.state == "closed").change_minor


def barcodes(store: Store) -> dict[str, str]:
    """sku -> what stands on the pack; the sku itself for produce."""
    with (store.book / "items.csv").open(encoding="utf-8", newline="") as file:
        return {row["sku"]: row["barcodes"].split(";")[0] or row["sku"] for row in csv.DictReader(file)}


def working_day(terminal: str) -> str:
    """The demo's terminal.toml with its marks taken away from users, shifts and business days."""
    marked = [f"# {line}" for line in ("[users]", 'file = "users.toml"', "[shift]", "required = true", "[day]")]
    for line in (*marked, '# ends = "03:00"'):
        if f"{line}\n" not in terminal:
            raise RigError(f"config/demo/terminal.toml no longer has {line!r}")
        terminal = terminal.replace(f"{line}\n", f"{line.removeprefix('# ')}\n")
    return terminal


def hire(store: Store) -> None:
    """Who works here, as `lane users` writes them."""
    users = store.folder / "users.toml"
    users.unlink(missing_ok=True)
    for number, (name, role, pin) in STAFF.items():
        words = [*LANE, "users", "add", str(users), number, "--name", name, "--role", role]
        done = subprocess.run(words, input=f"{pin}\n", text=True, cwd=ROOT, capture_output=True, check=False)
        if done.returncode:
            raise RigError(f"lane users: {done.stderr}")


def demo(store: Store, screen: Screen) -> None:
    """A short working day: a shift is opened, five sales are rung, the shift and the day are closed."""
    front = store.front_end
    say(f"The cashier signs on with number and PIN, and opens a shift with {FLOAT_MINOR / 100:.2f} in the drawer.")
    screen.take("screen-0-signed-off.png")
    front.must("sign_on", user=CASHIER, pin=STAFF[CASHIER][2])
    front.must("shift_open", float_minor=FLOAT_MINOR)
    cash_minor = FLOAT_MINOR + sales(store, screen)
    say("The post is paid out of the drawer; a slip says so.")
    front.must("paid_out", amount_minor=POSTAGE_MINOR, reason="邮费")
    close(store, screen, cash_minor - POSTAGE_MINOR - SHORT_MINOR)


def close(store: Store, screen: Screen, counted_minor: int) -> None:
    """Counted blind, with something missing, and the day's end, which takes another person."""
    front = store.front_end
    say("The shift is counted blind: nothing on the screen says what should be in the drawer.")
    front.must("next")  # as the screen's key does: the last sale leaves the screen first
    front.must("shift_count")
    screen.take("screen-7-counting.png")
    front.must("shift_close", cash_minor=counted_minor)
    screen.take("screen-8-shift-closed.png")
    say("The manager ends the business day: the Z report.")
    refused = front.ask("day_end")
    if refused.ok:
        raise RigError("a cashier ended the business day alone")
    front.must("day_end", approver=MANAGER, pin=STAFF[MANAGER][2])
    screen.take("screen-9-z-report.png")
    front.wait(lambda view: view.receipts_waiting == 0, 20)


def sales(store: Store, screen: Screen) -> int:
    """Five sales; gives the cash that they brought."""
    front, code = store.front_end, barcodes(store)
    say("1. Groceries, some on offer; paid in cash.")
    ring(store, code[WATER])
    front.must("quantity", qty=3)
    ring(store, code[ICED_TEA], code[YOGURT], code[OTHER_YOGURT], code[CRISPS], code[BAG])
    screen.take("screen-1-ringing.png")
    front.must("subtotal")
    front.wait(lambda view: view.state == "tendering")
    screen.take("screen-2-tendering.png")
    cash_minor = pay_cash(store, 10000)
    screen.take("screen-3-closed.png")

    say("2. Produce from the scale and from a weigh label; a member; paid by code.")
    front.must("member", id="M1001")
    store.scan(code[APPLES])
    front.wait(lambda view: view.state == "weighing")
    screen.take("screen-4-weighing.png")
    store.control("scale", weight_g=1236, stable=True)
    front.wait(lambda view: len(view.lines) == 1 and view.state == "ringing")
    store.control("scale", weight_g=0, stable=True)
    ring(store, PUMPKIN_LABEL, code[MILK])
    front.must("subtotal")
    store.scan(PAYMENT_CODE)
    front.wait(lambda view: view.state == "closed", 20)

    say("3. Oden by the portion, cigarettes that take no promotion, a carrier bag.")
    ring(store, code[ODEN_6], code[ODEN_13], code[CIGARETTES], code[BAG])
    front.must("age_ok")
    cash_minor += pay_cash(store, 10000)

    say("4. A line too many, taken out again; an unknown code, refused.")
    ring(store, code[WATER], code[CRISPS])
    front.must("void_line", line=1)
    store.scan(UNKNOWN)
    front.wait(lambda view: view.notice is not None and view.notice.severity == "bad")
    screen.take("screen-5-refused.png")
    cash_minor += pay_cash(store, 5000)
    front.wait(lambda view: view.receipts_waiting == 0, 20)

    say("5. The paper runs out in the middle of a receipt: it is printed again, marked as a copy.")
    store.control("printer", paper_out_after_lines=PAPER_OUT_AFTER_LINES)
    ring(store, code[CRISPS], code[CRISPS], code[CRISPS], code[YOGURT])
    cash_minor += pay_cash(store, 10000)
    front.wait(lambda view: any(not d.ok for d in view.devices) and view.receipts_waiting == 1, 20)
    screen.take("screen-6-paper-out.png")
    store.control("printer", paper="ok")
    front.wait(lambda view: view.receipts_waiting == 0, 30)
    return cash_minor


def show_results(store: Store) -> None:
    store.front_end.wait(lambda view: view.network.unsent == 0, 30)
    # Asked before the receipts are drawn: the simulated devices draw them, and answer nobody meanwhile.
    shown = subprocess.run(
        [*LANE, "gateway", "--config", str(store.gateway_file), "--show"],
        cwd=ROOT, check=False, stdout=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip
    if shown.returncode:
        raise RigError("the gateway did not say what it has")
    slips = store.slips(pictures=store.folder)
    for number, slip in enumerate(slips, start=1):
        (store.folder / f"receipt-{number}.txt").write_text(slip["text"] + "\n", encoding="utf-8")
        say(f"\n--- receipt {number} " + "-" * 32)
        say(slip["text"])
    say("\n--- the gateway " + "-" * 32)
    say(shown.stdout.rstrip())
    status = gateway_status(store)
    say(
        f"\nPictures and receipts are in {store.folder}: "
        + ", ".join(sorted(p.name for p in store.folder.glob("*.png")))
    )
    # Besides the sales: a shift opened and closed, money paid out, the day's end.
    if (status["sales"], status["records"]) != (5, 9):
        raise RigError(f"five sales were rung and four slips made, the gateway has {status}")


def by_hand(store: Store, screen: Screen) -> None:
    say(f"The store runs in {store.folder}. Stop it with Ctrl-C.")
    for number, (name, role, pin) in STAFF.items():
        say(f"  signs on           {number}, PIN {pin}: {name}, {role}; then open a shift")
    say(f"  cashier's screen   {'under Xvfb: ' + str(screen.picture) if screen.virtual else 'in its window'}")
    tell = [f"{ROOT}/.venv/bin/lane", "simulate", "tell", str(store.run / "control"), SCAN]
    say(f"  scan something     {shlex.join(tell)}")
    say(f"  gateway            http://127.0.0.1:{store.gateway_port}/v1/status")
    while screen.process.alive():
        time.sleep(0.5)
    say("The screen was closed.")


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/run")
    parser.add_argument("--demo", action="store_true")
    parser.add_argument("--language", choices=("zh", "en"), default="zh")
    parser.add_argument("--size", default="1024x768")
    parser.add_argument("--out", type=Path, default=ROOT / "out")
    arguments = parser.parse_args()
    folder = (called_from() / arguments.out).resolve() / ("demo" if arguments.demo else "store")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)  # all of them end as Ctrl-C does: in order
    try:
        with alone(folder):
            run(folder, arguments)
    except (RigError, OSError) as error:
        say(f"It did not work: {error}")
        if run_folder(folder).is_dir():
            say(f"The logs are in {run_folder(folder)}.")
        return 1
    except KeyboardInterrupt:
        say("\nStopped.")
        return 130 if arguments.demo else 0
    return 0


def called_from() -> Path:
    """Where the person is: scripts/lib.sh goes to the checkout, and says where it came from."""
    return Path(os.environ.get("LANE_CALLED_FROM", "."))


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One run a folder. Raises RigError."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f".{folder.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RigError(f"another scripts/run is at work in {folder}; give --out another folder") from None
        yield


def run(folder: Path, arguments: argparse.Namespace) -> None:
    if arguments.demo:
        for old in (folder, run_folder(folder)):
            shutil.rmtree(old, ignore_errors=True)
    with ExitStack() as stack:
        store = Store(folder, language=arguments.language, settings=working_day)
        hire(store)
        say(store.compile().strip())
        real = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
        display = None if real else stack.enter_context(virtual_display(arguments.size))
        screen = Screen(store, arguments.language, arguments.size, display)
        stack.callback(store.stop)
        stack.callback(screen.process.kill, signal.SIGTERM)
        stack.callback(deafen)
        store.start()
        say(f"Gateway, devices and terminal are up (terminal ready after {store.terminal.ready_after_s:.1f} s).")
        screen.process.start(60)
        if arguments.demo:
            demo(store, screen)
            show_results(store)
        else:
            by_hand(store, screen)


def deafen() -> None:
    """A second Ctrl-C does not cut the stopping short."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main())
