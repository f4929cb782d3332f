# SPDX-License-Identifier: BSD-2-Clause
"""Makes mutants of C sources: the same program with one check changed.

delete   an `if` without `else` and with a single statement never holds
negate   the condition of such an `if` is the opposite
drop     one operand of && or || is left out, in a condition or in what a function returns
bound    < is <=, >= is >, and so on
swap     of two such `if`s that follow each other the second comes first

All mutants of a file are in one text: each condition asks mutant_selected which of its variants it
is to be, so that everything is compiled once. A mutant has a number in that program, and a name
that does not depend on line numbers, so that a proof can refer to it."""

import hashlib
import re

FUNCTION = re.compile(r"^((?:static |const |struct |enum |union |unsigned )*\w+)\b[^;{}()=]*?"
                      r"\b(\w+)\([^;{}]*\)\s*\n\{", re.MULTILINE)
RELATION = re.compile(r"(?<![-<>=])(<=|>=|<|>)(?![<>=])")
OPPOSITE_BOUND = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
SELECTED = "mutant_selected"


class Mutant:
    def __init__(self, path, function, kind, line, old, new):
        self.path, self.function, self.kind, self.line = path, function, kind, line
        self.old, self.new = " ".join(old.split()), " ".join(new.split())
        self.name, self.number = "", 0

    def describe(self):
        return f"{self.name} {self.path}:{self.line} {self.function} {self.kind}: " \
               f"{self.old}  ->  {self.new or 'nothing'}"


def blank(text):
    """The text with comments, strings and directives blanked, character for character."""
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|^#(?:\\\n|[^\n])*'
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


class Condition:
    """What is tested, at [start, end), and the texts it can be instead, by mutant."""

    def __init__(self, start, end):
        self.start, self.end, self.variants = start, end, []


class Check:
    """if (condition) statement, at [start, end); the statement begins at body."""

    def __init__(self, start, condition, body, end):
        self.start, self.condition, self.body, self.end = start, condition, body, end
        self.before = []  # text for mutants that another check comes before


def operands(text, start, end):
    """(start, end) of the operands of && and || outside of brackets; and what brackets hold."""
    found, inner, at, first = [], [], start, start
    while at < end:
        if text[at] in "([":
            close = closing(text, at)
            inner.append((at + 1, close))
            at = close + 1
        elif text[at:at + 2] in ("&&", "||"):
            found.append((first, at))
            at += 2
            first = at
        else:
            at += 1
    return found + [(first, end)], inner


def drops(text, start, end):
    """(start, end) of what can be cut out of a condition to be without one operand."""
    found, inner = operands(text, start, end)
    if len(found) > 1 and "?" not in text[start:end]:
        yield found[0][0], found[1][0]
        for first, last in found[1:]:
            yield first - 2, last
    for span in inner:
        yield from drops(text, *span)


def has_comma(text):
    """Outside of brackets: several declarations."""
    at = 0
    while at < len(text) and text[at] != ",":
        at = closing(text, at) + 1 if text[at] in "([{" else at + 1
    return at < len(text)


class File:
    def __init__(self, path, text):
        self.path, self.text, self.code = path, text, blank(text)
        self.functions = [(m.start(), m.group(1), m.group(2))
                          for m in FUNCTION.finditer(self.code)]
        self.mutants, self.conditions, self.checks = [], [], []
        self.find()
        self.mutate()

    def function_at(self, at):
        """(type, name)"""
        before = [(kind, name) for start, kind, name in self.functions if start < at]
        return before[-1] if before else ("", "-")

    def find(self):
        for match in re.finditer(r"\b(if|while) \(", self.code):
            condition = Condition(match.end(), closing(self.code, match.end() - 1))
            self.conditions.append(condition)
            if match.group(1) == "if":
                self.find_check(match.start(), condition)
        for match in re.finditer(r"\b(return|bool \w+ =)\s([^;{}]*);", self.code):
            returns_truth = "bool" in self.function_at(match.start())[0].split()
            is_one = "?" not in match.group(2) and not has_comma(match.group(2))
            if is_one and (match.group(1) != "return" or returns_truth):
                self.conditions.append(Condition(*match.span(2)))

    def find_check(self, start, condition):
        body = condition.end + 1
        body += len(self.code[body:]) - len(self.code[body:].lstrip())
        if re.search(r"else\s*$", self.code[:start]) or \
                re.match(r"\{|(if|for|while|switch)\b", self.code[body:]):
            return
        end = statement_end(self.code, body)
        if not re.match(r"\s*else\b", self.code[end:]):
            self.checks.append(Check(start, condition, body, end))

    def add(self, kind, at, old, new):
        mutant = Mutant(self.path, self.function_at(at)[1], kind,
                        self.text.count("\n", 0, at) + 1, old, new)
        self.mutants.append(mutant)
        return mutant

    def mutate(self):
        for check in self.checks:
            c, whole = check.condition, self.text[check.start:check.end]
            c.variants.append((self.add("delete", check.start, whole, ""), "0"))
            old = self.text[c.start:c.end]
            c.variants.append((self.add("negate", check.start, old, f"!({old})"), f"!({old})"))
        for c in self.conditions:
            spans = [(first, last, " ") for first, last in drops(self.code, c.start, c.end)]
            spans += [(m.start(), m.end(), OPPOSITE_BOUND[m.group()])
                      for m in RELATION.finditer(self.code, c.start, c.end)]
            for first, last, new in spans:
                variant = self.text[c.start:first] + new + self.text[last:c.end]
                kind = "drop" if new == " " else "bound"
                mutant = self.add(kind, c.start, self.text[c.start:c.end], variant)
                c.variants.append((mutant, variant))
        for first, second in zip(self.checks, self.checks[1:]):
            if self.code[first.end:second.start].strip() == "" and \
                    self.code[:first.start].rstrip()[-1:] in ";{}":
                texts = [self.text[c.start:c.end] for c in (first, second)]
                mutant = self.add("swap", first.start, " ".join(texts), " ".join(reversed(texts)))
                condition = self.text[second.condition.start:second.condition.end]
                first.before.append((mutant, condition, self.text[second.body:second.end]))
                second.condition.variants.append((mutant, "0"))

    def program(self):
        """The text with all mutants in it; each is selected by its number. Lines stay in place."""
        edits = []
        for c in self.conditions:
            if c.variants:
                text = "".join(f"{SELECTED} == {m.number} ? !!({' '.join(v.split())}) : "
                               for m, v in c.variants)
                edits.append((c.start, c.end, f"{text}!!({self.text[c.start:c.end]})"))
        for check in self.checks:
            for mutant, condition, body in check.before:
                text = f"if ({SELECTED} == {mutant.number} && ({condition})) {body} "
                edits.append((check.start, check.start, " ".join(text.split()) + " "))
        text, at = f"extern int {SELECTED}; ", 0
        for start, end, new in sorted(edits):
            text += self.text[at:start] + new
            at = end
        return text + self.text[at:]


def number_all(files):
    """Numbers from 1, and names; the same change twice in a function gets another name."""
    seen, found = {}, [mutant for file in files for mutant in file.mutants]
    for number, mutant in enumerate(found, 1):
        key = "\0".join((mutant.path, mutant.function, mutant.kind, mutant.old, mutant.new))
        seen[key] = seen.get(key, 0) + 1
        digest = hashlib.sha1(f"{key}\0{seen[key]}".encode()).hexdigest()
        mutant.name, mutant.number = "M" + digest[:7], number
    return found
