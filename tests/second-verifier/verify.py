#!/usr/bin/env python3
"""A second verifier of bundles, written from docs/ledger.md alone, with nothing but Python's standard library.

    python3 verify.py FILE [--head FILE] [--key FINGERPRINT ...]

Exit 0: nothing found, 1: changed, 2: no bundle. Shares no code and no library with the first one, so that a fault of one
is seen by the other.
"""

import base64
import hashlib
import re
import sys

MAGIC = b"niem.bundle/1\n"
RECORD_MAX = 80_000
ENTRY_MAX = 65_536


class Changed(Exception):
    """What was found, by the name the first verifier gives it too."""


def sha256(data):
    return hashlib.sha256(data).digest()


# --- Canonical bytes (section 1) ---------------------------------------------------------------------------------------

KEY = re.compile(rb"\A[\x20-\x7e]{1,64}\Z")
INTEGER = re.compile(rb"\A(0|-?[1-9][0-9]*)\Z")


class Canonical:
    """Reads one value; `spans` of a list's members are kept so that a claim can be cut out as it was signed."""

    def __init__(self, data, limit):
        if len(data) > limit:
            raise ValueError("too long")
        self.data, self.at = data, 0

    def whole(self):
        value = self.value(0)
        if self.at != len(self.data):
            raise ValueError("bytes left over")
        return value

    def count(self):
        n = 0
        for shift in range(0, 35, 7):
            if self.at >= len(self.data):
                raise ValueError("cut short")
            byte = self.data[self.at]
            self.at += 1
            n |= (byte & 127) << shift
            if byte < 128:
                if byte == 0 and shift > 0:
                    raise ValueError("count not shortest")
                return n
        raise ValueError("count too long")

    def take(self, n):
        if self.at + n > len(self.data):
            raise ValueError("cut short")
        part = self.data[self.at : self.at + n]
        self.at += n
        return part

    def value(self, depth):
        if depth > 16:
            raise ValueError("too deep")
        tag = self.take(1)
        n = self.count()
        if tag in (b"n", b"t", b"f"):
            if n:
                raise ValueError("content where there may be none")
            return {b"n": None, b"t": True, b"f": False}[tag]
        if tag == b"i":
            text = self.take(n)
            if not INTEGER.match(text) or abs(int(text)) > 2**53 - 1:
                raise ValueError("integer")
            return int(text)
        if tag == b"s":
            return self.take(n).decode("utf-8")
        if tag == b"b":
            return bytes(self.take(n))
        if tag == b"l":
            members = List()
            for _ in range(n):
                start = self.at
                members.append(self.value(depth + 1))
                members.spans.append((start, self.at))
            return members
        if tag == b"m":
            members, last = {}, b""
            for _ in range(n):
                key = self.value(depth + 1)
                if not isinstance(key, str) or not KEY.match(key.encode()) or key.encode() <= last:
                    raise ValueError("keys")
                last = key.encode()
                members[key] = self.value(depth + 1)
            return members
        raise ValueError("unknown tag")


class List(list):
    def __init__(self):
        super().__init__()
        self.spans = []


def canonical_list(data):
    value = Canonical(data, RECORD_MAX).whole()
    if not isinstance(value, List):
        raise ValueError("not a list")
    return value


# --- Ed25519 (RFC 8032), verification only -----------------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def decompress(data):
    if len(data) != 32:
        return None
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(n, p):
    q = (0, 1, 1, 0)
    while n:
        if n & 1:
            q = add(q, p)
        p, n = add(p, p), n >> 1
    return q


