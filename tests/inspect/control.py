#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Looks into guests that run, by sel4emu ps and its like and by hostile clients of the control
socket: guests answer, busy or idle, and none of it stalls them.

    tests/inspect/control.py BUILD"""

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
sys.path.insert(0, TESTS)

from runner import command  # noqa: E402

TIMEOUT = 30
NO_GUEST = 9


class Wrong(Exception):
    """What is wrong, in a sentence."""


class Guest:
    """A guest with a name that no other run has."""

    count = 0

    def __init__(self, build, guest, *options):
        Guest.count += 1
        self.build = build
        self.name = f"control-{os.getpid()}-{Guest.count}"
        self.ours = set(command.children())
        self.process = subprocess.Popen(
            [os.path.join(build, "sel4emu"), "--name", self.name, "--timeout", "60", *options,
             command.find_image(build, guest)], bufsize=0, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        command.reap(self.ours)

    def wait_for(self, text):
        seen = b""
        while text not in seen:
            part = os.read(self.process.stdout.fileno(), 4096)
            if not part:
                raise Wrong(f"it ended before it printed {text!r}")
            seen += part

    def type(self, text):
        try:
            self.process.stdin.write(text)
        except BrokenPipeError:
            seen = self.process.stdout.read()
            raise Wrong(f"it has ended, status {self.process.wait()}: {seen}") from None

    def connect(self):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.connect(f"\0sel4emu/{os.geteuid()}/{self.process.pid}/{self.name}")
        client.settimeout(TIMEOUT)
        return client

    def wait_for_state(self, pattern):
        """Until a line of ps matches: what is printed last is not what is done last."""
        end = time.monotonic() + TIMEOUT
        while not re.search(pattern, self.ask("ps"), re.MULTILINE):
            if time.monotonic() > end:
                raise Wrong(f"it never is in the state {pattern}")
            time.sleep(0.01)

    def ask(self, verb, *words, status=0):
        """What the command prints: standard output, or the error if it is to fail."""
        done = run(self.build, verb, *words, "--guest", self.name)
        if done.returncode != status:
            raise Wrong(f"{verb}: status {done.returncode}, not {status}: {done.stderr.strip()}")
        return done.stderr if status else done.stdout


def run(build, *words):
    try:
        return subprocess.run([os.path.join(build, "sel4emu"), *words], capture_output=True,
                              text=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        raise Wrong(f"{words}: no answer in {TIMEOUT} s") from None


def must_match(regex, text):
    if not re.search(regex, text, re.MULTILINE):
        raise Wrong(f"no line matches {regex}: {text}")


def read_all(client):
    answer = b""
    while True:
        try:
            part = client.recv(65536)
        except ConnectionResetError:
            return answer
        if not part:
            return answer
        answer += part


def an_idle_guest_answers(build):
    with Guest(build, "echo") as guest:
        guest.wait_for(b"press keys")
        guest.wait_for_state(r"^rootserver .* guest_main +waits for notification .*vector 8\)$")
        by_pid = run(build, "ps", str(guest.process.pid))
        must_match(r"^rootserver ", by_pid.stdout)
        guest.type(b"q")
        if guest.process.wait(TIMEOUT) != 0:
            raise Wrong("the guest did not go on well")


def a_busy_guest_answers(build):
    with Guest(build, "echo") as guest:
        guest.wait_for(b"press keys")
        guest.type(b"b")
        guest.wait_for(b"busy")
        guest.wait_for_state(r"^rootserver .* runs$")
        used = json.loads(guest.ask("ps", "--json"))["threads"][0]["cpu_ms"]
        if not 0 < used < 30000:
            raise Wrong(f"it has used {used} ms")


def every_view_answers_in_every_form(build):
    with Guest(build, "deadlock", "--on-idle", "wait") as guest:
        guest.wait_for(b"forget the one before")
        for view, *operand in [("ps",), ("queues",), ("deadlocks",), ("caps", "client"), ("slots",),
                               ("untyped",), ("objects",), ("schedule",), ("mappings",),
                               ("mappings", "cache"), ("derivation",)]:
            if not guest.ask(view, *operand):
                raise Wrong(f"{view} says nothing")
            tables = json.loads(guest.ask(view, *operand, "--json"))
            if tables.pop("view") != view or not tables:
                raise Wrong(f"{view} --json: {tables}")
            has_graph = view in ("queues", "deadlocks", "derivation")
            graph = guest.ask(view, *operand, "--dot", status=0 if has_graph else 2)
            must_match(rf"^digraph {view} \{{" if has_graph else "there is no graph of it", graph)
        must_match(r"^1 +files .* cache +they wait for each other$", guest.ask("deadlocks"))
        must_match("^sel4emu: there is no thread nix", guest.ask("caps", "nix", status=2))


def functions_of_a_child_program_have_names(build):
    with Guest(build, "null-pointer", "--on-idle", "wait") as guest:
        guest.wait_for(b"on data at address 0x8")
        for _ in range(2):  # what is kept of the first time serves the second
            must_match(r"^screen +#\d+ +screen +.* 0x\w+ +value_of +is stopped by a VMFault at 0x8 ",
                       guest.ask("ps"))
        guest.wait_for_state(r"^rootserver .* 0x\w+ +guest_main +waits for ")


def guests_are_told_apart(build):
    done = run(build, "ps", "no-such-guest")
    if done.returncode != NO_GUEST:
        raise Wrong(f"status {done.returncode}: {done.stderr}")
    must_match("^sel4emu: no guest called no-such-guest runs", done.stderr)
    with Guest(build, "echo") as one, Guest(build, "echo") as other:
        one.wait_for(b"press keys")
        other.wait_for(b"press keys")
        done = run(build, "ps")
        if done.returncode != NO_GUEST:
            raise Wrong(f"status {done.returncode}: {done.stderr}")
        must_match("^sel4emu: several guests run: ", done.stderr)
        for guest in (one, other):
            must_match(rf"\b{guest.name} \({guest.process.pid}\)", done.stderr)
            must_match(rf"^ *{guest.process.pid} {guest.name}$", run(build, "list").stdout)


def a_guest_that_is_killed_leaves_no_name(build):
    with Guest(build, "echo") as guest:
        guest.wait_for(b"press keys")
        guest.process.send_signal(signal.SIGKILL)
        guest.process.wait()
        deadline = time.monotonic() + 2
        while guest.name in run(build, "list").stdout:
            if time.monotonic() > deadline:
                raise Wrong("its socket is still there")


def requests_that_are_wrong_get_a_sentence(build):
    with Guest(build, "echo") as guest:
        guest.wait_for(b"press keys")
        for request, expected in [(b"\n", b"error the request is empty\n"),
                                  (b"rm -rf\n", b"error there is no view rm\n"),
                                  (b"ps\0x\n", b"ok\nTHREAD "),
                                  (b"x" * 5000, b"error there is no view x"),
                                  (bytes(range(1, 10)) + b"\n", b"error there is no view ")]:
            with guest.connect() as client:
                client.sendall(request)
                answer = read_all(client)
            if not answer.startswith(expected):
                raise Wrong(f"{request[:20]}: {answer[:80]}")
        with guest.connect() as client:  # a line without an end is one when the client is done
            client.sendall(b"schedule")
            client.shutdown(socket.SHUT_WR)
            if not read_all(client).startswith(b"ok\nDomain schedule:"):
                raise Wrong("a request without newline is not answered")


def clients_that_do_nothing_are_dropped(build):
    with Guest(build, "echo") as guest:
        guest.wait_for(b"press keys")
        idle = [guest.connect() for _ in range(12)]
        idle[0].sendall(b"ps")  # and not the rest of the line
        must_match("^rootserver ", guest.ask("ps"))
        for client in idle:
            client.close()


def a_flood_does_not_stall_the_guest(build):
    """A guest's work, undisturbed and while clients do their worst."""
    def work():
        with Guest(build, "leak") as guest:
            start = time.monotonic()
            ended = threading.Event()
            yield guest, ended
            output = guest.process.stdout.read()
            status = guest.process.wait(TIMEOUT)
            ended.set()
            yield time.monotonic() - start, status, output

    def flood(guest, ended, request, wants_answer):
        while not ended.is_set():
            try:
                with guest.connect() as client:
                    client.sendall(request)
                    if wants_answer:
                        read_all(client)
            except OSError:
                pass

    undisturbed = work()
    next(undisturbed)
    alone, _, expected = next(undisturbed)
    disturbed = work()
    guest, ended = next(disturbed)
    floods = [threading.Thread(target=flood, args=(guest, ended, request, wants_answer))
              for request, wants_answer in [(b"slots\n", True), (b"slots\n", False), (b"p", False),
                                            (b"", False), (b"derivation\n", True)]]
    for each in floods:
        each.start()
    together, status, output = next(disturbed)
    for each in floods:
        each.join()
    if status != 0:
        raise Wrong(f"the guest ended with {status}")
    if output != expected:
        raise Wrong("the guest printed something else")
    if together > 20 * alone + 10:
        raise Wrong(f"it took {together:.1f} s instead of {alone:.1f}")


