"""`reconcile FILE`: logs as gateways, consoles and spreadsheets write them."""
import csv
import io
import json

import pytest

from test_gateway_books import LOG, TASKS, task
from conftest import TOKEN

MONTH = ("--period", "2026-06")
OURS = {"a": task("r-a", "06-10", "06-10", 500000), "b": task("r-b", "06-11", "06-11", 1250000),
        "c": task("r-c", "06-12", "06-12", 0, failed=True)}


@pytest.fixture
def ledger(reeltally, make_gateway):
    gateway = make_gateway(tasks=OURS)
    assert reeltally.run(gateway, "--no-download", reeltally.csv(*OURS)).code == 0

    def reconcile(text, *arguments, encoding="utf-8"):
        (reeltally.folder / "log.csv").write_bytes(text.encode(encoding))
        return reeltally("reconcile", "log.csv", *MONTH, *arguments)
    return reconcile


def rows(result):
    return [tuple(row) for row in list(csv.reader(io.StringIO(result.out)))[1:]]


USD = ("--quota-per-unit", "500000")


@pytest.mark.parametrize("text, arguments, taken", [
    ("task_id,quota\na,500000\nb,1250000\n", (), "task IDs from column `task_id`, quota from `quota`"),
    ("task_id,quota\na,600000\na,-100000\nb,1.25E+06\nc,7\nc,(7)\n", (), "quota from `quota`"),
    ("任务ID,额度\na,500000\nb,1250000\n合计：,1750000\nGrand total:,1750000\nTotals,1750000\n", (), "task IDs from column `任务id`, quota from `额度`"),
    ("Task ID;Betrag;Währung\na;1,00;EUR\nb;2,50;EUR\nTotal;3,50;EUR\n", (*USD, "--currency", "EUR"),
     "amounts from `Betrag`, currencies from `Währung`"),
    ("task_id,amount\na,$1.00\nb,\"$2.50\"\n", USD, "amounts from `amount`, currencies as the amounts name them"),
    ("任务ID,费用,币种\na,1,元\nb,2.5,RMB\n", (*USD, "--currency", "CNY"), "amounts from `费用`, currencies from `币种`"),
    ("task_id,amount\na,1\nb,2.504\n", (*USD, "--currency", "USD", "--tolerance", "0.005"), "USD unless the amounts name one"),
    ("task_id;amount\na;1,000\nb;2,500\n", (*USD, "--currency", "USD", "--decimal-comma"), "amounts from `amount`"),
])
def test_logs_that_agree(ledger, text, arguments, taken):
    result = ledger(text, *arguments)
    assert result.code == 0 and rows(result) == [] and taken in result.err and "3 matched" in result.err, result


def test_totals_are_told_by_currency(ledger):
    result = ledger("task_id,amount\na,$1.00\nb,€2.50\nTotal,9\n", *USD)
    assert result.code == 3 and rows(result) == [("different", "b", "", "2.5 EUR"), ("different", "b", "2.5 USD", "")], result
    assert "total EUR: ours 0, theirs 2.5" in result.err and "total USD: ours 3.5, theirs 1" in result.err
    assert "1 row of totals left out" in result.err
    told = json.loads(ledger("task_id,quota\na,500000\nb,1250001\n", "--json").out.splitlines()[-1])
    assert told["totals"] == {"quota": {"ours": 1750000, "theirs": 1750001}} and told["different"] == 1


@pytest.mark.parametrize("cell, said", [
    ("\"1,234\"", "may be a thousand or a decimal; give --decimal-comma"), ("many", "is not an amount"),
    ("1", "the amount has no currency; give --currency CODE")])
def test_what_cannot_be_read_is_named(ledger, cell, said):
    result = ledger(f"task_id,amount\na,$1\nb,{cell}\n", *USD)
    assert result.code == 3 and f"log.csv:3: task b: " in result.err and said in result.err, result


def test_a_sign_that_contradicts_the_column_is_named(ledger):
    result = ledger("task_id,amount,currency\na,$1,USD\nb,¥2.5,USD\n", *USD)
    assert result.code == 3 and "log.csv:3: task b: `¥2.5` is in another currency than its column says, `USD`" in result.err, result


def test_a_log_of_unusable_rows_is_told_in_a_hundred_lines(ledger):
    result = ledger("task_id,amount\na,$1\n" + "".join(f"x{n},many\n" for n in range(150)), *USD)
    assert result.code == 3 and result.err.count("is not an amount") == 100, result
    assert "more rows of log.csv cannot be used; they are only counted" in result.err
    assert "150 rows of the log not usable" in result.err


@pytest.mark.parametrize("arguments, said", [
    (("--tolerance", "much"), "--tolerance takes an amount such as 0.01"), (("--tolerance", "-1"), "--tolerance takes"),
    (("--currency", "coins"), "--currency takes an ISO 4217 code"), (("--amount-column", "x"), "has no column `x`")])
def test_wrong_options(ledger, arguments, said):
    result = ledger("task_id,amount\na,1\n", *arguments)
    assert result.code == 2 and said in result.err and result.out == "", result


def test_an_export_of_the_log_is_recognised(reeltally, make_gateway):
    """Its `id` is the number of a row; it is read as the log itself."""
    gateway = make_gateway(tasks=TASKS, user={"token": TOKEN, "id": 2, "log": LOG})
    assert reeltally.run(gateway, "--no-download", reeltally.csv(*TASKS)).code == 0
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["id", "created_at", "type", "token_name", "quota", "request_id", "other"])
    for number, row in enumerate(LOG):
        writer.writerow([number, row["created_at"], row["type"], "main", row["quota"], row["request_id"], json.dumps(row["other"])])
    writer.writerow([99, LOG[0]["created_at"], 1, "", 5000000, "", ""])  # a top-up
    (reeltally.folder / "export.csv").write_text(out.getvalue())
    exported = reeltally("reconcile", "export.csv", *MONTH)
    asked = reeltally("reconcile", "--from-gateway", "--base-url", gateway.base, *reeltally.user(), *MONTH)
    assert exported.code == asked.code == 3 and exported.out == asked.out, exported
    assert "an export of the gateway's log" in exported.err and "`id` is the number of a row" in exported.err
    refused = reeltally("reconcile", "export.csv", *MONTH, "--currency", "USD")
    assert refused.code == 2 and "--currency does not apply to the gateway's log" in refused.err, refused
    (reeltally.folder / "export.csv").write_text(out.getvalue() + "100,yesterday,2,main,1,r-x,{}\n")
    broken = reeltally("reconcile", "export.csv", *MONTH)
    assert "export.csv:15: no row of the gateway's log" in broken.err and "1 row of the log without" in broken.err, broken
