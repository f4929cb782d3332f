# SPDX-License-Identifier: BSD-2-Clause
"""Where the kernel refuses: reads src/ and finds each place that makes an error's answer, and from
which methods it can be reached. Nothing here is a list kept by hand: the methods come from
src/abi/invocations.def, the places and the ways to them from the code itself.

A *site* is a call of answer_ERROR() or of lookup_FAILURE(), in a statement of its own: whoever counts
how often lines run counts the site then. An initialiser or an arm of ?: would run without refusing
anything: those are problems."""

import glob
import os
import re

ERRORS = {
    "answer_invalid_argument": "InvalidArgument",
    "answer_invalid_capability": "InvalidCapability",
    "answer_illegal_operation": "IllegalOperation",
    "answer_range_error": "RangeError",
    "answer_alignment_error": "AlignmentError",
    "answer_failed_lookup": "FailedLookup",
    "answer_truncated_message": "TruncatedMessage",
    "answer_delete_first": "DeleteFirst",
    "answer_revoke_first": "RevokeFirst",
    "answer_not_enough_memory": "NotEnoughMemory",
    "lookup_invalid_root": "FailedLookup",
    "lookup_missing_capability": "FailedLookup",
    "lookup_depth_mismatch": "FailedLookup",
    "lookup_guard_mismatch": "FailedLookup",
}
SITE = re.compile(r"\b(" + "|".join(ERRORS) + r")\(")
CALL = re.compile(r"(?<![\w>.])([a-z_]\w*)\(")
OPERATION = re.compile(r"->(\w+)\(")
METHOD = re.compile(r"\bINV_(\w+)\b")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
# What a refusal comes back through.
ANSWERS = re.compile(r"\bstruct (answer|resolution|lookup_failure) ")
# Where they are; cap/answer.c defines the functions themselves.
LAYERS = ("cap", "mem", "ipc", "object", "kernel")
NOT_OURS = re.compile(r"/(test|testkit|fuzz)_[^/]*$|/cap/answer\.c$")


class Function:
    """One function: its file, its name, what stands before it, {line number: text} of its body."""

    def __init__(self, file, head, body):
        self.file, self.name, self.body = file, re.search(r"(\w+)\(", head).group(1), body
        self.is_static = head.startswith("static ")
        self.gives_answer = bool(ANSWERS.search(head.partition("(")[0]))
        self.sites = []

    def text(self, lines=None):
        return "\n".join(self.body[i] for i in (self.body if lines is None else lines))


class Site:
    def __init__(self, function, lines, maker, statement, number):
        self.function, self.lines, self.maker = function, lines, maker
        self.error = ERRORS[maker]
        self.number = number  # among the function's sites
        said = STRING.findall(statement)
        self.reason = "".join(text[1:-1] for text in said if " " in text)

    def name(self):
        return f"{self.function.name}/{self.number}"


def _without_comments(text):
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))

    return re.sub(r"/\*.*?\*/|//[^\n]*", blank, text, flags=re.DOTALL)