def a_trace_comes_and_goes(build):
    with Guest(build, "echo") as guest:
        guest.wait_for(b"press keys")
        with guest.connect() as client:
            client.sendall(b"trace kind=ipc,other summary\n")
            if client.recv(3) != b"ok\n":
                raise Wrong("there is no trace")
            guest.type(b"k")
            guest.wait_for(b"key 0x6b")
            guest.wait_for_state("^rootserver .* waits for notification ")
            client.shutdown(socket.SHUT_WR)
            must_match(r"^ +[1-9]\d* +0 +\d+\.\d{6}  Recv$", read_all(client).decode())
        with guest.connect() as client:
            client.sendall(b"trace call=nonsense\n")
            must_match("^error trace call=nonsense: no system call", read_all(client).decode())
        must_match("^rootserver ", guest.ask("ps"))


def the_trace_command_ends_and_the_guest_goes_on(build):
    with Guest(build, "echo") as guest:
        guest.wait_for(b"press keys")
        with subprocess.Popen([os.path.join(build, "sel4emu"), "trace", "--guest", guest.name,
                               "--call", "IRQHandler_Ack"], stdout=subprocess.PIPE, text=True,
                              start_new_session=True) as trace:
            line = None
            while not line:
                guest.type(b"k")
                ready, _, _ = select.select([trace.stdout], [], [], 0.2)
                line = ready and trace.stdout.readline()
            must_match(r"^ +\d+\.\d{6} rootserver +Call\(IRQHandler_Ack on cap \d+ .*\) = ok$", line)
            trace.send_signal(signal.SIGINT)
            if trace.wait(TIMEOUT) != 0:
                raise Wrong(f"the trace ended with {trace.returncode}")
        guest.type(b"q")
        if guest.process.wait(TIMEOUT) != 0:
            raise Wrong("the guest did not go on well")


