"""`report --check` and the sums of `close --dry-run`, by the real binary on both engines."""
import csv
import decimal
import io
import sqlite3

import pytest

from billing_month import month, nginx  # noqa: F401 (fixtures)
from conftest import exact
from postgres import Postgres

D = decimal.Decimal
CHECK = ("report", "--check", "--period", "2026-06", "--prices", "prices.csv")


def kinds(result):
    return [exact(line)["kind"] for line in result.out.splitlines()]


def change(program, *statements):
    with sqlite3.connect(program.ledger) as database:
        for statement in statements:
            database.execute(statement)
    database.close()
    program.check_ledger = False  # its rows were changed by hand


@pytest.fixture(scope="module")
def server():
    made = Postgres()
    yield made
    made.close()


@pytest.fixture
def june(month):  # noqa: F811
    return month(400)


def test_a_month_without_findings(june):
    result = june(*CHECK)
    assert (result.code, result.out) == (0, "") and "nothing to look into" in result.err, result


def test_each_kind_is_told_in_one_line(june):
    change(june, "UPDATE task SET model = 'wan9' WHERE model = 'wan2.5' AND submit_time >= 1780272000000")
    (june.folder / "prices.csv").write_text("model,unit,price,currency\nhappy*,second,1,CNY\n*seedance*,mtoken,2,CNY\n"
                                            "wan*,second,1,CNY\n")
    result = june(*CHECK)
    assert result.code == 3 and len(result.out.splitlines()) == 2, result
    unpriced, models = result.out.splitlines()
    assert unpriced.startswith("2026-06: ") and "have no cost (model veo3.1, " in unpriced
    assert "1 new model: wan9 (" in models, models
    assert kinds(june(*CHECK, "--json")) == ["unpriced", "new_model"]
    assert "2 findings" in result.err


def test_changed_labels_of_the_closed_month_before(june):
    assert june("close", "2026-06", "--prices", "prices.csv").code == 0
    july = ("report", "--check", "--period", "2026-07", "--prices", "prices.csv", "--json")
    assert kinds(june(*july)) == []
    change(june, "UPDATE task SET labels = '{\"customer\":\"Mallory\"}' WHERE json_extract(labels, '$.customer') = 'Tom & Co'")
    result = june(*july)
    assert kinds(result) == ["labels_changed"] and result.code == 3, result
    assert "customer was `Tom & Co` and is `Mallory`" in exact(result.out)["text"]
    assert kinds(june(*july, "--label", "customer=Studio 7")) == []


def test_a_server_finds_the_same(june, server):
    assert june("close", "2026-06", "--prices", "prices.csv").code == 0
    change(june, "UPDATE task SET labels = '{\"customer\":\"Mallory\"}' WHERE id % 3 = 0")
    url = server.url(server.database())
    assert june("db", "copy", url).code == 0
    for arguments in (("report", "--check", "--period", "2026-06", "--prices", "prices.csv"),
                      ("close", "2026-07", "--prices", "prices.csv", "--dry-run", "--json")):
        here, there = june(*arguments), june(*arguments, "--db", url)
        assert (there.code, there.out) == (here.code, here.out) and here.out, (here, there)


def test_wrong_usage(june):
    for arguments, why in ((("--check", "--period", "2026-06"), "add --prices FILE"),
                           ((*CHECK[1:], "-o", "x.csv"), "writes no report"),
                           ((*CHECK[1:], "--by", "model"), "writes no report")):
        result = june("report", *arguments)
        assert result.code == 2 and why in result.err, result


def test_a_dry_run_sums_by_customer_and_names_the_neighbours(june):
    dry = ("close", "2026-06", "--prices", "prices.csv", "--dry-run")
    result = june(*dry, "--json")
    found = exact(result.out)
    lines = list(csv.DictReader(io.StringIO(june("report", "--period", "2026-06", "--prices", "prices.csv").out)))
    names = {line["label_customer"] for line in lines}
    assert {one["customer"] for one in found["customers"]} == names and len(names) == 5
    for one in found["customers"]:
        own = [line for line in lines if line["label_customer"] == one["customer"]]
        for currency, total in one["totals"].items():
            assert D(total) == sum(D(line["cost"]) for line in own if line["currency"] == currency)
        assert one["unpriced"] == sum(line["cost"] == "" for line in own)
    text = june(*dry)
    assert "Tom & Co: " in text.out and "zone UTC\n" in text.out, text
    other = exact(june(*dry, "--json", "--customer-label", "studio").out)
    assert [one["customer"] for one in other["customers"]] == [None]
    assert june("close", "2026-05", "--prices", "prices.csv", "--tz", "Asia/Shanghai", "--force").code == 0
    refused = june(*dry)
    assert refused.code == 3 and "2026-05 was closed in Asia/Shanghai" in refused.out, refused
    assert exact(june(*dry, "--json").out)["neighbours"] == [{"period": "2026-05", "tz": "Asia/Shanghai"}]
