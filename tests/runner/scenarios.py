# SPDX-License-Identifier: BSD-2-Clause
"""Scenarios: tests/scenario/*.scn. Each runs the command once and says what must come of it.

    # Why this scenario exists.
    image: hello                  a guest by name; bad:NAME, a file of bad_images.py; none;
                                  microkit:NAME, the guest as Microkit's tool would leave it
    program: sel4emu-qemu         the name under which the command is started, sel4emu if not given
    options: --until "All done"   words as a shell would split them. $IMAGE is replaced (where it
                                  does not stand the image comes last), and $DIR: a directory that
                                  is empty but for such an image; $ROOT is this project's
    kernel: iommu                 the guest was built for that one of guests/conformance/kernels
    qemu: -serial null            what QEMU needs to be the same machine (tests/oracle only)
    input: text\\n                 what is typed at the console
    status: 0                     exit status, 0 if not given
    expect: hello.txt             transcripts/hello.txt, compared after normalisation
    gdb: ipc-pair.gdb             `sel4emu debug` runs the image, and gdb gets gdb/ipc-pair.gdb typed
    gdb-options: -iex "set non-stop on"  more words for gdb
    trace: ipc-pair.txt           traces/ipc-pair.txt, compared with the error output in the same way
    stdout: REGEX                 some line of the output matches; may be repeated
    stdout-not: REGEX             none does
    stderr: REGEX                 some line of the error output matches; may be repeated
    stderr: none                  there is no error output
    without: CAP_SYS_RAWIO        a capability of root that the command does not have
    seats: one                    runs in the seat that is the default; else in each of seats.py, if
                                  it comes to a guest without a debugger
    timeout: 30                   seconds until the test gives up
    tags: sanitizer               run in the sanitizer build, too

Always required as well: the command ends by itself and leaves no process behind."""

import difflib
import os
import re
import shlex
import shutil
import tempfile

from scenario import bad_images, microkit_image, normalise

from . import command, conformance, seats

KEYS = {"image", "program", "options", "input", "status", "expect", "stdout", "stdout-not",
        "stderr", "timeout", "trace", "tags", "without", "kernel", "qemu", "gdb",
        "gdb-options", "seats"}
# Exit statuses of what ends before there is a guest.
NO_GUEST = {"2", "3"}


class Malformed(Exception):
    pass


def parse(path):
    """{key: [values]} of a scenario file."""
    scenario = {key: [] for key in KEYS}
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip() or line.startswith("#"):
                continue
            key, colon, value = line.partition(":")
            if not colon or key not in KEYS:
                raise Malformed(f"{path}:{number}: unknown line: {line.strip()}")
            scenario[key].append(value.strip())
    return scenario


def _one(scenario, key, default=""):
    values = scenario[key]
    if len(values) > 1:
        raise Malformed(f"'{key}' stands there twice")
    return values[0] if values else default


def seats_of(scenario):
    """{what its name says: options} of the seats that the scenario runs in."""
    image, options = _one(scenario, "image", "none"), _one(scenario, "options")
    if (_one(scenario, "seats") == "one" or image == "none" or scenario["program"] or
            _one(scenario, "status") in NO_GUEST or options.startswith("debug ")):
        return {"": []}
    return seats.SEATS


def command_line(scenario, build_dir, guests_build, scratch, seat=()):
    """The command's words; makes the image in the directory `scratch` if it is none of ours."""
    image = _one(scenario, "image", "none")
    kind, _, name = image.rpartition(":")
    path = None
    if kind == "bad":
        path = os.path.join(scratch, name)
        bad_images.make(name, command.find_image(guests_build, "hello"), path)
    elif image != "none":
        path = command.find_image(guests_build, name)
        if path is None:
            raise Malformed(f"there is no guest '{name}'")
    if kind == "microkit":
        path = microkit_image.make(path, scratch)
    options = _one(scenario, "options").replace("$DIR", scratch)
    options = options.replace("$ROOT", os.path.dirname(conformance.TESTS))
    words = shlex.split(options.replace("$IMAGE", path or ""))
    kernel = _one(scenario, "kernel")
    if kernel:
        words = conformance.Kernel(kernel).options() + words
    if path and "$IMAGE" not in _one(scenario, "options"):
        words.append(path)
    verb = [words.pop(0)] if words and words[0] in ("run", "trace") else []
    words = verb + list(seat) + words
    if scenario["gdb"]:
        words = ["debug"] + words + ["--", "-nx"] + shlex.split(_one(scenario, "gdb-options"))
    return [os.path.join(build_dir, _one(scenario, "program", "sel4emu"))] + words


