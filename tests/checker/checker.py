#!/usr/bin/env python3
"""Proves from the outside that a run lost nothing and invented nothing: acknowledged ⊆ ledger ⊆ sent.

Usage: checker.py LEDGER --log REQUESTS.jsonl [--log ...] [--videos FOLDER | --objects FILE.json] [--killed]
                  [--summaries FILE] [--list FILE.csv] [--export REPORT.csv ...]

Knows nothing of the program but its promises (docs/ledger.md, docs/billing.md) and shares no code with it: it reads the
ledger's views with Python's sqlite3, hashes every file, and adds up every export with `decimal`. LEDGER is a SQLite file,
or what `reeltally db copy` made of a ledger on PostgreSQL. Prints one line a finding; exit 1 if there is any.

  --log        what the test gateway sent: requests.jsonl with the SHA-256 of each answer and each object
  --videos     the output folder; --objects: {path as in v_video: {"bytes": N, "sha256": HEX}}, the contents of a bucket
  --killed     a run was killed: whole files that no run has recorded yet are no finding
  --summaries  standard output of runs that have ended (--json): what they reported must be in the ledger
  --list       IDs, one a line behind a header, that an ended run promised: each is finished, with all its videos
  --export     every report of the ledger, closed periods and the open rest, without a filter: together they add up
"""
import argparse
import collections
import csv
import decimal
import hashlib
import json
import os
import pathlib
import sqlite3
import sys
import urllib.parse

D = decimal.Decimal
decimal.getcontext().prec = 60
QUERIES = "/v1/video/generations/"
COUNTS = ("duration_seconds", "input_seconds", "output_seconds", "video_count", "completion_tokens", "total_tokens",
          "super_resolution_tokens", "units", "credits", "quota")


class Sent:
    """What the gateway and the hosts of videos have sent, by their own logs."""

    def __init__(self, logs):
        self.read_to = {log: 0 for log in logs}
        self.answers = collections.Counter()  # (task, SHA-256)
        self.objects = collections.defaultdict(set)  # task -> SHA-256 of whole objects
        self.update()

    def update(self):
        """Reads what the logs have got since."""
        for log, begin in self.read_to.items():
            with open(log, "rb") as lines:
                lines.seek(begin)
                data = lines.read()
            self.read_to[log] = begin + data.rfind(b"\n") + 1
            for line in data[:data.rfind(b"\n") + 1].splitlines():
                self.take(json.loads(line))

    def take(self, request):
        path = request.get("path", "")
        parts = [urllib.parse.unquote(part) for part in path.split("/")]
        if request.get("object"):
            self.objects[parts[3] if path.startswith("/v1/videos/") else parts[2]].add(request["object"])
        elif path.startswith(QUERIES) and request.get("sha256"):
            self.answers[parts[-1], request["sha256"]] += 1


