"""report, close and reconcile with the real binary, and a second reader of the same ledger."""
import collections
import csv
import decimal
import fnmatch
import hashlib
import io
import json
import sqlite3

import pytest

from billing_month import PRICES, month, nginx  # noqa: F401 (fixtures)
from conftest import ROOT, exact


def report(program, *arguments, env=None, period="2026-06"):
    result = program("report", "--period", period, "--prices", "prices.csv", *arguments, env=env)
    assert result.code == 0, result
    return result.out


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


# ---- the second reader: SQL and Python's decimals, nothing of ours

def prices():
    for row in csv.DictReader(io.StringIO(PRICES)):
        yield row


def price_of(model, lines, day, wanted):
    for row in prices():
        if fnmatch.fnmatchcase(model, row["model"]) and (row["unit"] == "sr_mtoken") == wanted:
            if row["min_sr"] and lines < int(row["min_sr"]) or row["max_sr"] and lines > int(row["max_sr"]):
                continue
            if row["valid_from"] and day < row["valid_from"] or row["valid_to"] and day > row["valid_to"]:
                continue
            return row
    return None


def recomputed(ledger):
    """{task: (cost, currency)} of June in UTC."""
    decimal.getcontext().prec = 60
    expected = {}
    with sqlite3.connect(f"file:{ledger}?mode=ro", uri=True) as database:
        usage = collections.defaultdict(dict)
        for task, name, value in database.execute("SELECT task_id, name, value FROM v_usage"):
            usage[task][name] = value
        tasks = database.execute("SELECT task_id, state, model, finish_time, resolution FROM v_task WHERE "
                                 "finish_time >= '2026-06-01T00:00:00Z' AND finish_time < '2026-07-01T00:00:00Z'")
        for task, state, model, finish, resolution in tasks:
            if state == "failed":
                expected[task] = (decimal.Decimal(0), "")
                continue
            lines = int(str(resolution).rstrip("p"))
            row = price_of(model, lines, finish[:10], False)
            if row["unit"] == "second":
                cost = decimal.Decimal(usage[task]["duration"]) * decimal.Decimal(row["price"])
            else:
                cost = decimal.Decimal(usage[task]["completion_tokens"]) / 10**6 * decimal.Decimal(row["price"])
            expected[task] = (cost, row["currency"])
    return expected


def test_a_second_reader_agrees_to_the_last_digit(month):
    program = month(100_000)
    program("report", "--period", "2026-06", "--prices", "prices.csv", "-o", "june.csv")
    lines = rows((program.folder / "june.csv").read_text())
    expected = recomputed(program.ledger)
    assert len(lines) == len(expected) > 90_000
    totals = collections.Counter()
    for line in lines:
        cost, currency = expected[line["task_id"]]
        assert (decimal.Decimal(line["cost"]), line["currency"]) == (cost, currency), line
        totals[currency] += cost
    manifest = exact((program.folder / "june.csv.manifest.json").read_text())
    assert {c: decimal.Decimal(v) for c, v in manifest["totals"].items()} == {c: totals[c] for c in ("CNY", "USD")}
    assert manifest["rows"] == len(lines)
    assert manifest["sha256"] == hashlib.sha256((program.folder / "june.csv").read_bytes()).hexdigest()
    by_customer = rows(report(program, "--by", "label:customer", "--by", "model"))
    assert sum(decimal.Decimal(row["cost"]) for row in by_customer if row["currency"] == "CNY") == totals["CNY"]
    assert sum(int(row["tasks"]) for row in by_customer) == len(lines)


# ---- the same bytes everywhere

def test_the_same_bytes_in_every_zone_and_locale(month):  # noqa: F811
    program = month(300)
    first = report(program)
    for env in ({"TZ": "Asia/Kolkata"}, {"LC_ALL": "de_DE.UTF-8"}, {"LC_ALL": "C", "TZ": "UTC"}):
        assert report(program, env=env) == first
    (program.folder / "a").mkdir()
    assert program("report", "--period", "2026-06", "--prices", "prices.csv", "-o", "a/june.csv").code == 0
    assert (program.folder / "a/june.csv").read_text() == first
    assert report(program, period="2025-01").count("\n") == 1, "an empty period is its header"


