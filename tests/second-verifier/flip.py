"""Flips bits of a bundle and asks the second verifier each time: `flip.py FILE SEED N`; N = all: every bit of every byte. Prints one JSON line.

Each flip is tried where the verifier stands after all records before it, on a copy; what it takes in is then checked to the end."""

import copy
import json
import random
import sys

from verify import MAGIC, RECORD_MAX, Changed, Verifier, records


def refuses(state, data, at):
    """Whether the verifier in this state refuses the bytes from `at` on."""
    verifier = copy.copy(state)
    for name in ("devices", "used", "found", "files", "times", "origins", "case"):
        setattr(verifier, name, copy.copy(getattr(state, name)))
    # Shared until written to: a step is added only when everything else of its record has held.
    first = True
    while at < len(data):
        if len(data) - at < 4:
            return True
        n = int.from_bytes(data[at : at + 4], "big")
        if not 1 <= n <= RECORD_MAX or len(data) - at - 4 < n:
            return True
        if not first:
            verifier.units = {unit: dict(steps) for unit, steps in verifier.units.items()}
            verifier.tree = copy.deepcopy(verifier.tree)
        try:
            verifier.record(data[at + 4 : at + 4 + n])
        except Changed:
            return True
        first = False
        at += 4 + n
    return not verifier.ended


def main(path, seed, wanted):
    with open(path, "rb") as file:
        data = file.read()
    total = len(data) * 8
    if wanted == "all":
        flips = range(total)
    else:
        flips = sorted(random.Random(int(seed)).sample(range(total), min(total, int(wanted))))
    starts = [at for at, _ in records(data)]
    state, at, tried, accepted, magic = Verifier(), 0, 0, [], 0
    for flip in flips:
        byte, bit = flip >> 3, flip & 7
        bad = bytearray(data)
        bad[byte] ^= 1 << bit
        tried += 1
        if byte < len(MAGIC):
            magic += 1
            continue
        while at + 1 < len(starts) and starts[at + 1] <= byte:
            n = int.from_bytes(data[starts[at] : starts[at] + 4], "big")
            state.record(data[starts[at] + 4 : starts[at] + 4 + n])
            at += 1
        if not refuses(state, bytes(bad), starts[at]):
            accepted.append(flip)
    print(json.dumps({"bytes": len(data), "tried": tried, "of": total, "magic": magic, "accepted": len(accepted), "which": accepted[:5]}))


main(*sys.argv[1:4])