def check(scenario, done, directory):
    """What is wrong with the outcome: a list of texts."""
    wrong = []
    if done.timed_out:
        wrong.append("it did not end")
    status = int(_one(scenario, "status", "0"))
    if done.status != status:
        wrong.append(f"exit status {done.status}, not {status}")
    if done.leftovers:
        wrong.append("left behind: " + "; ".join(done.leftovers))
    for stream, text in (("stdout", done.stdout), ("stderr", done.stderr)):
        for regex in scenario[stream]:
            if regex == "none":
                if text:
                    wrong.append(f"{stream} is not empty")
            elif not re.search(regex, text, re.MULTILINE):
                wrong.append(f"no line of {stream} matches: {regex}")
    for regex in scenario["stdout-not"]:
        if re.search(regex, done.stdout, re.MULTILINE):
            wrong.append(f"a line of stdout matches: {regex}")
    expected, trace = _one(scenario, "expect"), _one(scenario, "trace")
    if expected:
        wrong += compare(os.path.join(directory, "transcripts", expected), done.stdout,
                         until_text(scenario))
    if trace:
        wrong += compare(os.path.join(directory, "traces", trace), done.stderr)
    return wrong


def until_text(scenario):
    """What --until of the options waits for, or None."""
    words = shlex.split(_one(scenario, "options"))
    for word, following in zip(words, words[1:] + [""]):
        if word == "--until":
            return following
        if word.startswith("--until="):
            return word.partition("=")[2]
    return None


def compare(path, output, until=None):
    """[] if `output` is the transcript stored at `path`, else what differs."""
    if not os.path.exists(path):
        return [f"there is no transcript {path}"]
    with open(path, encoding="utf-8", newline="") as file:
        expected = normalise.lines(normalise.transcript_body(file.read()), until)
    got = normalise.lines(output, until)
    if got == expected:
        return []
    return ["the transcript differs:"] + list(
        difflib.unified_diff(expected, got, os.path.basename(path), "seen", lineterm=""))[:60]


def cannot_run(scenario):
    """Why this host cannot show what the scenario is about, or None."""
    if "CAP_SYS_RAWIO" in scenario["without"]:
        with open("/proc/sys/vm/mmap_min_addr", encoding="ascii") as file:
            if int(file.read()) == 0:
                return "vm.mmap_min_addr is 0: Linux refuses no address"
    uses_gdb = scenario["gdb"] or _one(scenario, "options").startswith("debug ")
    if uses_gdb and not shutil.which("gdb"):
        return "gdb is not installed (scripts/install-deps.sh all)"
    return None


def run(out, stage, root, build_dir, guests_build, only_tagged=None):
    directory = os.path.join(root, "tests", "scenario")
    if not os.path.exists(os.path.join(build_dir, "sel4emu")):
        out.fail(stage, "no command: src/cli has not been built")
        return
    names = sorted(name for name in os.listdir(directory) if name.endswith(".scn"))
    if not names:
        out.fail(stage, "there are no scenarios")
    for name in names:
        path = os.path.join(directory, name)
        label = f"{stage} {name[:-len('.scn')]}"
        try:
            scenario = parse(path)
            if only_tagged and only_tagged not in _one(scenario, "tags").split():
                continue
            why = cannot_run(scenario)
            if why:
                out.skip(label, why)
                continue
            for seat, words in seats_of(scenario).items():
                wrong = run_one(scenario, directory, build_dir, guests_build, words)
                out.note(label + seat, not wrong, "\n".join(wrong))
        except Malformed as error:
            out.note(label, False, str(error))


def run_one(scenario, directory, build_dir, guests_build, seat):
    """What is wrong, with what there is to know about it; [] if nothing is."""
    with tempfile.TemporaryDirectory() as scratch:
        arguments = command_line(scenario, build_dir, guests_build, scratch, seat)
        typed = _one(scenario, "input").encode().decode("unicode_escape")
        if scenario["gdb"]:
            with open(os.path.join(directory, "gdb", _one(scenario, "gdb")), encoding="utf-8") as file:
                typed = file.read()
        done = command.run(arguments, typed, int(_one(scenario, "timeout", "60")), cwd=scratch,
                           without=scenario["without"])
    wrong = check(scenario, done, directory)
    if wrong:
        wrong += [shlex.join(arguments), done.describe()]
        if not any("transcript differs" in text for text in wrong):
            wrong.append("stdout: " + done.stdout[-2000:])
    return wrong