class Check:
    def __init__(self, ledger, sent):
        self.findings = []
        self.sent = sent
        self.database = sqlite3.connect(f"file:{urllib.parse.quote(str(ledger))}?mode=ro", uri=True)

    def sql(self, query, *values):
        return self.database.execute(query, values).fetchall()

    def expect(self, holds, finding):
        if not holds:
            self.findings.append(finding)

    # ---- the ledger in itself

    def file(self):
        self.expect(self.sql("PRAGMA integrity_check") == [("ok",)], "the file is damaged")
        self.expect(not self.sql("PRAGMA foreign_key_check"), "a row refers to another that is not there")

    def numbers(self):
        ids = [row[0] for row in self.sql("SELECT snapshot_id FROM v_snapshot ORDER BY 1")]
        self.expect(ids == list(range(1, len(ids) + 1)), "the snapshots are not numbered without gaps")
        twice = self.sql("SELECT account, task_id, count(*) FROM v_task GROUP BY 1, 2 HAVING count(*) > 1")
        self.expect(not twice, f"tasks that are there twice: {twice[:3]}")
        twice = self.sql("SELECT path, count(*) FROM v_video WHERE state = 'done' GROUP BY 1 HAVING count(*) > 1")
        self.expect(not twice, f"two videos in one file: {twice[:3]}")

    # ---- ledger ⊆ sent

    def answers(self):
        stored = collections.Counter(self.sql("SELECT task_id, raw_sha256 FROM v_snapshot"))
        for answer, count in stored.items():
            self.expect(count <= self.sent.answers[answer],
                        f"{answer[0]}: {count} snapshots with {answer[1][:12]}, sent {self.sent.answers[answer]} times")

    def objects(self):
        for task, sha256 in self.sql("SELECT task_id, sha256 FROM v_video WHERE state = 'done'"):
            self.expect(sha256 in self.sent.objects[task], f"{task}: the bytes of its video were never sent")

    # ---- acknowledged ⊆ ledger

    def acknowledged(self, answers, videos):
        """Rows of v_snapshot (id, task, SHA-256) and v_video (task, index, SHA-256, path) that were seen before."""
        now = set(self.sql("SELECT snapshot_id, task_id, raw_sha256 FROM v_snapshot"))
        self.expect(set(answers) <= now, f"snapshots are gone: {sorted(set(answers) - now)[:3]}")
        now = set(self.sql("SELECT task_id, video_index, sha256, path FROM v_video WHERE state = 'done'"))
        self.expect(set(videos) <= now, f"videos are gone: {sorted(set(videos) - now)[:3]}")

    def summary(self, told):
        run = told["run_id"]
        rows = self.sql("SELECT exit_code, tasks, succeeded, failed, videos_downloaded FROM v_run WHERE run_id = ?", run)
        expected = tuple(told[key] for key in ("exit_code", "tasks", "succeeded", "failed", "videos_downloaded"))
        self.expect(rows == [expected], f"run {run} reported {expected}, its row says {rows}")
        answered, = self.sql("SELECT count(DISTINCT account || char(0) || task_id) FROM v_snapshot WHERE run_id = ?", run)[0]
        self.expect(answered >= told["queried"] - told["not_answered"],
                    f"run {run} reported answers of {told['queried'] - told['not_answered']} tasks, {answered} are there")

    def finished(self, ids):
        states = dict(self.sql("SELECT task_id, state FROM v_task"))
        for task in ids:
            self.expect(states.get(task) in ("succeeded", "failed", "missing"), f"{task} is {states.get(task)}")
        wanting = self.sql("SELECT task_id, video_index, state FROM v_video WHERE state <> 'done'")
        self.expect(not {row[0] for row in wanting} & set(ids), f"videos are wanting: {wanting[:3]}")
        without = self.sql("SELECT task_id FROM v_task WHERE state = 'succeeded' AND videos = 0")
        self.expect(not {row[0] for row in without} & set(ids), f"successes without a video: {without[:3]}")

    # ---- every published file is whole

    def files(self, found, killed=False, lacking=False):
        """`found`: {path: (bytes, SHA-256)}, all that is published."""
        recorded = {}
        for task, path, size, sha256 in self.sql("SELECT task_id, path, bytes, sha256 FROM v_video WHERE state = 'done'"):
            recorded[path] = task
            if path not in found:
                self.expect(lacking, f"{path} is recorded and not there")
            else:
                self.expect(found[path] == (size, sha256), f"{path} is not what was recorded")
        # A small file beside a video may be there only once its video is recorded.
        others = sorted(path for path in set(found) - set(recorded) if path.removesuffix(".json") not in recorded)
        whole = set().union(*self.sent.objects.values()) if others and self.sent is not None else set()
        for path in others:
            self.expect(killed, f"{path} is there and nobody recorded it")
            self.expect(found[path][1] in whole, f"{path} is not a whole video")

    # ---- exports add up

    def export(self, path):
        """The rows of one report; its manifest must agree with it."""
        data = pathlib.Path(path).read_bytes()
        manifest = json.loads(pathlib.Path(f"{path}.manifest.json").read_text(), parse_float=decimal.Decimal)
        rows = list(csv.DictReader(data.decode("utf-8-sig").splitlines(keepends=True)))
        self.expect(hashlib.sha256(data).hexdigest() == manifest["sha256"], f"{path} is not the file of its manifest")
        self.expect(len(rows) == manifest["rows"], f"{path} has {len(rows)} rows, its manifest says {manifest['rows']}")
        totals = collections.defaultdict(D)
        for row in rows:
            if row["cost"]:
                # What costs nothing whatever its price is, is in no currency.
                totals[row["currency"]] += D(row["cost"])
            if row["cost"] and row["quantity"] and row["unit_price"] and manifest["round"] is None:
                self.expect(D(row["quantity"]) * D(row["unit_price"]) == D(row["cost"]), f"{path}: {row['line_id']} is not "
                            f"{row['quantity']} x {row['unit_price']} but {row['cost']}")
        totals = {currency: total for currency, total in totals.items() if currency}
        stated = {currency: D(total) for currency, total in manifest["totals"].items()}
        self.expect(totals == stated, f"{path} adds up to {totals}, its manifest says {stated}")
        return rows

    def exports(self, paths):
        rows = [row for path in paths for row in self.export(path)]
        ids = collections.Counter(row["line_id"] for row in rows)
        self.expect(max(ids.values(), default=1) == 1, f"lines that are billed twice: {ids.most_common(2)}")
        snapshots = {str(number): (task, sha256) for number, task, sha256 in
                     self.sql("SELECT snapshot_id, task_id, raw_sha256 FROM v_snapshot")}
        lines, sums = collections.Counter(), collections.defaultdict(D)
        for row in rows:
            task = row["task_id"].removeprefix("'") if row["task_id"][1:2] in "=+-@" else row["task_id"]
            self.expect(snapshots.get(row["snapshot_id"]) == (task, row["raw_sha256"]), f"{row['line_id']} names no answer")
            self.expect(row["line_id"].startswith(f"{row['snapshot_id']}-{row['raw_sha256'][:12]}"), f"{row['line_id']} is no ID")
            is_reversal = row["line_id"].endswith("-reversal")
            if not row["line_id"].removesuffix("-reversal").endswith("-sr"):
                lines[row["account"], task] += -1 if is_reversal else 1
            for count in COUNTS:
                sums[row["account"], task, count] += D(row[count] or 0)
        for account, task, state, *counts in self.sql(f"SELECT account, task_id, state, {', '.join(COUNTS)} FROM v_task"):
            due = 1 if state in ("succeeded", "failed") else 0
            self.expect(lines[account, task] == due, f"{task} ({state}) has {lines[account, task]} lines, net")
            for name, count in zip(COUNTS, counts):
                if due:
                    self.expect(sums[account, task, name] == D(str(count or 0)),
                                f"{task}: {name} is {sums[account, task, name]} in the exports, {count} in the ledger")


