"""`runs`: what past runs did, and what went wrong in them."""
import json
import re
import sqlite3


def test_past_runs_and_what_went_wrong(reeltally, make_gateway):
    gateway = make_gateway(tasks={"good": {"vendor": "happyhorse"}, "bad": {"polls": ["failure"]}, "gone": {"polls": ["500"]}})
    assert reeltally.run(gateway, reeltally.csv("good", "bad")).code == 0
    assert reeltally.run(gateway, "--retries", "0", reeltally.csv("gone", "8.60E+17,")).code == 3
    result = reeltally("runs")
    assert result.code == 0 and not result.err, result
    title, first, second, trouble = result.out.splitlines()
    assert title.split() == ["RUN", "STARTED", "(UTC)", "TOOK", "ASKED", "SUCCEEDED", "FAILED", "VIDEOS", "SIZE", "EXIT"]
    assert re.fullmatch(r" +1 \d{4}-\d\d-\d\d \d\d:\d\d +\d+\w+ +2 +1 +1 +1 +[\d.]+ \w+ +0", first), first
    assert re.fullmatch(r" +2 .* 1 +0 +0 +0 +0 B +3", second), second
    assert trouble.strip() == "1 rejected, 1 not answered, HTTP 500 (1)", trouble
    assert max(map(len, result.out.splitlines())) <= 80
    with sqlite3.connect(reeltally.ledger) as ledger:  # as kill -9 leaves it
        ledger.execute("UPDATE run SET finished_at = NULL, exit_code = NULL, summary = NULL WHERE id = 2")
        ledger.execute("UPDATE run SET summary = json_set(summary, '$.errors', json('{\"video_refused_url\":2}')) WHERE id = 1")
    assert "address of a video not allowed (2)" in reeltally("runs", "1").out
    assert "has no end" in reeltally("runs", "2").out
    killed, trouble = reeltally("runs").out.splitlines()[-2:]
    assert re.fullmatch(r" +2 .* - +-", killed) and trouble.strip() == "has no end: it was killed, or is still at work"


def test_the_last_runs(reeltally, make_gateway):
    gateway = make_gateway(tasks={"good": {"vendor": "happyhorse"}})
    for _ in range(3):
        reeltally.run(gateway, reeltally.csv("good"))
    lines = reeltally("runs").out.splitlines()
    assert len(lines) == 4
    assert reeltally("runs", "--last", "2").out.splitlines() == [lines[0], *lines[2:]]


def test_one_run_in_full_and_for_programs(reeltally, make_gateway):
    gateway = make_gateway(tasks={"good": {"vendor": "happyhorse"}})
    run = reeltally.run(gateway, reeltally.csv("good"))
    text = reeltally("runs", "1")
    assert text.code == 0 and re.search(r"^  host +\S+$", text.out, re.M) and "wrong" not in text.out, text
    row = json.loads(reeltally("runs", "1", "--json").out)
    assert row["type"] == "run" and row["run_id"] == 1 and row["exit_code"] == 0 and row["crew"] is None, row
    assert isinstance(row["inputs"], list) and row["errors"] == {}
    assert {name: row[name] for name in ("tasks", "succeeded", "bytes", "requests")} == \
           {name: run.summary[name] for name in ("tasks", "succeeded", "bytes", "requests")}
    assert [json.loads(line) for line in reeltally("runs", "--json").out.splitlines()] == [row]


def test_a_run_that_is_not_there(reeltally, make_gateway):
    assert reeltally("runs").code == 10
    reeltally.run(make_gateway(tasks={"good": {"vendor": "happyhorse"}}), reeltally.csv("good"))
    missing = reeltally("runs", "7")
    assert missing.code == 3 and missing.err == "reeltally: error: no run 7 in the ledger\n" and not missing.out
    for wrong in ("0", "x", "1x", "-1", "99999999999999999999"):
        refused = reeltally("runs", "--", wrong)
        assert refused.code == 2 and "not the number of a run" in refused.err, refused