class Source:
    """What src/ says."""

    def __init__(self, root):
        self.root = root
        self.functions = {}  # (file, name): Function
        self.by_name = {}    # name: [Function]
        self.tables = {}     # (file, name of a table): its text
        self.operations = {}  # field of an operations table: {name of a function}
        self.problems = []
        for layer in LAYERS:
            for path in sorted(glob.glob(os.path.join(root, "src", layer, "*.c"))):
                if not NOT_OURS.search(path):
                    self._read(os.path.relpath(path, root))
        self.methods = self._read_methods()

    def _read(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8") as file:
            lines = _without_comments(file.read()).split("\n")
        start, head = None, []
        for number, line in enumerate(lines, 1):
            if line == "{":
                start = number
            elif line == "}" and start:
                self._add_function(path, " ".join(head),
                                   {i: lines[i - 1] for i in range(start + 1, number)})
                start, head = None, []
            elif line == "};":
                self._add_table(path, " ".join(head))
                head = []
            elif not start:
                head = [] if line == "" or line.startswith("#") or line.endswith(");") \
                    else head + [line]

    def _add_table(self, path, text):
        name = re.search(r"(\w+)(?:\[\w*\])?\)?(?:\([^=]*\))?\s*=", text)
        if not name:
            return
        self.tables[(path, name.group(1))] = text
        for field, function in re.findall(r"\.(\w+) = ([a-z]\w*)\b", text):
            self.operations.setdefault(field, set()).add(function)

    def _add_function(self, path, head, body):
        function = Function(path, head, body)
        self.functions[(path, function.name)] = function
        self.by_name.setdefault(function.name, []).append(function)
        self._find_sites(function)

    def _find_sites(self, function):
        statement, from_line = "", 0
        numbers = sorted(function.body)
        for number in numbers:
            line = function.body[number]
            if not statement:
                from_line = number
            statement += line.strip() + " "
            if line.rstrip().endswith((";", "{", "}", ":")) or _condition_ends(statement):
                self._sites_of_statement(function, statement, from_line, number)
                statement = ""

    def _sites_of_statement(self, function, statement, first, last):
        found = []
        for number in range(first, last + 1):
            for match in SITE.finditer(function.body.get(number, "")):
                if match.group(1).startswith("lookup_") and "answer_failed_lookup" in statement:
                    continue
                if re.search(r"answer_failed_lookup\(\w+, [\w.]*failure\)", statement) and \
                        "k->" not in statement:
                    continue  # passes on what another site has made
                found.append((number, match.group(1)))
        if not found:
            return
        where = f"{function.file}:{first}"
        if len(found) > 1:
            self.problems.append(f"{where}: two refusals in one statement")
        if "?" in STRING.sub("", statement) and not re.search(r"\? *kind|\? *\"", statement):
            self.problems.append(f"{where}: a refusal in an arm of ?:")
        if re.match(r"(static )?(const )?struct \w+ \w+ =", statement):
            self.problems.append(f"{where}: a refusal that may not be given")
        for _, maker in found:
            site = Site(function, range(first, last + 1), maker, statement,
                        len(function.sites) + 1)
            function.sites.append(site)

    def _read_methods(self):
        """{id: libsel4's name} in order, of methods that any configuration has."""
        with open(os.path.join(self.root, "src", "abi", "invocations.def"),
                  encoding="utf-8") as file:
            text = _without_comments(file.read())
        plain = re.findall(r'\bINVOCATION\((\w+), "(\w+)"', text)
        conditional = re.findall(r'\bINVOCATION_IF\((\w+), (\w+),\s*"(\w+)"', text)
        renamed = re.findall(r'\bINVOCATION_VARIANT\(\w+, (\w+),\s*"(\w+)"', text)
        order = {m: i for i, m in enumerate(re.findall(r"\bINVOCATION(?:_IF\(\w+, |\()(\w+),", text))}
        found = dict(plain) | {method: name for _, method, name in conditional} | dict(renamed)
        self.conditions = {method: condition for condition, method, _ in conditional}
        return dict(sorted(found.items(), key=lambda item: order[item[0]]))

    # --- who calls whom ------------------------------------------------------------------------

    def named(self, file, name):
        """The functions that `name` means in a file: its own first."""
        own = self.functions.get((file, name))
        return [own] if own else [f for f in self.by_name.get(name, []) if not f.is_static]

    def callees(self, function, text):
        """Whose answers the text of `function` may pass on."""
        found = []
        for name in CALL.findall(STRING.sub("", text)):
            found += self.named(function.file, name)
        for field in OPERATION.findall(text):
            for name in sorted(self.operations.get(field, ())) if field != "invoke" else ():
                found += self.by_name.get(name, [])
        return [f for f in found if f.gives_answer and f is not function]

    def reachable(self, functions):
        seen, todo = [], list(functions)
        while todo:
            function = todo.pop()
            if function not in seen:
                seen.append(function)
                todo += self.callees(function, function.text())
        return seen

    def sites(self):
        for function in self.functions.values():
            yield from function.sites

    def dispatchers(self):
        """[(Function, {method: lines that it runs}, lines that run for any other label)]."""
        for function in list(self.functions.values()):
            if not function.file.startswith("src/object/"):
                continue
            split = _split(self, function)
            if split:
                yield (function,) + split

    def refusals(self, function, lines, more=()):
        """What those lines of `function`, and the functions `more`, can answer."""
        found = [s for s in function.sites if s.lines[0] in lines]
        for reached in self.reachable(self.callees(function, function.text(lines)) + list(more)):
            found += [s for s in reached.sites if s not in found]
        return found

    def rows(self):
        """{method: [Site]}: what can refuse it, and {type's function: [Site]} for other labels."""
        methods, others = {}, {}
        for function, parts, other in self.dispatchers():
            others[function.name] = self.refusals(function, other)
            for method, (lines, more) in parts.items():
                known = methods.setdefault(method, [])
                known += [s for s in self.refusals(function, lines, more) if s not in known]
        return methods, others


def _condition_ends(statement):
    """Whether `if (...)` is complete: what follows is a statement of its own."""
    if not re.match(r"(} )?(else )?(if|for|while|switch) \(", statement):
        return False
    return statement.count("(") == statement.count(")")


def _statement_after(function, number):
    """The lines of the statement that follows line `number`."""
    lines = []
    for i in sorted(n for n in function.body if n > number):
        lines.append(i)
        if function.body[i].rstrip().endswith(";"):
            break
    return lines


def _split(source, function):
    """How a function that looks at call->method divides its lines among methods."""
    text = function.text()
    if "call->method" not in text:
        return None
    every = sorted(function.body)
    compared = re.compile(r"if \(call->method (==|!=) (\w+->)?(\w+)\)")
    array = re.search(r"if \(!(\w+)\[call->method\]\)", text)
    if "switch (call->method)" in text:
        return _split_switch(function, every)
    if array:
        table = source.tables[(function.file, array.group(1))]
        start = next(n for n in every if array.group(0) in function.body[n])
        other = _statement_after(function, start)
        lines = [n for n in every if n not in other]
        parts = {}
        for method, name in re.findall(r"\[INV_(\w+)\] = (\w+)", table):
            parts[method] = (lines, source.named(function.file, name))
        return parts, other
    conditions = [(n, compared.search(function.body[n])) for n in every
                  if compared.search(function.body[n])]
    if conditions and conditions[0][1].group(1) == "!=":
        other = _statement_after(function, conditions[0][0])
        method = METHOD.search(conditions[0][1].group(0)).group(1)
        return {method: ([n for n in every if n not in other], [])}, other
    if conditions:
        return _split_fields(source, function, every, conditions)
    return _split_table(source, function, every)


def _split_switch(function, every):
    start = next(n for n in every if "switch (call->method)" in function.body[n])
    before = [n for n in every if n < start]
    parts, current, other, lines = {}, [], [], None
    for number in (n for n in every if n > start):
        line = function.body[number]
        labels = METHOD.findall(line) if "case " in line else []
        if labels or "default:" in line:
            if lines is None or lines:
                current, lines = [], []
            current += labels or ["default"]
            continue
        if not current:
            continue
        lines.append(number)
        for method in current:
            if method == "default":
                other.append(number)
            else:
                parts.setdefault(method, (before + [], []))[0].append(number)
    return parts, other


def _split_fields(source, function, every, conditions):
    """if (call->method == kind->map) ...: which methods these are, tables of the file say."""
    parts, taken = {}, []
    for number, match in conditions:
        lines = _statement_after(function, number)
        taken += [number] + lines
        for (path, _), text in source.tables.items():
            if path == function.file:
                for method in re.findall(rf"\.{match.group(3)} = INV_(\w+)", text):
                    parts[method] = (lines, [])
    return parts, [n for n in every if n not in taken]


def _split_table(source, function, every):
    """A search in a table of methods; `if (!method)` is what any other label gets."""
    start = next((n for n in every if re.search(r"if \(!\w+\)", function.body[n])), None)
    other = _statement_after(function, start) if start else []
    lines = [n for n in every if n not in other]
    parts = {}
    for (path, _), text in source.tables.items():
        if path == function.file:
            for method in METHOD.findall(text):
                parts[method] = (lines, [])
    return parts, other
