"""close and close --reprice with the real binary: reasons to refuse, and ledgers that somebody changed."""
import csv
import fcntl
import io
import json
import re
import sqlite3
import time

import pytest

from test_tampering import alter

DAY = 86400
AGO = 40 * DAY  # so that all that is finished lies in a month that is over
MONTH = time.strftime("%Y-%m", time.gmtime(time.time() - AGO))
NEXT = time.strftime("%Y-%m", time.gmtime(time.time() - AGO + 31 * DAY))
HEADER = "model,unit,min_sr,max_sr,price,currency,valid_from,valid_to\n"


@pytest.fixture
def past(reeltally, make_gateway):
    """Runs a list of tasks of that month."""
    def fill(*ids, **tasks):
        gateway = make_gateway(default={"vendor": "happyhorse"}, tasks=tasks)
        gateway.set_clock(-AGO)
        (reeltally.folder / "prices.csv").write_text(HEADER + "m,second,,,0.9,CNY,,\n")
        rows = reeltally.csv(*(f"{task},m" for task in ids), header="task_id,model")
        assert reeltally.run(gateway, "--no-download", rows).code == 0
        return gateway
    return fill


def lines(program, period, *arguments):
    result = program("report", "--period", period, *arguments)
    assert result.code == 0, result
    return list(csv.DictReader(io.StringIO(result.out)))


def advice(result):
    """The commands between backticks that query tasks."""
    return [command.split() for command in re.findall(r"`reeltally (run [^`]*)`", result.err)]


def test_the_advice_about_unfinished_tasks_works(reeltally, past):
    gateway = past("a", "b", a={"polls": ["IN_PROGRESS", "success"]}, b={"polls": ["IN_PROGRESS", "success"]})
    refused = reeltally("close", MONTH, "--prices", "prices.csv")
    assert refused.code == 3 and "2 stale tasks (a, b)" in refused.err and refused.err.count("\n") == 1, refused
    assert reeltally.run(gateway, "--pending", "--no-download").summary["tasks"] == 0, "they are stale"
    command, = advice(refused)
    asked = reeltally(*command, *reeltally.flags(gateway), "--no-download")
    assert asked.code == 0 and asked.summary["succeeded"] == 2, asked
    assert reeltally("close", MONTH, "--prices", "prices.csv").code == 0


def test_status_says_what_a_closed_task_cost_whatever_prices_are_given(reeltally, past):
    past("a")
    assert not re.search(r"^  cost", reeltally("status", "a").out, re.M)
    cost = lines(reeltally, MONTH, "--prices", "prices.csv")[0]["cost"]
    assert f"\n  cost       {cost} CNY\n" in reeltally("status", "a", "--prices", "prices.csv").out
    assert reeltally("close", MONTH, "--prices", "prices.csv").code == 0
    (reeltally.folder / "dear.csv").write_text(HEADER + "m,second,,,9,CNY,,\n")
    for more in ([], ["--prices", "dear.csv"]):
        assert f"\n  cost       {cost} CNY (closed)\n" in reeltally("status", "a", *more).out


def test_a_running_task_is_not_stale(reeltally, past):
    gateway = past("a", a={"polls": ["IN_PROGRESS", "success"]})
    refused = reeltally("close", MONTH, "--prices", "prices.csv", "--stale-after", "100d", "--write-off-stale")
    assert refused.code == 3 and "1 unfinished task (a)" in refused.err, refused
    assert advice(refused) == [["run", "--pending"]]
    assert reeltally.run(gateway, "--pending", "--stale-after", "100d", "--no-download").summary["succeeded"] == 1
    assert reeltally("close", MONTH, "--prices", "prices.csv").code == 0