def test_a_line_is_the_same_when_its_answer_is_repeated(month, nginx):  # noqa: F811
    program = month(50)
    before = report(program)
    tasks = program.csv(*(line["task_id"] for line in rows(before)), header="task_id")
    again = program("run", "--refresh", "--no-download", "--base-url", f"http://127.0.0.1:{nginx.port}", tasks)
    assert again.code == 0, again
    assert report(program) == before
    assert report(program, "--json") == report(program, "--format", "json") != before


def test_a_month_that_an_earlier_version_closed_is_the_same(reeltally):
    data = ROOT / "tests/data"
    reeltally.ledger.parent.mkdir(parents=True, mode=0o700)
    reeltally.ledger.touch(0o600)
    with sqlite3.connect(reeltally.ledger) as database:
        database.executescript((data / "closed-schema4.sql").read_text())
    database.close()
    assert reeltally("db", "migrate").code == 0
    for month_name in ("2026-10", "2026-11"):
        result = reeltally("report", "--period", month_name)
        assert result.out == (data / f"closed-schema4-{month_name}.csv").read_text(), result
    assert reeltally("db", "check").code == 0


def test_a_closed_month_is_the_same_for_ever(month):
    program = month(300)
    before = report(program)
    closed = program("close", "2026-06", "--prices", "prices.csv", "--json")
    assert closed.code == 0, closed
    assert exact(closed.out)["sha256"] == hashlib.sha256(before.encode()).hexdigest()
    assert report(program) == before
    assert program("db", "prune", "--older-than", "0", "--yes").code == 0
    assert report(program) == before
    with sqlite3.connect(program.ledger) as database:
        database.execute("VACUUM")
    database.close()
    assert report(program) == before
    copy = program.folder / "copy.db"
    assert program("db", "backup", copy).code == 0
    assert report(program, "--db", copy, env={"TZ": "Asia/Tokyo"}) == before
    assert program("db", "prune", "--older-than", "0", "--yes").code == 0
    assert report(program) == before and program("db", "check").code == 0
    again = program("close", "2026-06", "--tz", "Europe/Berlin")
    assert again.code == 0 and "was closed in UTC" in again.err
    assert report(program) == before
    assert program("close", "2026").code == 3, "it overlaps"


def test_a_line_leads_to_the_bytes_that_the_gateway_sent(month):
    program = month(20)
    # A failed one: the answer of a success is kept until its video is fetched or given up.
    line = next(line for line in rows(report(program)) if line["status"] == "failure")
    shown = program("status", "--line", line["line_id"])
    assert shown.code == 0 and hashlib.sha256(shown.out.encode()).hexdigest() == line["raw_sha256"]
    assert json.loads(shown.out)["data"]["task_id"] == line["task_id"]
    assert program("status", "--line", "1-000000000000").code == 3
    assert program("status", "--line", "nonsense").code == 2
    assert program("db", "prune", "--older-than", "0").code == 0
    pruned = program("status", "--line", line["line_id"])
    assert pruned.code == 3 and line["raw_sha256"] in pruned.err


# ---- reconcile