def a_trace_of_a_quiet_guest_goes_on(build):
    """Longer than a guest that is asked something may take for its answer."""
    with Guest(build, "echo") as guest:
        guest.wait_for(b"press keys")
        with subprocess.Popen([os.path.join(build, "sel4emu"), "trace", "--guest", guest.name],
                              stdout=subprocess.PIPE, text=True, start_new_session=True) as trace:
            time.sleep(10.5)
            guest.type(b"kq")
            said = trace.communicate(timeout=TIMEOUT)[0]
            if trace.returncode != 0:
                raise Wrong(f"the trace ended with {trace.returncode}")
            must_match(r"^ +1\d\.\d{6} rootserver ", said)


def a_guest_of_somebody_else_is_not_asked(build):
    """One that pretends to be ours."""
    if os.geteuid() != 0:
        return
    name = f"/{os.getpid()}/fake-{os.getpid()}"
    program = (f"import os, socket; os.setuid(65534); s = socket.socket(socket.AF_UNIX); "
               f"s.bind('\\0sel4emu/0{name}'); s.listen(); print(flush=True); "
               f"c = s.accept()[0]; c.sendall(b'ok\\nlies\\n')")
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as fake:
        fake.stdout.readline()
        done = run(build, "ps", "--guest", name.rsplit("/", 1)[1])
        fake.kill()
    if done.returncode == 0 or done.stdout:
        raise Wrong(f"it was believed: {done.stdout}")
    must_match(r"^sel4emu: fake-\d+ \(\d+\): Permission denied$", done.stderr)


def a_trace_that_nobody_reads_loses_lines_and_says_so(build):
    with Guest(build, "conformance") as guest:
        guest.wait_for(b"\n")
        client = guest.connect()
        client.sendall(b"trace\n")
        guest.wait_for(b"\nIPC0001")
        threading.Thread(target=guest.process.stdout.read).start()
        with client:
            trace = read_all(client)
        if not re.search(rb"^\(\d+ lines are lost\)$", trace, re.MULTILINE):
            raise Wrong(f"none of {len(trace)} bytes says so")


CASES = [an_idle_guest_answers, a_busy_guest_answers, every_view_answers_in_every_form,
         functions_of_a_child_program_have_names, guests_are_told_apart,
         a_guest_that_is_killed_leaves_no_name, requests_that_are_wrong_get_a_sentence,
         clients_that_do_nothing_are_dropped, a_flood_does_not_stall_the_guest, a_trace_comes_and_goes,
         the_trace_command_ends_and_the_guest_goes_on,
         a_trace_that_nobody_reads_loses_lines_and_says_so, a_trace_of_a_quiet_guest_goes_on,
         a_guest_of_somebody_else_is_not_asked]


def main():
    if len(sys.argv) < 2:
        print(__doc__)
        return 2
    build = os.path.abspath(sys.argv[1])
    command.become_reaper()
    failed = False
    for case in CASES:
        if sys.argv[2:] and case.__name__ not in sys.argv[2:]:
            continue
        wrong = None
        try:
            case(build)
        except Wrong as error:
            wrong = error
        failed = failed or wrong is not None
        print(f"{wrong}\nFAIL {case.__name__}" if wrong else f"ok {case.__name__}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