def same(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


BASE = decompress((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
NEUTRAL = (0, 1, 1, 0)


def signed(public_key, signature, message):
    a, r, s = decompress(public_key), decompress(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or len(signature) != 64 or s >= L or same(times(8, a), NEUTRAL):
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % L
    return same(times(s, BASE), add(r, times(k, a)))


# --- Merkle tree (RFC 6962, RFC 9162) ----------------------------------------------------------------------------------


def leaf_hash(body):
    return sha256(b"\0" + body)


def node(left, right):
    return sha256(b"\1" + left + right)


def included(index, size, leaf, root, proof):
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node(r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def consistent(first, second, root1, root2, proof):
    if not 0 < first <= second:
        return False
    if first == second:
        return not proof and root1 == root2
    if not proof:
        return False
    if first & (first - 1) == 0:
        proof = [root1] + proof
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = proof[0]
    for c in proof[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node(c, fr), node(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == root1 and sr == root2


class Tree:
    """Root of a tree that only grows."""

    def __init__(self):
        self.size, self.stack = 0, []

    def add(self, leaf):
        n = self.size
        while n & 1:
            leaf, n = node(self.stack.pop(), leaf), n >> 1
        self.stack.append(leaf)
        self.size += 1

    def root(self):
        if not self.stack:
            return sha256(b"")
        sum_ = self.stack[-1]
        for left in reversed(self.stack[:-1]):
            sum_ = node(left, sum_)
        return sum_


# --- Keys, notes, heads (rules 1 and 2) --------------------------------------------------------------------------------


def one_spelling(text):
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("base64")
    return data


def name_is_good(name):
    return name != "" and "+" not in name and not any(c.isspace() or c == "\u0085" for c in name)


def read_key(text):
    name, hex8, blob = text.split("+", 2)
    data = one_spelling(blob)
    if not name_is_good(name) or len(data) != 33 or data[0] not in (1, 4) or not re.match(r"\A[0-9a-f]{8}\Z", hex8):
        raise ValueError("key")
    key_id = sha256(name.encode() + b"\n" + data)[:4]
    if key_id.hex() != hex8:
        raise ValueError("key id")
    return {"name": name, "type": data[0], "public_key": data[1:], "id": key_id, "text": text}


def read_head(text):
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] != "" or lines[0] == "" or not re.match(r"\A(0|[1-9][0-9]*)\Z", lines[1]):
        raise ValueError("head")
    root = one_spelling(lines[2])
    if len(root) != 32 or int(lines[1]) > 2**53 - 1:
        raise ValueError("head")
    return {"origin": lines[0], "size": int(lines[1]), "root": root}


def open_note(note, keys):
    """The head, and who signed it when. Every line must be by one of the keys."""
    try:
        if any(ord(c) < 32 and c != "\n" for c in note) or not note.endswith("\n"):
            raise ValueError("characters")
        end = note.rindex("\n\n")
        text, lines = note[: end + 1], note[end + 2 : -1].split("\n")
        head = read_head(text)
        signers = []
        for line in lines:
            dash, name, blob = line.split(" ")
            data = one_spelling(blob)
            if dash != "\u2014":
                raise ValueError("line")
            [key] = [k for k in keys if k["name"] == name and k["id"] == data[:4]]
            if any(k is key for k, _ in signers):
                raise ValueError("signed twice")
            signature, at = data[4:], None
            message = text.encode()
            if key["type"] == 4:
                at, signature = int.from_bytes(signature[:8], "big"), signature[8:]
                message = b"cosignature/v1\ntime %d\n" % at + message
            if len(data) != (68 if at is None else 76) or not signed(key["public_key"], signature, message):
                raise ValueError("signature")
            signers.append((key, at))
        if not any(k["type"] == 1 and k["name"] == head["origin"] for k, _ in signers):
            raise ValueError("the log has not signed")
        return head, signers
    except (ValueError, UnicodeError, OverflowError) as error:
        raise Changed("head_not_signed: %s" % error)


# --- Bundles -----------------------------------------------------------------------------------------------------------

ORDER = {ord("H"): 0, ord("S"): 1, ord("K"): 2, ord("E"): 3, ord("R"): 3, ord("C"): 3, ord("O"): 4, ord("F"): 5, ord("Z"): 6}


def is_bytes(value, n):
    return isinstance(value, bytes) and len(value) == n


def uuid_text(data):
    h = data.hex()
    return "-".join((h[:8], h[8:12], h[12:16], h[16:20], h[20:]))


def digests(value, found):
    if is_bytes(value, 32):
        found.add(value)
    elif isinstance(value, str):
        if re.match(r"\A[0-9a-f]{64}\Z", value):
            found.add(bytes.fromhex(value))
    elif isinstance(value, list):
        for member in value:
            digests(member, found)
    elif isinstance(value, dict):
        for member in value.values():
            digests(member, found)


def continues(value):
    """Whether an entry opens a log that continues another one (rule 4)."""
    opened = isinstance(value, list) and len(value) > 4 and value[0] == "niem.record/1" and value[2] == "log_opened"
    return opened and isinstance(value[4], dict) and value[4].get("previous") is not None


class Verifier:
    def __init__(self, held=None):
        self.held, self.met = held, False
        self.stage, self.last, self.ended = -1, -1, False
        self.head, self.keys, self.signers, self.kind, self.ref = None, [], [], None, None
        self.devices, self.used, self.logged, self.found, self.files = {}, set(), set(), set(), set()
        self.tree, self.units = Tree(), {}
        self.entries = self.redacted = self.device_signed = self.older = 0
        self.times = []
        self.origins, self.case, self.continues = [], {}, False

    def record(self, data):
        """One record without its length. Raises Changed."""
        if self.ended:
            raise Changed("left_over")
        place = ORDER.get(data[0])
        if place is None:
            raise Changed("malformed")
        if data[0] == ord("H") and self.stage in (3, 4) and self.kind != "log":
            place = 2.5  # another log: entries must follow
        elif self.stage == 2.5 and place != 3:
            raise Changed("out_of_order")
        elif place < self.stage or (place != self.stage + 1 if self.stage < 1 else place < 2):
            raise Changed("out_of_order")
        try:
            getattr(self, "on_" + chr(data[0]))(data[1:])
        except (ValueError, UnicodeError, OverflowError) as error:
            raise Changed("malformed: %s" % error)
        self.stage = place

    def on_H(self, content):
        note, *keys = canonical_list(content)
        if not isinstance(note, str) or not all(isinstance(key, str) for key in keys):
            raise ValueError("text")
        try:
            given = [read_key(key) for key in keys]
        except ValueError as error:
            raise Changed("head_not_signed: %s" % error)
        head, signers = open_note(note, given)
        if len(signers) != len(given):
            raise Changed("head_not_signed: a key that signed nothing")
        if self.origins and head["origin"] <= self.origins[-1]:
            raise Changed("out_of_order")
        self.origins.append(head["origin"])
        self.head, self.signers, self.keys, self.last = head, signers, given, -1
        if self.held is not None and self.held["origin"] == self.head["origin"]:
            if self.held["size"] > self.head["size"]:
                raise Changed("held_head_differs")
            if self.held["size"] == self.head["size"]:
                self.meet(self.head["root"])

    def meet(self, root):
        if self.held["root"] != root:
            raise Changed("held_head_differs")
        self.met = True

    def on_S(self, content):
        kind, ref = canonical_list(content)
        if kind not in ("log", "unit", "shift", "casefile") or (ref is not None if kind == "log" else not is_bytes(ref, 16)):
            raise ValueError("subject")
        self.kind, self.ref = kind, ref

    def on_K(self, content):
        device_id, public_key = canonical_list(content)
        if not is_bytes(device_id, 16) or not is_bytes(public_key, 32):
            raise ValueError("device")
        if self.kind == "log" or device_id in self.devices:
            raise Changed("out_of_order")
        self.devices[device_id] = public_key

    def placed(self, content):
        if len(content) < 9 or content[8] > 63 or len(content) < 9 + 32 * content[8]:
            raise ValueError("place")
        index, n = int.from_bytes(content[:8], "big"), content[8]
        return index, [content[9 + 32 * i : 41 + 32 * i] for i in range(n)], content[9 + 32 * n :]

    def put(self, index, proof, leaf):
        if index <= self.last or index >= self.head["size"]:
            raise Changed("out_of_order")
        if self.kind == "log":
            if index != self.last + 1 or proof:
                raise Changed("out_of_order")
        elif not included(index, self.head["size"], leaf, self.head["root"], proof):
            raise Changed("not_in_log")

    def grow(self, leaf):
        if self.kind == "log":
            self.tree.add(leaf)
            if self.held is not None and not self.met and self.held["origin"] == self.head["origin"] and self.tree.size == self.held["size"]:
                self.meet(self.tree.root())

    def on_R(self, content):
        index, proof, leaf = self.placed(content)
        if len(leaf) != 32:
            raise ValueError("leaf")
        self.put(index, proof, leaf)
        self.grow(leaf)
        self.redacted += 1
        self.last = index

    def on_E(self, content):
        index, proof, body = self.placed(content)
        leaf = leaf_hash(body)
        self.put(index, proof, leaf)
        try:
            value = Canonical(body, ENTRY_MAX).whole()
            if not isinstance(value, (list, dict)):
                raise ValueError("not an entry")
            step = self.checkpoint(value, body) if isinstance(value, list) and value and value[0] == "niem.checkpoint/1" else None
        except (ValueError, UnicodeError) as error:
            raise Changed("entry_malformed: %s" % error)
        self.belongs(value, step)
        device = None
        if step and step["device_id"] is not None and self.kind != "log":
            device = step["device_id"]
            if device not in self.devices:
                raise Changed("device_key_missing")
            if not signed(self.devices[device], step["signature"], step["claim"]):
                raise Changed("device_not_signed")
        self.added(value)
        if self.kind == "log" and index == 0:
            self.continues = continues(value)
        if step:
            self.chain(step, body)
            self.times.append(step["at"])
        elif isinstance(value, dict) and type(value.get("at")) is int:
            self.times.append(value["at"])
        if device is not None:
            self.used.add(device)
            self.device_signed += 1
        if self.kind != "log":
            digests(value, self.found)
        self.grow(leaf)
        self.entries += 1
        self.last = index

    def added(self, value):
        """An entry of the log that names the key of a device (rule 5)."""
        if not isinstance(value, list) or len(value) < 5 or value[0] != "niem.record/1" or value[2] != "device_added" or not isinstance(value[4], dict):
            return
        device, key = value[4].get("device_id"), value[4].get("public_key")
        if is_bytes(device, 16) and is_bytes(key, 32) and device in self.devices:
            if self.devices[device] != key:
                raise Changed("device_key_differs")
            self.logged.add(device)

    def on_C(self, content):
        index, proof, body = self.placed(content)
        # Its leaf in the log: a canonical list of the format and the hash.
        self.put(index, proof, leaf_hash(b"l\x02s\x14niem.casefile-leaf/1b\x20" + sha256(body)))
        try:
            value = Canonical(body, ENTRY_MAX).whole()
            if not isinstance(value, (list, dict)):
                raise ValueError("not an entry")
        except (ValueError, UnicodeError) as error:
            raise Changed("entry_malformed: %s" % error)
        if self.kind != "casefile" or not isinstance(value, dict) or value.get("casefile_id") != uuid_text(self.ref):
            raise Changed("foreign_entry")
        no, prev = value.get("entry_no"), value.get("prev")
        if type(no) is not int or no < 1 or not (prev is None or is_bytes(prev, 32)):
            raise Changed("entry_malformed: not an entry of a casefile")
        hash_, before, after = sha256(body), self.case.get(no - 1), self.case.get(no + 1)
        if no in self.case or (no == 1) != (prev is None) or (before and before[1] != prev) or (after and after[0] != hash_):
            raise Changed("chain_broken")
        self.case[no] = (prev, hash_)
        if type(value.get("at")) is int:
            self.times.append(value["at"])
        digests(value, self.found)
        self.entries += 1
        self.last = index

    def checkpoint(self, value, body):
        claim = value[1] if len(value) == 17 else None
        if not isinstance(claim, list) or len(claim) != 14 or claim[0] != "niem.claim/1":
            raise ValueError("not a checkpoint")
        step = {"unit_id": value[5], "unit_kind": value[6], "seq": value[8], "prev": value[9], "at": value[10], "device_id": claim[6], "signature": value[2]}
        step["claim"] = body[slice(*value.spans[1])]
        good = is_bytes(step["unit_id"], 16) and isinstance(step["unit_kind"], str) and isinstance(value[7], str)
        good = good and type(step["seq"]) is int and (step["prev"] is None or is_bytes(step["prev"], 32))
        good = good and type(step["at"]) is int and isinstance(value[12], str) and isinstance(claim[2], str)
        good = good and (claim[5] is None or isinstance(claim[5], str))
        good = good and (step["device_id"] is None or (is_bytes(step["device_id"], 16) and is_bytes(step["signature"], 64)))
        if not good:
            raise ValueError("not a checkpoint")
        return step

    def belongs(self, value, step):
        if self.kind == "unit" and step and step["unit_kind"] != "bag" and step["unit_id"] != self.ref:
            raise Changed("foreign_entry")
        must = (self.kind == "shift" and step) or (self.kind == "casefile" and isinstance(value, dict) and "casefile_id" in value)
        if must:
            text = uuid_text(self.ref)
            members = value.values() if isinstance(value, dict) else value
            if not any(member == self.ref or member == text for member in members):
                raise Changed("foreign_entry")

    def chain(self, step, body):
        steps = self.units.setdefault(step["unit_id"], {})
        seq, prev, hash_ = step["seq"], step["prev"], sha256(body)
        before, after = steps.get(seq - 1), steps.get(seq + 1)
        bad = seq in steps or seq < 1 or (seq == 1) != (prev is None)
        # In a log that continues another one a unit may begin anywhere; what comes then is behind it.
        bad = bad or (self.continues and bool(steps) and seq < next(iter(steps)))
        bad = bad or (before is not None and before[1] != prev) or (after is not None and after[0] != hash_)
        if bad:
            raise Changed("chain_broken")
        steps[seq] = (prev, hash_)

    def on_O(self, content):
        note, *proof = canonical_list(content)
        if not isinstance(note, str) or not all(is_bytes(h, 32) for h in proof):
            raise ValueError("older head")
        head, _ = open_note(note, self.keys)
        if head["origin"] != self.head["origin"] or not consistent(head["size"], self.head["size"], head["root"], self.head["root"], proof):
            raise Changed("history_changed")
        if self.held is not None and self.held["origin"] == head["origin"] and self.held["size"] == head["size"]:
            self.meet(head["root"])
        self.older += 1

    def on_F(self, content):
        if len(content) != 32:
            raise ValueError("digest")
        if content not in self.found or content in self.files:
            raise Changed("file_unknown")
        self.files.add(content)

    def on_Z(self, content):
        if len(content) != 8:
            raise ValueError("count")
        if int.from_bytes(content, "big") != self.entries + self.redacted:
            raise Changed("cut_short")
        if self.kind == "log":
            if self.last + 1 != self.head["size"]:
                raise Changed("cut_short")
            if self.tree.root() != self.head["root"]:
                raise Changed("root_differs")
        if set(self.devices) != self.used:
            raise Changed("device_key_unused")
        missing = sum(max(steps) - len(steps) - (next(iter(steps)) - 1 if self.continues else 0) for steps in self.units.values())
        if self.case and max(self.case) - len(self.case) > self.redacted:
            raise Changed("chain_incomplete")
        if self.kind in ("unit", "log") and missing > self.redacted:
            raise Changed("chain_incomplete")
        if self.kind == "unit" and not self.redacted and self.ref not in self.units:
            raise Changed("foreign_entry")
        if self.held is not None and not self.met:
            raise Changed("held_head_not_met")
        self.ended = True


def records(data):
    """Cuts a bundle into records. Raises Changed."""
    at = len(MAGIC)
    while at < len(data):
        if len(data) - at < 4:
            raise Changed("cut_short")
        n = int.from_bytes(data[at : at + 4], "big")
        if not 1 <= n <= RECORD_MAX:
            raise Changed("malformed")
        if len(data) - at - 4 < n:
            raise Changed("cut_short")
        yield at, data[at + 4 : at + 4 + n]
        at += 4 + n


def verify(data, held=None):
    """Raises Changed; returns the verifier with what it saw."""
    verifier = Verifier(held)
    for _, record in records(data):
        verifier.record(record)
    if not verifier.ended:
        raise Changed("cut_short")
    return verifier


def main(argv):
    try:
        path, options = argv[0], argv[1:]
        with open(path, "rb") as file:
            data = file.read()
        if data[: len(MAGIC)] != MAGIC:
            raise OSError("not niem.bundle/1")
        held = None
        if options[:1] == ["--head"]:
            with open(options[1], encoding="utf-8") as file:
                held = read_head("\n".join(file.read().replace("\r", "").strip().split("\n")[:3]) + "\n")
    except (OSError, IndexError, ValueError) as error:
        print("KHÔNG ĐỌC ĐƯỢC / UNREADABLE: %s" % error)
        return 2
    try:
        v = verify(data, held)
    except Changed as error:
        print("ĐÃ BỊ SỬA / CHANGED: %s" % error)
        return 1
    print("KHÔNG PHÁT HIỆN SỬA ĐỔI / NO CHANGE FOUND")
    print("  %s: %d entries, %d redacted, %d units, %d signed by devices" % (v.kind, v.entries, v.redacted, len(v.units), v.device_signed))
    if v.devices:
        print("  the log names the keys of %d of %d devices" % (len(v.logged), len(v.devices)))
    for origin in v.origins[:-1]:
        print("  entries before it in %s" % origin)
    print("  %s, head of %d entries, %d older heads, %d files" % (v.head["origin"], v.head["size"], v.older, len(v.files)))
    for key, at in v.signers:
        print("  signed by %s, key %s%s" % (key["name"], sha256(key["public_key"]).hex()[:16], "" if at is None else ", seen at %d" % at))
    if v.times:
        print("  server clock %d to %d ms" % (min(v.times), max(v.times)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