def test_reconcile_by_cost(month):
    program = month(50)
    lines = rows(report(program))
    log = [f"{line['task_id']},{line['cost']},{line['currency']}" for line in lines if line["currency"]]
    path = program.folder / "log.csv"

    def reconcile(entries, *arguments):
        path.write_text("\n".join(["task_id,cost,currency", *entries]) + "\n")
        return program("reconcile", path, "--period", "2026-06", "--prices", "prices.csv", *arguments)
    same = reconcile(log)
    assert same.code == 0 and same.out == "result,task_id,ours,theirs\n", same
    task, cost, _ = log[0].split(",")
    wrong = reconcile([f"{task},{decimal.Decimal(cost) + 1},CNY", *log[2:], "stranger,5,CNY"])
    assert wrong.code == 3
    assert rows(wrong.out) == sorted([
        {"result": "different", "task_id": task, "ours": f"{cost} CNY", "theirs": f"{decimal.Decimal(cost) + 1} CNY"},
        {"result": "only_ours", "task_id": log[1].split(",")[0], "ours": f"{log[1].split(',')[1]} CNY", "theirs": ""},
        {"result": "only_theirs", "task_id": "stranger", "ours": "", "theirs": "5 CNY"}], key=lambda r: r["task_id"])
    assert "1 only ours" in wrong.err
    summary = json.loads(reconcile(log[1:], "--json").out.splitlines()[-1])
    assert summary["type"] == "reconciliation" and summary["only_ours"] == 1
    assert reconcile([*log, "x,many,CNY"]).code == 3, "a row that cannot be used is no match"
    two_lists = reconcile([log[0], "COST,Note,Currency,Task ID",
                           *("{1},n,{2},{0}".format(*line.split(",")) for line in log[1:])])
    assert two_lists.code == 0 and two_lists.out == same.out, "columns count as the header above the row spells them"
    hostile = reconcile([*log, 'x,-5,"+cmd|\' /C calc\'!A0"', 'y,1,"C,N"'])
    assert hostile.code == 3 and hostile.out == same.out, "what is no currency is not shown as part of an amount"
    assert f"log.csv:{len(log) + 2}: task x: `+cmd" in hostile.err and "2 rows of the log not usable" in hostile.err


@pytest.fixture
def own(month):  # noqa: F811
    """A month with second lines, unpriced ones, odd IDs, another account, quotas and a correction."""
    program = month(60)
    assert program("close", "2026-06", "--prices", "prices.csv", "--force").code == 0
    with sqlite3.connect(program.ledger) as database:
        done = [row[0] for row in database.execute("SELECT id FROM task WHERE state = 1 ORDER BY id")]
        failed = [row[0] for row in database.execute("SELECT id FROM task WHERE state = 2 ORDER BY id")]
        july = 1782864000000  # 2026-07-01T00:00:00Z
        for number, task in enumerate(done[:20] + failed[:2]):
            database.execute("UPDATE task SET finish_time = ? WHERE id = ? AND id NOT IN (SELECT task FROM report_line)",
                             (july + number * 60000, task))
        database.execute("INSERT INTO account (name) VALUES ('=other')")
        fresh = "SELECT id FROM task WHERE id NOT IN (SELECT task FROM report_line)"
        database.execute(f"UPDATE task SET quota = '500000', super_resolution_tokens = '245025.0' WHERE id IN ({fresh})")
        database.execute("INSERT INTO snapshot (task, run, observed_at, outcome, usage_values, raw_bytes, raw_sha256) "
                         "SELECT task, run, observed_at + 1, outcome, usage_values, raw_bytes, randomblob(32) FROM snapshot "
                         "WHERE task = (SELECT min(task) FROM report_line WHERE cost <> '0')")
        database.execute("UPDATE task SET final_snapshot = (SELECT max(id) FROM snapshot), duration_seconds = '77', "
                         "completion_tokens = '77', quota = '9' WHERE id = (SELECT task FROM snapshot ORDER BY id DESC)")
        for number in range(6):  # a month of the next account, of lines without a price, of hostile IDs
            database.execute(
                "INSERT INTO task (account, task_id, state, first_seen, finish_time, model, duration_seconds, quota, "
                "final_snapshot) SELECT ?, ?, ?, 0, ?, ?, '1.000000000000001', ?, max(id) + 1 FROM snapshot",
                (2 if number == 5 else 1, "=+-@,;"[number] + "odd|\"id\"", 2 if number == 4 else 1, july + number,
                 "veo3" if number % 2 else "unknown", None if number == 3 else "250.50"))
            database.execute("INSERT INTO snapshot (task, run, observed_at, outcome, raw_bytes, raw_sha256) SELECT max(id), 1, "
                             "0, (SELECT min(id) FROM outcome WHERE verdict = ?), 0, randomblob(32) FROM task",
                             (2 if number == 4 else 1,))
    database.close()
    program.check_ledger = False  # the rows were changed by hand
    return program


