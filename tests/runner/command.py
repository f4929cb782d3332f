# SPDX-License-Identifier: BSD-2-Clause
"""Runs sel4emu and sees to it that nothing survives it.

The runner makes itself the reaper of orphans, so a process that outlives the command becomes a
child of the runner, whatever it did to its process group: that is how leftovers are found."""

import ctypes
import dataclasses
import os
import signal
import subprocess
import time

PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
CAPABILITIES = {"CAP_SYS_RAWIO": 17}
GRACE = 2.0  # seconds that processes may take to disappear after the command has ended


@dataclasses.dataclass
class Done:
    status: int  # exit status; 128 + signal number if a signal ended it
    stdout: str
    stderr: str
    timed_out: bool
    leftovers: list  # "PID COMMAND" of processes that outlived the command

    def describe(self):
        text = f"exit status {self.status}"
        if self.timed_out:
            text += ", killed by the test's own timeout"
        if self.leftovers:
            text += ", left behind: " + "; ".join(self.leftovers)
        if self.stderr:
            text += "\nstderr: " + self.stderr.rstrip()
        return text


def become_reaper():
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children():
    """{pid: command name} of this process's living children."""
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                name, _, rest = file.read().rpartition(")")
        except OSError:
            continue
        state, parent = rest.split()[:2]
        if int(parent) == os.getpid() and state != "Z":
            found[int(entry)] = name.partition("(")[2]
    return found


def reap(ours):
    """Waits until no child but `ours` is left; kills and names those that stay."""
    deadline = time.monotonic() + GRACE
    while True:
        _collect_zombies()
        left = {pid: name for pid, name in children().items() if pid not in ours}
        if not left:
            return []
        if time.monotonic() > deadline:
            break
        time.sleep(0.01)
    for pid in left:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    time.sleep(0.05)
    _collect_zombies()
    return [f"{pid} {name}" for pid, name in left.items()]


def _collect_zombies():
    """The command itself has been waited for before: who is dead now was an orphan."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0] != 0:
            pass
    except ChildProcessError:
        pass


def dropper(capabilities):
    """For the child before exec: root loses these; who is not root has none to lose."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def drop():
        for name in capabilities:
            prctl(PR_CAPBSET_DROP, CAPABILITIES[name], 0, 0, 0)
    return drop if capabilities else None


def run(arguments, stdin="", timeout=60, cwd=None, environment=None, without=()):
    become_reaper()
    before = set(children())
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, start_new_session=True, cwd=cwd,
                          env={**os.environ, **(environment or {})},
                          preexec_fn=dropper(without)) as process:
        timed_out = False
        try:
            out, err = process.communicate(stdin.encode(), timeout=timeout)
        except subprocess.TimeoutExpired:
            timed_out = True
            process.kill()
            out, err = _drain(process)
    status = process.returncode
    return Done(status if status >= 0 else 128 - status, out.decode(errors="replace"),
                err.decode(errors="replace"), timed_out, reap(before))


def _drain(process):
    """What a killed command had said. A survivor may hold the pipes open: do not wait for it."""
    try:
        return process.communicate(timeout=GRACE)
    except subprocess.TimeoutExpired as expired:
        for pipe in (process.stdout, process.stderr, process.stdin):
            pipe.close()
        process.wait()
        return expired.stdout or b"", expired.stderr or b""


def find_image(build_dir, name):
    """The built guest called `name`, or None."""
    for path in (os.path.join(build_dir, "guests", name),
                 os.path.join(build_dir, "guests", name, name)):
        if os.path.isfile(path):
            return path
    return None
