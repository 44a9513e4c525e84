"""What customers pay, by the real binary, and recomputed with Python's decimals."""
import csv
import decimal
import hashlib
import io

import pytest

from billing_month import PRICES, month, nginx  # noqa: F401 (fixtures)
from conftest import exact

D = decimal.Decimal
RESALE = """model,unit,price,currency,label:customer,discount
happy*,second,2.1,CNY,,
happy*,second,2.1,CNY,Studio 7,10%
wan*,task,3,CNY,,
veo*,second,0.333,EUR,,
*seedance*,mtoken,61.5,CNY,,
"""
PLAIN = ("report", "--period", "2026-06", "--prices", "prices.csv")
SOLD = (*PLAIN, "--resale", "resale.csv")


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def expected(line):
    """(amount, currency) of a success; written anew from RESALE."""
    model, seconds = line["model"], D(line["duration_seconds"] or 0)
    if model.startswith("happy"):
        return seconds * D("2.1") * (D("0.9") if line["label_customer"] == "Studio 7" else 1), "CNY"
    if model.startswith("wan"):
        return D(3), "CNY"
    if model.startswith("veo"):
        return seconds * D("0.333"), "EUR"
    return D(line["completion_tokens"]) / 10**6 * D("61.5"), "CNY"


def check(lines):
    seen = set()
    for line in lines:
        if line["status"] == "failure":
            assert (line["resale"], line["margin"]) == ("0", "0"), line
            continue
        amount, currency = expected(line)
        assert (D(line["resale"]), line["resale_currency"]) == (amount, currency), line
        if currency == line["currency"]:
            assert D(line["margin"]) == amount - D(line["cost"]) and line["resale_note"] == "", line
        else:
            assert line["margin"] == "" and line["resale_note"] == f"no margin between {line['currency']} and {currency}"
        seen.add((line["currency"], currency))
    assert seen == {("CNY", "CNY"), ("USD", "EUR")}


@pytest.fixture
def june(month):  # noqa: F811
    program = month(400)
    (program.folder / "resale.csv").write_text(RESALE)
    return program


def test_each_line_has_resale_and_margin(june):
    assert "resale" not in june(*PLAIN).out.splitlines()[0]
    lines = rows(june(*SOLD).out)
    check(lines)
    assert june(*SOLD, "-o", "june.csv").code == 0
    manifest = exact((june.folder / "june.csv.manifest.json").read_text())
    for name, column in (("resale_totals", "resale"), ("margin_totals", "margin")):
        sums = {}
        for line in lines:
            if line["resale_currency"] and line[column]:
                sums[line["resale_currency"]] = sums.get(line["resale_currency"], D(0)) + D(line[column])
        assert {code: D(text) for code, text in manifest[name].items()} == sums, name
    assert manifest["resale_sha256"] == hashlib.sha256(RESALE.encode()).hexdigest() and manifest["unsold"] == 0
    groups = rows(june(*SOLD, "--by", "label:customer", "--by", "model").out)
    assert sum(D(row["resale"]) for row in groups if row["resale_currency"] == "CNY") == D(manifest["resale_totals"]["CNY"])
    assert sum(D(row["margin"] or 0) for row in groups) == D(manifest["margin_totals"]["CNY"])
    assert sum(int(row["tasks"]) for row in groups) == len(lines)


def test_a_closing_keeps_the_resale_book(june):
    before = june(*SOLD).out
    assert june("close", "2026-06", "--prices", "prices.csv", "--resale", "resale.csv").code == 0
    (june.folder / "resale.csv").write_text(RESALE.replace("2.1", "9.9"))
    assert june("report", "--period", "2026-06").out == before
    other = june(*SOLD)
    assert other.out == before and "was closed with its own resale book" in other.err
    assert june("db", "check").code == 0
    (june.folder / "dearer.csv").write_text(PRICES.replace("0.90", "1.90"))
    assert june("close", "2026-06", "--reprice", "--prices", "dearer.csv").code == 0
    july = [line for line in rows(june("report", "--period", "2026-07", "--prices", "prices.csv", "--resale", "resale.csv").out)
            if line["adjusts"]]
    assert july and sum(D(line["resale"]) for line in july) == 0, "sold by the book of June"
    assert sum(D(line["margin"]) for line in july) == -sum(D(line["cost"]) for line in july)


def test_a_line_that_is_not_sold_is_told(june):
    (june.folder / "resale.csv").write_text(RESALE.replace("wan*,task,3,CNY,,\n", ""))
    result = june(*SOLD)
    unsold = [line for line in rows(result.out) if line["resale"] == ""]
    assert unsold and {line["resale_note"] for line in unsold} == {"no price for this model"}
    assert f"no resale price in {len(unsold)} lines" in result.err
    groups = rows(june(*SOLD, "--by", "day").out)
    assert sum(int(row["unsold"]) for row in groups) == len(unsold)
    close = ("close", "2026-06", "--prices", "prices.csv", "--resale", "resale.csv")
    for more in ((), ("--dry-run",)):
        refused = june(*close, *more)
        assert refused.code == 3 and f"{len(unsold)} lines have no resale price (" in refused.err, refused
        assert "model wan2.5, no price for this model" in refused.err
    checked = june("report", "--check", *SOLD[1:], "--json")
    assert checked.code == 3 and [exact(line)["kind"] for line in checked.out.splitlines()] == ["unsold"], checked
    assert june(*close, "--force").code == 0
    assert june("report", "--period", "2026-07", "--resale", "resale.csv", "--format", "html").code == 0
