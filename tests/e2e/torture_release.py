"""The figures of a release: the parts of torture.py in pieces, counted in a file, so that an interrupted call goes on where it was."""
import hashlib
import json
import pathlib
import time

import torture

# What a release needs of each part, and how much of it is kept at once. A sample where all points would take days.
NEEDED = {"kill": (10000, 300), "power": (2000, 100), "double": (1000, 50), "calls": (20000, 500), "shorts": (5000, 500),
          "memory": (20000, 500), "crews": (100000, 5000), "runs": (100000, 5000), "differential": (10000, 500), "fleet": (20, 1)}
WORDS = {"kill": "kills at a random moment", "power": "power failures", "double": "faults, then another while the next run recovers",
         "calls": "calls on files that fail or are the last", "shorts": "reads and writes that move less or are interrupted",
         "memory": "allocations that fail", "crews": "seeds of simulated crews", "runs": "seeds of simulated programs",
         "differential": "documents of each kind that others read, too", "fleet": "rounds of three runs on PostgreSQL, with a crash"}


def identity(binary):
    """Which program, and which tests beside it, the figures are of."""
    digest = hashlib.sha256(pathlib.Path(binary).read_bytes())
    tests = pathlib.Path(binary).parent / "tests/core_test"
    if tests.exists():
        digest.update(tests.read_bytes())
    return digest.hexdigest()


class Kept:
    """What was done so far to one program. Another program begins anew."""

    def __init__(self, path, binary):
        self.path = pathlib.Path(path)
        self.program = identity(binary)
        told = json.loads(self.path.read_text()) if self.path.exists() else {}
        self.is_new = told.get("program") not in (None, self.program)
        self.parts = told["parts"] if told.get("program") == self.program else {}

    def part(self, name):
        return self.parts.setdefault(name, {"done": 0, "seconds": 0, "note": ""})

    def add(self, name, count=0, seconds=0.0, note=""):
        part = self.part(name)
        part.update(done=part["done"] + count, seconds=round(part["seconds"] + seconds), note=note)
        draft = self.path.with_suffix(".draft")
        draft.write_text(json.dumps({"program": self.program, "parts": self.parts}, indent=1))
        draft.replace(self.path)

    @property
    def is_complete(self):
        return all(self.part(name)["done"] >= needed for name, (needed, _) in NEEDED.items())

    def table(self):
        rows = [f"program {self.program[:12]}", "", "| what | done | needed | hours | |", "|---|---|---|---|---|"]
        for name, (needed, _) in NEEDED.items():
            part = self.part(name)
            note = part["note"] or ("" if part["done"] >= needed else "to do")
            rows.append(f"| {WORDS[name]} | {part['done']:,} | {needed:,} | {part['seconds'] / 3600:.1f} | {note} |")
        return "\n".join(rows)


def play(kept, name, seed, tell):
    """One part to its end. A finding is kept with what led to it, and raised."""
    needed, piece = NEEDED[name]
    while (done := kept.part(name)["done"]) < needed:
        count = min(piece, needed - done)
        begin = time.monotonic()
        try:
            # The seed moves on with what is done: a later piece is another sample.
            skipped = torture.torture({name: count}, seed + done, tell=lambda line, done=done: tell(f"{done:,} and {line}"), first=done + 1)
        except torture.Finding as finding:
            kept.add(name, note=f"FINDING (seed {seed + done}): {' '.join(str(finding).split())[:200]}")
            raise
        if skipped:
            kept.add(name, note=skipped[0])
            return
        kept.add(name, count, time.monotonic() - begin)


def release(path, binary, seed, tell, parts=None):
    """Plays all parts (or `parts`) to their end; returns what is kept."""
    kept = Kept(path, binary)
    if kept.is_new:
        tell(f"{path} is of another program: all begins anew")
    for name in parts or NEEDED:
        play(kept, name, seed, tell)
    return kept