def folder_files(folder):
    """What is published in an output folder: hidden files are parts and notes."""
    found = {}
    for path in sorted(pathlib.Path(folder).rglob("*")) if os.path.isdir(folder) else []:
        if path.is_file() and not path.name.startswith("."):
            data = path.read_bytes()
            found[str(path)] = len(data), hashlib.sha256(data).hexdigest()
    return found


def check(ledger, sent, found=None, killed=False, lacking=False, seen=((), ()), summaries=(), ids=(), exports=()):
    """All findings, one line each. `sent` none: nobody logged that. `found`: as in Check.files; none: files are not looked
    at; `lacking`: some may be gone."""
    checks = Check(ledger, sent)
    try:
        checks.file()
        checks.numbers()
        checks.acknowledged(*seen)
        if sent is not None:
            checks.answers()
        if found is not None:
            checks.files(found, killed, lacking)
            if sent is not None:
                checks.objects()
        for told in summaries:
            checks.summary(told)
        checks.finished(ids)
        if exports:
            checks.exports(exports)
    finally:
        checks.database.close()
    return checks.findings


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ledger")
    parser.add_argument("--log", action="append", required=True)
    parser.add_argument("--videos")
    parser.add_argument("--objects")
    parser.add_argument("--killed", action="store_true")
    parser.add_argument("--summaries")
    parser.add_argument("--list")
    parser.add_argument("--export", action="append", default=[])
    arguments = parser.parse_args()
    found = folder_files(arguments.videos) if arguments.videos else None
    if arguments.objects:
        found = {path: (one["bytes"], one["sha256"]) for path, one in
                 json.loads(pathlib.Path(arguments.objects).read_text()).items()}
    told = pathlib.Path(arguments.summaries).read_text().splitlines() if arguments.summaries else []
    findings = check(arguments.ledger, Sent(arguments.log), found, arguments.killed,
                     summaries=[json.loads(line) for line in told if '"type":"summary"' in line],
                     ids=pathlib.Path(arguments.list).read_text().split()[1:] if arguments.list else (),
                     exports=arguments.export)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
