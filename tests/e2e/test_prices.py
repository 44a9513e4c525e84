"""Price books with contracts, by the real binary, and recomputed with Python's decimals."""
import csv
import decimal
import io
import math
import sqlite3

import pytest

from billing_month import month, nginx  # noqa: F401 (fixtures)
from conftest import ROOT, exact

D = decimal.Decimal
CONTRACTS = """model,unit,price,currency,max_sr,account,label:customer,duration_seconds,minimum,round_up,discount,note
*,second,0.50,CNY,,,,,,,,
happy*,second,0.90,CNY,,,,,,,,
happy*,second,0.70,CNY,720,,,,,,,
wan*,task,2.5,USD,,,,,,,,
*,second,0.80,CNY,,,Studio 7,,6,1,12.5%,contract 7
*,second,0.40,CNY,,default,Tom & Co,>7,,5,,
*seedance*,mtoken,46,CNY,,,,,0.25,0.001,,
*,label:number,0.03,EUR,,,Atelier*,,,,,
"""


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def ceil_to(value, step):
    return math.ceil(value / step) * step


def expected(line):
    """(cost, currency) of a success; written anew from the contracts above."""
    seconds = D(line["duration_seconds"] or 0)
    model, customer = line["model"], line["label_customer"]
    if customer.startswith("Atelier"):
        return D(line["label_number"]) * D("0.03"), "EUR"
    if customer == "Tom & Co" and seconds > 7:
        return ceil_to(seconds, 5) * D("0.40"), "CNY"
    if customer == "Studio 7":
        return max(ceil_to(seconds, 1), 6) * D("0.80") * D("0.875"), "CNY"
    if model.startswith("wan"):
        return D("2.5"), "USD"
    if "seedance" in model:
        return max(ceil_to(D(line["completion_tokens"]) / 10**6, D("0.001")), D("0.25")) * 46, "CNY"
    if model.startswith("happy"):
        return seconds * (D("0.70") if int(line["resolution"].rstrip("p")) <= 720 else D("0.90")), "CNY"
    return seconds * D("0.50"), "CNY"


@pytest.fixture
def june(month):  # noqa: F811
    """The month, whose tasks also have a label with a number."""
    program = month(900)
    with sqlite3.connect(program.ledger) as database:
        database.execute("UPDATE task SET labels = json_set(labels, '$.number', cast(id % 13 AS TEXT))")
        database.execute("UPDATE task SET quota = cast(id * 1000 AS TEXT)")
    database.close()
    program.check_ledger = False  # the rows were changed by hand
    (program.folder / "contracts.csv").write_text(CONTRACTS)
    return program


def test_contracts_are_charged_to_the_last_digit(june):
    report = ("report", "--period", "2026-06", "--prices", "contracts.csv")
    before = june(*report)
    lines = rows(before.out)
    done = [line for line in lines if line["status"] == "success"]
    assert len(done) > 500 and before.code == 0, before
    seen = set()
    for line in done:
        if line["label_customer"] == "Studio 7" and "seedance" in line["model"]:
            assert line["cost"] == "" and "no usable duration_seconds" in line["cost_note"], line
            continue
        assert (D(line["cost"]), line["currency"]) == expected(line), line
        assert D(line["quantity"]) * D(line["unit_price"]) == D(line["cost"])
        seen.add(line["unit"])
    assert seen == {"second", "task", "mtoken", "label"}
    assert any("12.5% off 0.8; price note: contract 7" in line["cost_note"] for line in done)
    groups = rows(june(*report, "--by", "label:customer", "--by", "model").out)
    for currency in ("CNY", "USD", "EUR"):
        assert sum(D(row["cost"]) for row in groups if row["currency"] == currency and row["cost"]) == \
            sum(D(line["cost"]) for line in done if line["currency"] == currency and line["cost"])
    assert june("close", "2026-06", "--prices", "contracts.csv", "--force").code == 0
    (june.folder / "contracts.csv").write_text("changed")
    assert june("report", "--period", "2026-06").out == before.out, "the contracts are frozen"


def test_the_gateways_quota_is_a_unit(june):
    (june.folder / "quota.csv").write_text("model,unit,price,currency\n*,quota,1,USD\n")

    def costs(*arguments):
        result = june("report", "--period", "2026-06", "--prices", "quota.csv", "--status", "success", *arguments)
        assert result.code == 0, result
        return {line["task_id"]: D(line["cost"]) for line in rows(result.out)}, rows(result.out)
    usual, lines = costs()
    assert all(D(line["cost"]) == D(line["quota"]) / 500000 for line in lines) and lines
    half, _ = costs("--quota-per-unit", "1000000")
    assert {task: 2 * cost for task, cost in half.items()} == usual
    wrong = june("report", "--period", "2026-06", "--prices", "quota.csv", "--quota-per-unit", "300000")
    assert wrong.code == 2 and "would not be exact" in wrong.err
    closed = june("close", "2026-06", "--prices", "quota.csv", "--force", "--quota-per-unit", "1000000")
    assert closed.code == 0, closed
    assert costs("--quota-per-unit", "1000000")[0] == half, "frozen with the book"
    again = june("close", "2026-06", "--reprice", "--prices", "quota.csv", "--json")
    assert again.code == 0 and exact(again.out)["totals"] == {"USD": sum(half.values())}, again


def test_rows_that_fit_equally_well_give_no_price(june):
    (june.folder / "tied.csv").write_text("model,unit,price,currency,account,label:customer\n"
                                          "*,task,1,USD,default,\n*,task,2,USD,,Studio 7\n")
    result = june("report", "--period", "2026-06", "--prices", "tied.csv", "--status", "success")
    for line in rows(result.out):
        tied = line["label_customer"] == "Studio 7"
        assert (line["cost"], line["cost_note"]) == (
            ("", "lines 2 and 3 of the price book fit equally well") if tied else ("1", "")), line
    refused = june("close", "2026-06", "--prices", "tied.csv")
    assert refused.code == 3 and "fit equally well" in refused.err


def test_the_example_shows_a_contract():
    text = (ROOT / "docs/prices-example.csv").read_text()
    assert "label:customer" in text