def test_a_line_without_a_cost_counts_until_it_is_corrected(reeltally, past):
    past("a", "b", "c")
    (reeltally.folder / "none.csv").write_text(HEADER + "other,second,,,0.9,CNY,,\n")
    assert reeltally("close", MONTH, "--prices", "none.csv", "--force").code == 0
    begin, end = f"{MONTH}-01T00:00:00Z", "2100-01-01T00:00:00Z"

    def unpriced(*span, more=()):
        result = reeltally("report", *span, "--prices", "prices.csv", "-o", "all.csv", *more)
        manifest = json.loads((reeltally.folder / "all.csv.manifest.json").read_text())
        assert ("no cost in" in result.err) == (manifest["unpriced"] > 0), result
        return manifest["unpriced"], sum(manifest["unpriced_by_model"].values()), manifest["totals_complete"]

    assert unpriced("--from", begin, "--to", end) == (3, 3, False)
    assert reeltally("close", MONTH, "--reprice", "--prices", "prices.csv").code == 0
    assert unpriced("--from", begin, "--to", end) == (0, 0, True), "it has the corrections, too"
    assert unpriced("--period", MONTH) == (3, 3, False), "that month is what it was"
    assert unpriced("--period", NEXT) == (0, 0, True), "nor do reversals count where only they are"
    check = ("report", "--check", "--prices", "prices.csv")
    assert "have no cost" not in reeltally(*check, "--from", begin, "--to", end).out
    assert "3 lines have no cost" in reeltally(*check, "--period", MONTH).out
    groups = lines(reeltally, MONTH, "--prices", "prices.csv", "--by", "model")
    assert [row["unpriced"] for row in groups] == ["3"]
    result = reeltally("report", "--from", begin, "--to", end, "--prices", "prices.csv", "--by", "model")
    row, = csv.DictReader(io.StringIO(result.out))
    assert row["unpriced"] == "0" and row["tasks"] == "3" and float(row["cost"]) > 0 and "no cost" not in result.err, result


def test_a_dry_run_says_all_that_a_close_would_find(reeltally, past):
    gateway = past("a", "b", "c", b={"polls": ["IN_PROGRESS", "success"]}, c={"vendor": "kling"})
    (reeltally.folder / "dear.csv").write_text(HEADER + "other,second,,,0.9,CNY,,\n")
    before = reeltally.ledger.read_bytes()
    refused = reeltally("close", MONTH, "--prices", "dear.csv", "--dry-run")
    assert refused.code == 3 and "would be refused" in refused.out, refused
    assert [word for word in ("1 stale task (b)", "have no cost (model m, 2 lines") if word not in refused.err] == [], refused
    assert reeltally("close", MONTH, "--prices", "prices.csv", "--dry-run", "--stale-after", "100d").code == 3
    command, = advice(reeltally("close", MONTH, "--prices", "prices.csv", "--dry-run"))
    assert reeltally.ledger.read_bytes() == before, "nothing is written"
    assert reeltally(*command, *reeltally.flags(gateway), "--no-download").code == 0
    found = json.loads(reeltally("close", MONTH, "--prices", "prices.csv", "--dry-run", "--json").out)
    assert found["result"] == "would be closed" and found["lines"] == 3 and found["unfinished"] == found["unpriced"] == 0, found
    assert reeltally("report", "--period", MONTH, "--prices", "prices.csv", "-o", "open.csv").code == 0
    manifest = json.loads((reeltally.folder / "open.csv.manifest.json").read_text())
    assert found["totals"] == manifest["totals"] and found["totals"]["CNY"] != "0", (found, manifest)
    assert reeltally("close", MONTH, "--prices", "prices.csv").code == 0
    assert found["neighbours"] == [] and [one["customer"] for one in found["customers"]] == [None], found
    assert found["customers"][0]["totals"] == found["totals"]
    assert "was closed before" in reeltally("close", MONTH, "--dry-run").out
    for option in ("--force", "--reprice"):
        assert reeltally("close", MONTH, "--prices", "prices.csv", "--dry-run", option).code == 2


