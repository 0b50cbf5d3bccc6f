#!/usr/bin/env python3
"""Verifies an exported ledger with nothing but Python's standard library.

It shares no code with Writ: the format alone must be enough to check what Writ says. Usage:

    verify_export.py EXPORT.ndjson TENANT/LEDGER [ANCHORS.ndjson]

Prints `ok` with count and head, or the first finding. Exit code 0: ok, 4: integrity broken, 2: wrong usage.
"""
import hashlib
import json
import sys

SPLICE = ',"position":'


class Broken(Exception):
    """The first thing that is not as the format says."""


def sha256(data):
    return hashlib.sha256(data).digest()


def no_duplicates(pairs):
    """Names of an object rise strictly in UTF-16 code units (RFC 8785, 3.2.3): in order, and none twice."""
    units = [name.encode("utf-16-be", "surrogatepass") for name, _ in pairs]
    if any(before >= after for before, after in zip(units, units[1:])):
        raise Broken("NOT_CANONICAL: names are not in order or stand twice")
    return dict(pairs)


def refuse_constant(name):
    raise Broken("NOT_CANONICAL: %s is no number" % name)


def ecmascript(number):
    """The text that ECMAScript gives a double (RFC 8785, 3.2.2.3); Python finds the same digits, and writes others."""
    if number == 0:
        return "0"
    sign = "-" if number < 0 else ""
    mantissa, _, power = ("%r" % abs(number)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    # 0.DIGITS * 10^point
    point = len(whole) + int(power or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    count = len(digits)
    if count <= point <= 21:
        return sign + digits + "0" * (point - count)
    if 0 < point <= 21:
        return sign + digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    exponent = "e%+d" % (point - 1)
    return sign + digits[0] + ("." + digits[1:] if count > 1 else "") + exponent


def canonical(value):
    """The RFC 8785 text of a value whose names are in order already."""
    if isinstance(value, dict):
        return "{" + ",".join(canonical(name) + ":" + canonical(value[name]) for name in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, (int, float)):
        return ecmascript(float(value))
    return json.dumps(value, ensure_ascii=False)


def parse(text):
    """The entry, which must be its own canonical text."""
    try:
        entry = json.loads(text, object_pairs_hook=no_duplicates, parse_constant=refuse_constant)
        if canonical(entry) != text:
            raise Broken("NOT_CANONICAL: the text is not its own canonical form")
    except (ValueError, OverflowError, RecursionError) as error:
        raise Broken("NOT_CANONICAL: %s" % error)
    return entry


class Tree:
    """The root of an RFC 6962 tree, leaf by leaf: one hash for each perfect subtree on the right edge."""

    def __init__(self):
        self.peaks = []

    def push(self, leaf):
        size, peak = 1, leaf
        while self.peaks and self.peaks[-1][0] == size:
            peak = sha256(b"\x01" + self.peaks.pop()[1] + peak)
            size *= 2
        self.peaks.append((size, peak))

    def root(self):
        if not self.peaks:
            return sha256(b"")
        root = self.peaks[-1][1]
        for _, peak in reversed(self.peaks[:-1]):
            root = sha256(b"\x01" + peak + root)
        return root


def check_entry(text, ledger, position, prev):
    entry = parse(text)
    if not isinstance(entry, dict) or SPLICE not in text or entry.get("v") != 1:
        raise Broken("SCHEMA: this is no entry of format 1")
    if entry.get("ledger") != ledger:
        raise Broken("SCHEMA: the entry belongs to ledger %s" % entry.get("ledger"))
    if entry.get("position") != position:
        raise Broken("SEQ_GAP: found position %s" % entry.get("position"))
    if entry.get("prev") != prev.hex():
        raise Broken("CHAIN_LINK: prev is not the hash of the entry before")


def verify(lines, ledger, anchors):
    prev = sha256(b"writ/v1/genesis\x00" + ledger.encode())
    tree, position = Tree(), 0
    for line in lines:
        position += 1
        try:
            text = line.decode("utf-8")
            if not text.endswith("\n"):
                raise Broken("SCHEMA: the line is cut short")
            check_entry(text[:-1], ledger, position, prev)
        except (Broken, UnicodeDecodeError) as error:
            raise Broken("position %d: %s" % (position, error))
        prev = sha256(b"\x00" + line[:-1])
        tree.push(prev)
        if anchors.get(position, tree.root().hex()) != tree.root().hex():
            raise Broken("position %d: ROOT_MISMATCH: an anchor has another root" % position)
    if anchors and max(anchors) > position:
        raise Broken("position %d: SIZE_REGRESSION: an anchor has size %d" % (position, max(anchors)))
    return position, prev.hex()


def read_anchors(path, ledger):
    """Size -> root of the lines whose origin ends in the ledger's name; a last line cut by a crash is left out."""
    with open(path, encoding="utf-8") as file:
        lines = [line for line in file if line.endswith("\n")]
    anchors = [json.loads(line) for line in lines]
    return {a["size"]: a["root"] for a in anchors if a["origin"].endswith("/" + ledger)}


def main(arguments):
    if len(arguments) not in (2, 3):
        print(__doc__)
        return 2
    export, ledger = arguments[:2]
    anchors = read_anchors(arguments[2], ledger) if len(arguments) == 3 else {}
    try:
        with open(export, "rb") as lines:
            count, head = verify(lines, ledger, anchors)
    except Broken as finding:
        print("broken: %s" % finding)
        return 4
    print("ok: %d entries, head %s" % (count, head))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
