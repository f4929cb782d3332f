#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The command on a terminal: every way to end it from there works, restores the terminal and leaves
no process.

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

# A guest that never ends by itself, and what it prints once it runs.
GUEST, STARTED = "preempt", b"\n"
TIMEOUT = 15  # seconds for each of start and end


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


def run(build, act, status, restores):
    """What is wrong: a list of texts."""
    ours = set(command.children())
    terminal, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    process = subprocess.Popen(
        [os.path.join(build, "sel4emu"), command.find_image(build, GUEST)],
        stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
        preexec_fn=lambda: _take_terminal(slave))
    wrong = []
    try:
        if STARTED not in read_until(terminal, STARTED, TIMEOUT):
            wrong.append("the guest printed nothing")
        act(process, terminal)
        got = wait(process, terminal)
        if got is None:
            wrong.append("it did not end")
            process.kill()
            process.wait()
        elif got != status:
            wrong.append(f"exit status {got}, not {status}")
        if restores and termios.tcgetattr(slave) != before:
            wrong.append("the terminal is not as it was")
        left = command.reap(ours)
        if left:
            wrong.append(f"left behind: {left}")
    finally:
        os.close(terminal)
        os.close(slave)
    return wrong


def _take_terminal(slave):
    """Makes the terminal the controlling one, so that Ctrl-C is a signal where it is not a key."""
    import fcntl  # pylint: disable=import-outside-toplevel
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)


def main():
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    build = sys.argv[1]
    if command.find_image(build, GUEST) is None:
        print(f"guest {GUEST} is not built")
        return 1
    command.become_reaper()
    failed = False
    for name, act, status, restores in CASES:
        wrong = run(build, act, status, restores)
        print("\n".join(wrong + [f"{'FAIL' if wrong else 'ok'} {name}"]), flush=True)
        failed = failed or bool(wrong)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