def test_a_stale_task_is_written_off_and_late_when_it_finishes(reeltally, past):
    gateway = past("lost", "done", lost={"polls": ["IN_PROGRESS", "success"]})
    closed = reeltally("close", MONTH, "--prices", "prices.csv", "--write-off-stale")
    assert closed.code == 0 and "without 1 stale task (lost)" in closed.err, closed
    assert reeltally("report", "--period", MONTH, "-o", "month.csv").code == 0
    manifest = json.loads((reeltally.folder / "month.csv.manifest.json").read_text())
    assert manifest["written_off"] == [{"account": "default", "task_id": "lost"}] and manifest["unfinished"] == 0
    reeltally.csv("lost")
    assert reeltally.run(gateway, "--no-download", "tasks.csv").summary["succeeded"] == 1
    assert [(line["task_id"], line["adjusts"]) for line in lines(reeltally, NEXT)] == [("lost", MONTH)]


def test_a_task_whose_quota_is_not_settled_blocks_its_month(reeltally, past):
    past("hasty", hasty={"vendor": "happyhorse", "finished_ago": 5})
    refused = reeltally("close", MONTH, "--prices", "prices.csv")
    assert refused.code == 3 and "1 task whose quota may not be settled yet (hasty)" in refused.err, refused
    assert advice(refused) == [["run", "--pending"]]
    assert reeltally("close", MONTH, "--prices", "prices.csv", "--force").code == 0


def test_a_month_without_prices_gets_them_as_adjustments(reeltally, past):
    past("a", "b")
    closed = reeltally("close", MONTH, "--json")
    assert closed.code == 0 and json.loads(closed.out)["unpriced"] == 2
    assert "without a price book" in closed.err and closed.err.count("\n") == 1
    before = reeltally("report", "--period", MONTH).out
    assert reeltally("close", MONTH, "--reprice").code == 2
    assert reeltally("close", NEXT, "--reprice", "--prices", "prices.csv").code == 3
    repriced = reeltally("close", MONTH, "--reprice", "--prices", "prices.csv", "--json")
    assert repriced.code == 0 and json.loads(repriced.out)["lines"] == 2, repriced
    assert reeltally("report", "--period", MONTH).out == before
    new = [line for line in lines(reeltally, NEXT) if not line["line_id"].endswith("-reversal")]
    assert [line["cost_note"] for line in new] == ["repriced"] * 2 and all(float(line["cost"]) > 0 for line in new)
    # A line that other prices made leads to the same bytes.
    assert reeltally("status", "--line", new[0]["line_id"]).out == reeltally("status", "--line", new[0]["adjusts"]).out != ""
    del reeltally.output[-2:]  # raw answers, whose links are signed
    assert reeltally("db", "check").code == 0


TAMPERINGS = {
    "another cost": "UPDATE report_line SET cost = '0.01'",
    "a failed task made paid": "UPDATE report_line SET succeeded = 1, unit = 0, quantity = '1', unit_price = '0.9', "
                               "currency = 'CNY', cost = '0.9', cost_note = NULL WHERE succeeded = 0",
    "a task taken out of its month": "DELETE FROM report_line WHERE succeeded = 0",
    "the same, with its count": "DELETE FROM report_line WHERE succeeded = 0; UPDATE period SET line_count = line_count - 1",
    "a month taken away": "DELETE FROM report_line; DELETE FROM line_amounts; DELETE FROM line_terms; DELETE FROM period",
    "another SHA-256": "UPDATE period SET sha256 = replace(sha256, substr(sha256, 1, 1), 'x')",
}


@pytest.mark.parametrize("change", TAMPERINGS.values(), ids=TAMPERINGS.keys())
def test_a_closed_month_that_somebody_changed_is_refused(reeltally, past, change):
    past("a", "failed", failed={"polls": ["failure"]})
    assert reeltally("close", MONTH, "--prices", "prices.csv").code == 0
    reeltally.check_ledger = False
    assert alter(reeltally.ledger, change)
    for arguments in [("--format", kind) for kind in ("csv", "json", "html", "focus")] + [("--by", "model")]:
        for output in ((), ("-o", "month.out")):
            result = reeltally("report", "--period", MONTH, *arguments, *output)
            assert result.code == 1 and result.out == "" and "restore a backup" in result.err, result
            assert not list(reeltally.folder.glob("month.out*"))
    result = reeltally("db", "check")
    assert result.code == 1 and "error: closed " in result.err, result