@pytest.mark.parametrize("delimiter", [",", ";", "tab", "|"])
@pytest.mark.parametrize("prices", [(), ("--prices", "prices.csv")])
def test_reconcile_reads_what_report_writes(own, delimiter, prices):
    written = own("report", "--period", "2026-07", *prices, "--delimiter", delimiter, "--bom", "-o", "july.csv")
    assert written.code == 0, written
    lines = list(csv.DictReader((own.folder / "july.csv").open(encoding="utf-8-sig"),
                                delimiter="\t" if delimiter == "tab" else delimiter))
    assert any(line["line_id"].endswith("-sr") for line in lines) == bool(prices)
    assert any(line["adjusts"] for line in lines) and any("refunded" in line["cost_note"] for line in lines)
    mine = {line["task_id"] for line in lines if line["account"] == "default"}
    same = own("reconcile", "july.csv", "--period", "2026-07", *prices)
    assert same.code == 0 and same.out == "result,task_id,ours,theirs\n", same
    assert f": {len(mine)} matched" in same.err and "1 row of accounts other than" in same.err, same
    text = (own.folder / "july.csv").read_text(encoding="utf-8-sig")
    old, new, changed = ("0.15000000000000015", "0.16", 2) if prices else ("250.50", "250.51", 1)
    if prices:
        (own.folder / "july.csv").write_text(text.replace("CNY", "C\0Y", 1))
        hostile = own("reconcile", "july.csv", "--period", "2026-07", *prices)
        assert hostile.code == 3 and "is not an ISO 4217 code" in hostile.err and "C\0Y" not in hostile.out, hostile
    (own.folder / "july.csv").write_text(text.replace(old, new, changed))
    wrong = own("reconcile", "july.csv", "--period", "2026-07", *prices)
    assert wrong.code == 3 and f": {len(mine) - changed} matched" in wrong.err and f", {changed} different" in wrong.err, wrong
    assert len(rows(wrong.out)) == changed and {row["result"] for row in rows(wrong.out)} == {"different"}


def test_reconcile_compares_a_closed_month_with_its_own_file(own):
    assert own("report", "--period", "2026-06", "-o", "june.csv").code == 0
    same = own("reconcile", "june.csv", "--period", "2026-06")
    assert same.code == 0 and "tasks by cost: " in same.err and "without an amount" not in same.err, same


def test_reconcile_counts_a_task_once(month):
    program = month(50)
    lines = rows(report(program))
    tasks = {line["task_id"] for line in lines}
    (program.folder / "log.csv").write_text("task_id,cost,currency\n" + "".join(
        f"{line['task_id']},{line['cost']},{line['currency'] or 'USD'}\n" for line in lines))
    result = program("reconcile", "log.csv", "--period", "2026-06", "--prices", "prices.csv")
    assert result.code == 0 and f": {len(tasks)} matched" in result.err, result


def test_reconcile_needs_its_columns(month):
    program = month(5)
    (program.folder / "log.csv").write_text("task_id,sum\na,1\n")
    result = program("reconcile", "log.csv")
    assert result.code == 2 and "no column `quota`" in result.err
    result = program("reconcile", "log.csv", "--quota-column", "sum")
    assert result.code == 3 and "only_theirs,a,,1" in result.out


def test_the_example_price_book_is_one(month):
    program = month(200)
    result = program("report", "--period", "2026-06", "--prices", ROOT / "docs/prices-example.csv")
    assert result.code == 0 and {line["currency"] for line in rows(result.out)} >= {"CNY", "USD"}, result


@pytest.mark.parametrize("output", ["prices.csv", "./prices.csv", "link.csv", "manifest"])
def test_a_report_never_replaces_its_price_book(month, output):
    program = month(3)
    book = program.folder / "prices.csv"
    (program.folder / "link.csv").symlink_to("prices.csv")
    if output == "manifest":
        (program.folder / "manifest.manifest.json").hardlink_to(book)
    before = book.read_bytes()
    result = program("report", "--period", "2026-06", "--prices", "prices.csv", "--output", output)
    assert result.code == 2 and "would replace the price book prices.csv" in result.err, result
    assert book.read_bytes() == before and not (program.folder / "manifest").exists()
