#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The command on a terminal: every way to end it from there works, whether the guest sleeps or is
busy, restores the terminal and leaves no process; a guest that sleeps uses no processor time.

    tests/terminal/terminal.py BUILD"""

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
sys.path.insert(0, TESTS)

from runner import command  # noqa: E402

# A guest that waits for keys. The key 'b' makes it busy for ever.
GUEST = "echo"
SLEEPS, BUSY_KEY, BUSY = b"press keys\r\n", b"b", b"busy\r\n"
TIMEOUT = 15  # seconds for each of start and end
WATCHED = 1.0  # seconds for which a sleeping guest is looked at
MOST_TICKS = 2  # of processor time, of 10 ms each, that it may use in them


def press(keys):
    return lambda process, terminal: os.write(terminal, keys)


def send(number):
    return lambda process, terminal: process.send_signal(number)


# Name, what is done, exit status, whether the terminal must be as it was. Nobody can clean up behind
# SIGKILL but the processes themselves.
CASES = [
    ("ctrl-c ends it", press(b"\x03"), 128 + signal.SIGINT, True),
    ("ctrl-a x ends it", press(b"\x01x"), 0, True),
    ("SIGTERM ends it", send(signal.SIGTERM), 128 + signal.SIGTERM, True),
    ("SIGHUP ends it", send(signal.SIGHUP), 128 + signal.SIGHUP, True),
    ("SIGKILL leaves no process", send(signal.SIGKILL), -signal.SIGKILL, False),
]


def read_until(terminal, text, seconds):
    """What the terminal shows, until `text` appears, it closes or time is up."""
    seen = b""
    deadline = time.monotonic() + seconds
    while text not in seen and time.monotonic() < deadline:
        ready, _, _ = select.select([terminal], [], [], 0.05)
        if ready:
            try:
                more = os.read(terminal, 4096)
            except OSError:
                break
            if not more:
                break
            seen += more
    return seen


def wait(process, terminal):
    """Its exit status, or None; keeps reading, for a full terminal would stop it."""
    deadline = time.monotonic() + TIMEOUT
    while process.poll() is None and time.monotonic() < deadline:
        read_until(terminal, b"\0", 0.02)
    return process.returncode


class Session:
    """The command with a guest, on a terminal of its own."""

    def __init__(self, build):
        self.ours = set(command.children())
        self.terminal, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.process = subprocess.Popen(
            [os.path.join(build, "sel4emu"), command.find_image(build, GUEST)], stdin=self.slave,
            stdout=self.slave, stderr=self.slave, start_new_session=True,
            preexec_fn=lambda: _take_terminal(self.slave))
        self.wrong = []
        self.expect(SLEEPS)

    def expect(self, text):
        seen = read_until(self.terminal, text, TIMEOUT)
        if text not in seen:
            self.wrong.append(f"{text!r} did not appear, but {seen!r}")

    def make_busy(self):
        os.write(self.terminal, BUSY_KEY)
        self.expect(BUSY)

    def end(self, act, status, restores):
        act(self.process, self.terminal)
        got = wait(self.process, self.terminal)
        if got is None:
            self.wrong.append("it did not end")
            self.process.kill()
            self.process.wait()
        elif got != status:
            self.wrong.append(f"exit status {got}, not {status}")
        if restores and termios.tcgetattr(self.slave) != self.before:
            self.wrong.append("the terminal is not as it was")
        left = command.reap(self.ours)
        if left:
            self.wrong.append(f"left behind: {left}")
        os.close(self.terminal)
        os.close(self.slave)


def ticks(session):
    """Processor time that the command and all it started have used, in 10 ms."""
    parents, used = {}, {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(entry)] = int(fields[1])
        used[int(entry)] = int(fields[11]) + int(fields[12])
    total, family = 0, [session.process.pid]
    while family:
        pid = family.pop()
        total += used.get(pid, 0)
        family += [child for child, parent in parents.items() if parent == pid]
    return total


def sleeps(build):
    """What is wrong with a guest that waits for a key."""
    session = Session(build)
    time.sleep(0.2)
    before = ticks(session)
    time.sleep(WATCHED)
    spent = ticks(session) - before
    if spent > MOST_TICKS:
        session.wrong.append(f"used {spent * 10} ms of processor time in {WATCHED} s")
    session.end(press(b"q"), 0, True)
    return session.wrong


def ends(build, case, busy):
    """What is wrong with one way to end."""
    _, act, status, restores = case
    session = Session(build)
    if busy:
        session.make_busy()
    session.end(act, status, restores)
    return session.wrong


def _take_terminal(slave):
    """Makes the terminal the controlling one, so that Ctrl-C is a signal where it is not a key."""
    import fcntl  # pylint: disable=import-outside-toplevel
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)


def main():
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    build = os.path.abspath(sys.argv[1])
    if command.find_image(build, GUEST) is None:
        print(f"guest {GUEST} is not built")
        return 1
    command.become_reaper()
    results = [("a sleeping guest uses no processor time", sleeps(build))]
    for case in CASES:
        for busy in (False, True):
            name = f"{case[0]} while the guest {'is busy' if busy else 'sleeps'}"
            results.append((name, ends(build, case, busy)))
    for name, wrong in results:
        print("\n".join(wrong + [f"{'FAIL' if wrong else 'ok'} {name}"]))
    return 1 if any(wrong for _, wrong in results) else 0


if __name__ == "__main__":
    sys.exit(main())
