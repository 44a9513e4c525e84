"""The independent checker (tests/checker) agrees with good runs, and finds each kind of loss."""
import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys

import pytest

import proof
from conftest import ROOT

TASKS = {"a": {}, "k": {"vendor": "kling", "quota": [5]}, "u": {"vendor": "ultra"}, "f": {"polls": ["failure"]},
         "s": {"vendor": "sora"}, "later": {"polls": ["IN_PROGRESS", "failure"]}}
PRICES = "model,unit,price,currency\n*seedance*,mtoken,46.125,CNY\n*seedance*,sr_mtoken,2.5,USD\n*,second,1,CNY\n"


@pytest.fixture
def run(reeltally, make_gateway):
    """A run that has ended, and the reports of its ledger."""
    gateway = make_gateway(default={"video": {"size": 3000}}, tasks=TASKS)
    reeltally.gateway = gateway
    assert reeltally.run(gateway, "--wait", "--poll-interval", "20ms", reeltally.csv(*TASKS)).code == 0
    (reeltally.folder / "prices.csv").write_text(PRICES)
    assert reeltally("report", "--from", "2020-01-01", "--to", "2100-01-01", "--prices", "prices.csv", "-o", "all.csv").code == 0
    return reeltally


def findings(run, **more):
    return proof.findings(run, [run.gateway], ids=TASKS, exports=[run.folder / "all.csv"], **more)


def change(run, *statements):
    run.check_ledger = False
    with sqlite3.connect(run.ledger) as database:
        for name, in database.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            database.execute(statement)
    database.close()


def test_a_good_run_has_no_findings(run):
    assert findings(run) == []


def test_the_command_line_tells_the_same(run):
    (run.folder / "ids.csv").write_text("task_id\n" + "\n".join([*TASKS, "nobody"]) + "\n")
    (run.folder / "out.jsonl").write_text("".join(result.out for result in run.output))
    done = subprocess.run([sys.executable, ROOT / "tests/checker/checker.py", run.ledger, "--log", run.gateway.log_path, "--videos",
                           run.videos, "--list", run.folder / "ids.csv", "--summaries", run.folder / "out.jsonl", "--export",
                           run.folder / "all.csv"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "nobody is None\n"), done


@pytest.mark.parametrize("statement, finding", [
    ("DELETE FROM snapshot WHERE id = 1", "not numbered without gaps"),
    ("UPDATE snapshot SET raw_sha256 = zeroblob(32) WHERE id = 2", "sent 0 times"),
    ("UPDATE snapshot SET raw_sha256 = (SELECT raw_sha256 FROM snapshot WHERE id = 1), task = "
     "(SELECT task FROM snapshot WHERE id = 1) WHERE id = 2", "2 snapshots with"),
    ("UPDATE task SET state = 0 WHERE task_id = 'f'", "f is unfinished"),
    ("UPDATE task SET state = 0 WHERE task_id = 'f'", "f (unfinished) has 1 lines"),
    ("UPDATE video SET state = 0 WHERE path LIKE '%a.mp4'", "videos are wanting"),
    ("UPDATE video SET state = 0 WHERE path LIKE '%a.mp4'", "nobody recorded it"),
    ("UPDATE video SET path = path || 'x' WHERE path LIKE '%a.mp4'", "recorded and not there"),
    ("UPDATE video SET bytes = 1 WHERE path LIKE '%a.mp4'", "not what was recorded"),
    ("UPDATE task SET completion_tokens = '1' WHERE task_id = 'u'", "completion_tokens is 108900 in the exports, 1 in the ledger"),
    ("UPDATE run SET exit_code = 3", "reported (0, "),
    ("UPDATE snapshot SET task = 99 WHERE id = 1", "refers to another that is not there"),
])
def test_each_loss_in_the_ledger_is_found(run, statement, finding):
    seen = proof.seen(run)
    change(run, statement)
    found = findings(run, seen=seen)
    assert any(finding in one for one in found), found


def test_what_was_seen_and_is_gone(run):
    seen = proof.seen(run)
    change(run, "UPDATE snapshot SET run = 1, raw_sha256 = zeroblob(32) WHERE id = 1", "UPDATE video SET state = 2")
    found = findings(run, seen=seen)
    assert any(one.startswith("snapshots are gone") for one in found) and any(one.startswith("videos are gone") for one in found)


def test_files_that_are_not_whole(run):
    (run.videos / "a.mp4").write_bytes((run.videos / "a.mp4").read_bytes()[:-1])
    (run.videos / "b.mp4").write_bytes(b"cut")
    found = findings(run, killed=True)
    assert sum("a.mp4 is not what was recorded" in one for one in found) == 1
    assert sum("b.mp4 is not a whole video" in one for one in found) == 1 and len(found) == 2, found
    (run.videos / "b.mp4").unlink()
    shutil.copy(run.videos / "u.mp4", run.videos / "a.mp4")
    assert any("a.mp4 is not what was recorded" in one for one in findings(run))


def rewrite(run, old, new, manifest=None):
    path = run.folder / "all.csv"
    path.write_text(path.read_text().replace(old, new))
    told = json.loads((run.folder / "all.csv.manifest.json").read_text())
    told["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    told.update(manifest or {})
    (run.folder / "all.csv.manifest.json").write_text(json.dumps(told))


@pytest.mark.parametrize("old, new, finding", [
    (",108900,108900,", ",108901,108900,", "completion_tokens is 108901"),
    (",5.0230125,", ",5.0230126,", "is not 0.1089 x 46.125"),
    (",5.0230125,", ",,", "adds up to"),
    ("\n1-", "\n7-", "is no ID"),
])
def test_an_export_that_does_not_add_up(run, old, new, finding):
    assert old in (run.folder / "all.csv").read_text()
    rewrite(run, old, new)
    assert any(finding in one for one in findings(run)), findings(run)


def test_an_export_that_is_there_twice_or_cut(run):
    twice = proof.findings(run, [run.gateway], exports=[run.folder / "all.csv"] * 2)
    assert any("billed twice" in one for one in twice) and any("has 2 lines, net" in one for one in twice)
    lines = (run.folder / "all.csv").read_text().splitlines(keepends=True)
    (run.folder / "all.csv").write_text("".join(lines[:-1]))
    cut = findings(run)
    assert any("not the file of its manifest" in one for one in cut) and any("its manifest says" in one for one in cut)
