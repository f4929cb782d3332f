#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""--serial with true pseudo terminals, sockets and files: clients come and go, nothing that the guest
prints is lost while somebody reads it in the end, nothing is left behind.

    tests/terminal/serial.py BUILD"""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
sys.path.insert(0, TESTS)

from runner import command  # noqa: E402

TIMEOUT = 30
KEYS = 40000  # so many that their echo fits no buffer


class Wrong(Exception):
    """What is wrong, in a sentence."""


class Emulator:
    """The command with a guest; its error output is a file, so that it never waits for us."""

    def __init__(self, build, guest, *options, stdin=subprocess.DEVNULL):
        self.ours = set(command.children())
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [os.path.join(build, "sel4emu"), *options, "--timeout", "60",
             command.find_image(build, guest)], stdin=stdin, stdout=subprocess.PIPE,
            stderr=self.errors, start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()
        command.reap(self.ours)

    def said(self):
        return os.pread(self.errors.fileno(), 1 << 20, 0).decode(errors="replace")

    def wait_for(self, regex):
        """The match in what it says of itself."""
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            found = re.search(regex, self.said(), re.MULTILINE)
            if found:
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        raise Wrong(f"it never said {regex!r}, but {self.said()!r}")

    def must_end(self, status):
        try:
            got = self.process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            raise Wrong("it did not end: " + self.said()) from None
        if got != status:
            raise Wrong(f"exit status {got}, not {status}: {self.said()}")
        left = command.reap(self.ours)
        if left:
            raise Wrong(f"left behind: {left}")


def read_until(read, text):
    """Reads until `text` has come or nothing more does; what came."""
    seen = b""
    while text not in seen:
        try:
            data = read(65536)
        except (OSError, socket.timeout) as error:
            raise Wrong(f"{text!r} did not come, but {seen[-200:]!r}: {error}") from None
        if not data:
            raise Wrong(f"{text!r} did not come, but the end behind {seen[-200:]!r}")
        seen += data
    return seen


def connect(address):
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    client = socket.socket(family, socket.SOCK_STREAM)
    client.settimeout(TIMEOUT)
    client.connect(address)
    return client


def clients_come_and_go(emulator, address):
    """One after the other; the last ends the guest."""
    with connect(address) as client:
        read_until(client.recv, b"press keys\r\n")
        client.sendall(b"a")
        read_until(client.recv, b"key 0x61\r\n")
    emulator.wait_for("the client has gone")
    with connect(address) as client:
        client.sendall(b"cq")
        read_until(client.recv, b"key 0x63\r\nkey 0x71\r\n")
        emulator.must_end(0)
    if emulator.said().count("a client is connected") != 2:
        raise Wrong(f"it does not say who is connected: {emulator.said()}")


def unix_socket(build, directory):
    path = os.path.join(directory, "com1")
    with Emulator(build, "echo", "--serial", f"unix:{path}") as emulator:
        emulator.wait_for("COM1: listens on ")
        clients_come_and_go(emulator, path)
    if os.path.exists(path):
        raise Wrong("the socket is still there")


def tcp_socket(build, _):
    with Emulator(build, "echo", "--serial", "tcp:0") as emulator:
        port = int(emulator.wait_for(r"COM1: listens on 127\.0\.0\.1:(\d+)$").group(1))
        with Emulator(build, "echo", "--serial", f"tcp:{port}") as second:
            second.must_end(5)
            if f"--serial tcp:{port}: the port is in use" not in second.said():
                raise Wrong(f"it does not say that the port is in use: {second.said()}")
        clients_come_and_go(emulator, ("127.0.0.1", port))


def pseudo_terminal(build, _):
    with Emulator(build, "echo", "--serial", "pty") as emulator:
        name = emulator.wait_for(r"COM1: is (/dev/pts/\d+)$").group(1)
        for keys, answer in ((b"\x03\n", b"key 0x03\r\nkey 0x0a\r\n"), (b"q", b"key 0x71\r\n")):
            terminal = os.open(name, os.O_RDWR | os.O_NOCTTY)
            os.write(terminal, keys)
            read_until(lambda size, fd=terminal: os.read(fd, size), answer)
            os.close(terminal)
        emulator.must_end(0)


def file_and_standard_input(build, directory):
    """COM1 is a file; COM2, standard input and output, is silent; the guest waits for COM1 alone."""
    path = os.path.join(directory, "log")
    with Emulator(build, "echo", "--serial", f"file:{path}", "--serial", "stdio",
                  stdin=subprocess.PIPE) as emulator:
        emulator.process.stdin.close()
        emulator.must_end(7)
        if emulator.process.stdout.read():
            raise Wrong("standard output is not silent")
    with open(path, "rb") as file:
        if b"press keys\r\n" not in file.read():
            raise Wrong("the file lacks the guest's output")


def a_path_that_exists(build, directory):
    path = os.path.join(directory, "precious")
    with open(path, "w", encoding="utf-8") as file:
        file.write("data")
    with Emulator(build, "echo", "--serial", f"unix:{path}") as emulator:
        emulator.must_end(5)
        if "it exists" not in emulator.said() or not os.path.isfile(path):
            raise Wrong(f"a file that was there: {emulator.said()}")


def output_waits_for_a_client(build, directory):
    """What was printed before anybody came is there for the first who comes."""
    path = os.path.join(directory, "com1")
    with Emulator(build, "echo", "--serial", f"unix:{path}") as emulator:
        emulator.wait_for("listens on")
        time.sleep(0.5)
        with connect(path) as client:
            if not read_until(client.recv, b"press keys\r\n").startswith(b"b: busy for ever\r\n"):
                raise Wrong("the first lines are lost")
            client.sendall(b"q")
            emulator.must_end(0)


def output_that_nobody_reads(build, directory):
    """More than the buffer: the guest waits, which is said, and can be ended."""
    path = os.path.join(directory, "com1")
    with Emulator(build, "conformance", "--serial", f"unix:{path}") as emulator:
        emulator.wait_for("COM1: nobody reads it, and it is full: the guest waits")
        emulator.process.send_signal(signal.SIGTERM)
        emulator.must_end(128 + signal.SIGTERM)
        emulator.wait_for("COM1: nobody has read the last 65536 bytes: they are lost")
    if os.path.exists(path):
        raise Wrong("the socket is still there")


def a_slow_client_loses_nothing(build, directory):
    path = os.path.join(directory, "com1")
    with Emulator(build, "echo", "--serial", f"unix:{path}") as emulator:
        emulator.wait_for("listens on")
        with connect(path) as client:
            sender = threading.Thread(target=client.sendall, args=(b"a" * KEYS + b"q",))
            sender.start()
            time.sleep(1)  # meanwhile all buffers are full
            seen = read_until(client.recv, b"key 0x71\r\n")
            sender.join()
        emulator.must_end(0)
    if seen.count(b"key 0x61\r\n") != KEYS:
        raise Wrong(f"{seen.count(b'key 0x61')} lines of {KEYS}")


def a_long_file_as_input(build, directory):
    path = os.path.join(directory, "keys")
    with open(path, "wb") as file:
        file.write(b"a" * 5000 + b"q")
    with open(path, "rb") as keys, Emulator(build, "echo", stdin=keys) as emulator:
        output = emulator.process.stdout.read()
        emulator.must_end(0)
    if output.count(b"key 0x61\n") != 5000:
        raise Wrong(f"{output.count(b'key 0x61')} lines of 5000")


CASES = [unix_socket, tcp_socket, pseudo_terminal, file_and_standard_input, a_path_that_exists,
         output_waits_for_a_client, output_that_nobody_reads, a_slow_client_loses_nothing,
         a_long_file_as_input]


def main():
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    build = os.path.abspath(sys.argv[1])
    command.become_reaper()
    failed = False
    for case in CASES:
        wrong = None
        with tempfile.TemporaryDirectory() as directory:
            try:
                case(build, directory)
            except Wrong as error:
                wrong = error
        failed = failed or wrong is not None
        print(f"{wrong}\nFAIL {case.__name__}" if wrong else f"ok {case.__name__}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