def test_a_task_of_two_accounts_is_reported_and_closed_once(reeltally, past):
    gateway = past("same")
    gateway.set_clock(5 - AGO)  # the end of a task does not move
    assert reeltally.run(gateway, "--no-download", "--account", "south", reeltally.csv("same,m", header="task_id,model")).code == 0
    closed = reeltally("close", MONTH, "--prices", "prices.csv")
    told = "1 task ID under both account default and south, for example same: equal answers"
    assert closed.code == 0 and told in closed.err, closed
    assert sorted(line["cost"] for line in lines(reeltally, MONTH)) == ["0", "5.4"]
    (reeltally.folder / "config.toml").write_text(
        "".join(f'[account.{name}]\nbase-url = "{base}"\napi-key-file = "key"\n'
                for name, base in (("default", "https://one.example"), ("south", "https://one.example/v1"))))
    again = reeltally("close", MONTH, "--config", "config.toml")
    assert again.code == 0 and "one base URL" in again.err, "accounts are known by the configuration"


def test_reconcile_refuses_a_changed_month(reeltally, past):
    past("a")
    assert reeltally("close", MONTH, "--prices", "prices.csv").code == 0
    log = reeltally.folder / "log.csv"
    log.write_text("task_id,cost,currency\na,0.01,CNY\n")
    assert alter(reeltally.ledger, "UPDATE report_line SET cost = '0.01'")
    reeltally.check_ledger = False
    result = reeltally("reconcile", log, "--period", MONTH)
    assert result.code == 1 and result.out == "" and f"closed period {MONTH}" in result.err, result


def test_prune_keeps_the_proofs_of_a_closed_month_until_they_are_in_a_bundle(reeltally, past):
    past("a", "b", a={"polls": ["failure"]}, b={"polls": ["failure"]})
    prune = ("db", "prune", "--older-than", "1d")
    assert reeltally("close", MONTH, "--prices", "prices.csv").code == 0
    kept = reeltally(*prune)
    assert kept.code == 0 and "dropped 0 raw answers" in kept.err and "kept the raw answers that prove 2 lines" in kept.err, kept
    assert f"({MONTH})" in kept.err and f"`reeltally audit {MONTH} -o DIR`" in kept.err, kept
    assert '"lines_kept":2}' in reeltally(*prune, "--json").out
    assert "kept" not in reeltally("db", "prune", "--older-than", "400d").err, "nothing of a closed month is that old"
    audited = reeltally("audit", MONTH, "-o", "month.tar", "--json")
    assert audited.code == 0 and audited.err == "", audited
    (sha256, at), = reeltally.sql("SELECT bundle_sha256, bundled_at FROM v_period")
    assert sha256 == json.loads(audited.out)["sha256"] and at.startswith(time.strftime("%Y-", time.gmtime())), (sha256, at)
    dropped = reeltally(*prune)
    assert "dropped 2 raw answers" in dropped.err and "kept" not in dropped.err, dropped


def test_prune_drops_all_when_it_is_told_to(reeltally, past):
    past("a", a={"polls": ["failure"]})
    assert reeltally("close", MONTH, "--prices", "prices.csv").code == 0
    dropped = reeltally("db", "prune", "--older-than", "1d", "--yes")
    assert dropped.code == 0 and "dropped 1 raw answer " in dropped.err and "kept" not in dropped.err, dropped


def test_an_audit_says_when_the_ledger_cannot_know_of_its_bundle(reeltally, past):
    past("a", a={"polls": ["failure"]})
    assert reeltally("close", MONTH, "--prices", "prices.csv").code == 0
    with open(f"{reeltally.ledger}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        audited = reeltally("audit", MONTH, "-o", "month.tar")
    assert audited.code == 0 and (reeltally.folder / "month.tar").exists() and "the ledger does not know of this bundle" in audited.err, audited


def test_help_of_close_names_no_account(reeltally):
    assert "--account" not in reeltally("close", "--help").out and "--account" in reeltally("reconcile", "--help").out
