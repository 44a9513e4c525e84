"""prices check with the real binary: a book alone, and against a ledger."""
import json

import pytest

from billing_month import PRICES, month, nginx  # noqa: F401 (fixtures)
from conftest import ROOT

HEADER = "model,unit,min_sr,max_sr,price,currency,valid_from,valid_to\n"


@pytest.mark.parametrize("text", [None, HEADER + ",,,,,,,\na,second,,,1,CNY,,\n ,,,,,,,\n"])
def test_a_book_without_a_fault(reeltally, text):
    path = ROOT / "docs/prices-example.csv"
    if text:
        path = reeltally.folder / "prices.csv"
        path.write_text(text)
    result = reeltally("prices", "check", path)
    assert result.code == 0 and result.out == "" and "nothing is wrong" in result.err, result


def test_each_finding_is_a_line(reeltally):
    (reeltally.folder / "prices.csv").write_text(
        HEADER + "a,second,,720,1,CNY,,2026-05-31\na,second,,720,2,CNY,2026-07-01,\na,second,1080,,3,RMB,,\n"
        "*,video,,,1,USD,2026-09-01,\nb,video,,,2,USD,2026-09-01,\n")
    result = reeltally("prices", "check", "prices.csv")
    assert result.code == 3 and "3 findings in 5 rows" in result.err, result
    assert result.out.splitlines() == [
        "prices.csv, line 3: no row gives a price from 2026-06-01 to 2026-06-30, between line 2 and this one",
        "prices.csv, line 4: RMB is no currency of ISO 4217; the code of the renminbi is CNY",
        "prices.csv, line 6: can never count: the rows before it (5) fit all its tasks, and the first one gives the price"]
    found = [json.loads(line) for line in reeltally("prices", "check", "prices.csv", "--json").out.splitlines()]
    assert [(one["type"], one["line"], one["kind"]) for one in found] == [
        ("finding", 3, "day_gap"), ("finding", 4, "currency"), ("finding", 6, "never_counts")]


def test_what_is_no_book_or_no_ledger(reeltally):
    (reeltally.folder / "bad.csv").write_text("model,unit,price,currency\na,hour,1,USD\n")
    for path in ("bad.csv", "missing.csv"):
        result = reeltally("prices", "check", path)
        assert result.code == 2 and result.out == "", result
    (reeltally.folder / "prices.csv").write_text(PRICES)
    missing = reeltally("prices", "check", "prices.csv", "--db", "missing.db")
    assert missing.code == 10, missing


@pytest.mark.parametrize("closed", [False, True])
def test_models_of_the_ledger_without_a_price(month, closed):  # noqa: F811
    program = month(300)
    if closed:
        assert program("close", "2026-06", "--prices", "prices.csv", "--force").code == 0
    assert program("prices", "check", "prices.csv", "--db", program.ledger).code == 0
    (program.folder / "few.csv").write_text(HEADER + "happy*,second,,,1,CNY,,2026-06-10\nseed*,mtoken,,,1,CNY,2026-07-15,\n")
    result = program("prices", "check", "few.csv", "--db", program.ledger)
    assert result.code == 3, result
    said = {line.split(" of the ledger")[0].rsplit(": ", 2)[-2]: line for line in result.out.splitlines()}
    assert set(said) == {"model happyhorse1.0", "model veo3.1", "model wan2.5"}, result
    assert "no price for this model" in said["model wan2.5"] and "no price at this date" in said["model happyhorse1.0"]
    assert program("prices", "check", "few.csv").code == 0, "without a ledger nothing is known of its models"
