# SPDX-License-Identifier: BSD-2-Clause
"""Makes mutants of C sources: the same file with one check changed.

delete   an `if` without `else` and with a single statement is left out
negate   the condition of such an `if` is the opposite
drop     one operand of && or || is left out, in a condition or in what a function returns
bound    < is <=, >= is >, and so on
swap     two such `if`s that follow each other change places

A mutant is known by a name that does not depend on line numbers, so that a proof can refer to it."""

import hashlib
import re

FUNCTION = re.compile(r"^[a-z][^;{}()]*?\b(\w+)\([^;{}]*\)\s*\n\{", re.MULTILINE)
RELATION = re.compile(r"(?<![-<>=])(<=|>=|<|>)(?![<>=])")
OPPOSITE_BOUND = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}


class Mutant:
    def __init__(self, path, function, kind, line, old, new, text):
        self.path, self.function, self.kind, self.line = path, function, kind, line
        self.old, self.new = " ".join(old.split()), " ".join(new.split())
        self.text = text  # of the whole file
        self.name = ""

    def describe(self):
        return f"{self.name} {self.path}:{self.line} {self.function} {self.kind}: " \
               f"{self.old}  ->  {self.new or 'nothing'}"


def blank(text):
    """The text with comments and strings blanked, character for character."""
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|^#[^\n]*'
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m.group()), text,
                  flags=re.DOTALL | re.MULTILINE)


def closing(text, at):
    """Of the bracket at `at`."""
    depth = 0
    for i in range(at, len(text)):
        depth += text[i] in "([{"
        depth -= text[i] in ")]}"
        if depth == 0:
            return i
    return len(text)


def statement_end(text, at):
    """Behind the `;` that ends the statement at `at`."""
    while at < len(text) and text[at] != ";":
        at = closing(text, at) if text[at] in "([{" else at + 1
    return at + 1


class Check:
    """if (condition) statement"""

    def __init__(self, start, condition, body, end):
        self.start, self.condition, self.body, self.end = start, condition, body, end


def find_checks(text):
    """The single-statement `if`s without `else`."""
    checks = []
    for match in re.finditer(r"\bif \(", text):
        if re.search(r"else\s*$", text[:match.start()]):
            continue
        opening = match.end() - 1
        close = closing(text, opening)
        body = close + 1 + len(text[close + 1:]) - len(text[close + 1:].lstrip())
        if text[body] == "{" or re.match(r"(if|for|while|switch)\b", text[body:]):
            continue
        end = statement_end(text, body)
        if not re.match(r"\s*else\b", text[end:]):
            checks.append(Check(match.start(), (opening + 1, close), body, end))
    return checks


def find_conditions(text):
    """(start, end) of what is tested: conditions, and what functions return as a truth."""
    spans = []
    for match in re.finditer(r"\b(?:if|while) \(", text):
        spans.append((match.end(), closing(text, match.end() - 1)))
    for match in re.finditer(r"\breturn ([^;]*);", text):
        if re.search(r"&&|\|\||[<>]=?", match.group(1)) and "{" not in match.group(1):
            spans.append(match.span(1))
    for match in re.finditer(r"\bbool \w+ =\s([^;]*);", text):
        spans.append(match.span(1))
    return spans


def operands(text, start, end):
    """(operator or "", start, end) of the operands of && and || outside of brackets, and within."""
    found, at, first, operator = [], start, start, ""
    inner = []
    while at < end:
        if text[at] in "([":
            close = closing(text, at)
            inner.append((at + 1, close))
            at = close + 1
        elif text[at:at + 2] in ("&&", "||"):
            found.append((operator, first, at))
            operator, at = text[at:at + 2], at + 2
            first = at
        else:
            at += 1
    found.append((operator, first, end))
    return found, inner


def drops(text, start, end):
    """(start, end) of what can be cut out of a condition to be without one operand."""
    found, inner = operands(text, start, end)
    if len(found) > 1 and "?" not in text[start:end]:
        for i, (_, first, last) in enumerate(found):
            if i == 0:
                following = found[1][1]
                yield first, following
            else:
                yield first - 2, last
    for span in inner:
        yield from drops(text, *span)


class File:
    def __init__(self, path, text):
        self.path, self.text, self.code = path, text, blank(text)
        self.functions = [(m.start(), m.group(1)) for m in FUNCTION.finditer(self.code)]

    def function_at(self, at):
        before = [name for start, name in self.functions if start < at]
        return before[-1] if before else "-"

    def replace(self, kind, start, end, new, old=None):
        """The lines stay where they are, for assertions know theirs."""
        lost = self.text[start:end].count("\n") - new.count("\n")
        text = self.text[:start] + new + "\n" * max(lost, 0) + self.text[end:]
        return Mutant(self.path, self.function_at(start), kind, self.text.count("\n", 0, start) + 1,
                      old or self.text[start:end], new, text)

    def mutants(self):
        checks = find_checks(self.code)
        for check in checks:
            yield self.replace("delete", check.start, check.end, ";",
                               self.text[check.start:check.end])
            start, end = check.condition
            condition = self.text[start:end]
            if "," not in self.code[start:end] or "=" not in re.sub("[=!<>]=", "", condition):
                yield self.replace("negate", start, end, f"!({condition})")
        for first, second in zip(checks, checks[1:]):
            if self.code[first.end:second.start].strip() == "":
                texts = [self.text[c.start:c.end] for c in (first, second)]
                between = self.text[first.end:second.start]
                yield self.replace("swap", first.start, second.end, texts[1] + between + texts[0])
        for start, end in find_conditions(self.code):
            for first, last in drops(self.code, start, end):
                mutant = self.replace("drop", first, last, " ")
                mutant.old, mutant.new = (" ".join(t.split()) for t in (
                    self.text[start:end], self.text[start:first] + " " + self.text[last:end]))
                yield mutant
            for match in RELATION.finditer(self.code, start, end):
                new = OPPOSITE_BOUND[match.group()]
                mutant = self.replace("bound", match.start(), match.end(), new)
                mutant.old, mutant.new = (" ".join(t.split()) for t in (
                    self.text[start:end],
                    self.text[start:match.start()] + new + self.text[match.end():end]))
                yield mutant


def name_all(mutants):
    """Short names; the same change twice in a function gets a number."""
    seen = {}
    for mutant in mutants:
        key = "\0".join((mutant.path, mutant.function, mutant.kind, mutant.old, mutant.new))
        seen[key] = seen.get(key, 0) + 1
        digest = hashlib.sha1(f"{key}\0{seen[key]}".encode()).hexdigest()
        mutant.name = "M" + digest[:7]
    return mutants


def make(path, text):
    found = []
    for mutant in File(path, text).mutants():
        if mutant.text != text:
            found.append(mutant)
    return found
