"""Rounding by currency and a second currency, by the real binary, and recomputed with Python's decimals."""
import csv
import datetime
import decimal
import hashlib
import io
import sqlite3

import pytest

from billing_month import month, nginx  # noqa: F401 (fixtures)
from conftest import exact

D = decimal.Decimal
PRICES = """model,unit,price,currency
happy*,second,0.905,CNY
wan*,second,13.3333,JPY
veo*,second,0.15551,KWD
*seedance*,mtoken,46.125,EUR
"""
# Friday, Monday; from Saturday the 20th on there is only the rate of the month.
RATES = """date,from,to,rate,source
2026-06-05,CNY,EUR,0.1261,ECB
2026-06-08,CNY,EUR,0.1263,ECB
2026-06-12,CNY,EUR,0.1259,ECB
2026-06-13,CNY,EUR,0.12585,ECB
2026-06,CNY,EUR,0.126,month
2026-06,JPY,EUR,0.00617,month
2026-06-08,EUR,CNY,7.9,ECB
"""
DECIMALS = {"CNY": 2, "JPY": 0, "KWD": 3, "EUR": 2}
EVEN = decimal.ROUND_HALF_EVEN
OPTIONS = ("--rates", "rates.csv", "--billing-currency", "EUR")


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def rounded(amount, currency):
    return amount.quantize(D(1).scaleb(-DECIMALS[currency]), EVEN)


def expected_rate(currency, day):
    """(rate, its date) or None; written anew from RATES."""
    table = rows(RATES)
    known = {row["date"]: D(row["rate"]) for row in table if (row["from"], row["to"]) == (currency, "EUR")}
    for back in range(7):
        date = (day - datetime.timedelta(days=back)).isoformat()
        if date in known:
            return known[date], date
    return (known["2026-06"], "2026-06") if "2026-06" in known else None


@pytest.fixture
def june(month):  # noqa: F811
    program = month(600)
    (program.folder / "prices.csv").write_text(PRICES)
    (program.folder / "rates.csv").write_text(RATES)
    return program


def check(lines, rounding):
    seen = set()
    for line in (line for line in lines if line["status"] == "success"):
        currency, exact = line["currency"], D(line["quantity"]) * D(line["unit_price"])
        cost = rounded(exact, currency) if rounding else exact
        assert D(line["cost"]) == cost and line["billing_currency"] == "EUR", line
        day = datetime.date.fromisoformat(line["finished_at"][:10])
        rate = expected_rate(currency, day)
        if currency == "EUR":
            assert (D(line["billing_cost"]), line["rate"], line["rate_note"]) == (cost, "", ""), line
        elif rate is None:
            assert (line["billing_cost"], line["rate"]) == ("", ""), line
            assert line["rate_note"] == f"no rate from {currency} to EUR on {day}"
        else:
            amount = rounded(cost * rate[0], "EUR") if rounding else cost * rate[0]
            assert (D(line["billing_cost"]), D(line["rate"])) == (amount, rate[0]), line
            assert line["rate_note"].startswith(rate[1] + ", "), line
        seen.add((currency, rate and rate[1]))
    assert {"CNY", "JPY", "KWD", "EUR"} == {currency for currency, _ in seen} and len(seen) >= 8, seen


def test_nothing_is_converted_without_rates_and_exactly_with_them(june):
    report = ("report", "--period", "2026-06", "--prices", "prices.csv")
    plain = june(*report)
    assert "billing_currency" not in plain.out.splitlines()[0]
    result = june(*report, *OPTIONS)
    lines = rows(result.out)
    check(lines, rounding=False)
    assert [line.split(",")[0] for line in result.out.splitlines()] == \
        [line.split(",")[0] for line in plain.out.splitlines()], "the same lines"
    assert "no cost in the billing currency in" in result.err
    assert june(*report, *OPTIONS, "-o", "june.csv").code == 0
    manifest = exact((june.folder / "june.csv.manifest.json").read_text())
    assert manifest["billing_currency"] == "EUR"
    assert manifest["rates_sha256"] == hashlib.sha256(RATES.encode()).hexdigest()
    total = sum(D(line["billing_cost"]) for line in lines if line["billing_cost"])
    assert {code: D(text) for code, text in manifest["billing_totals"].items()} == {"EUR": total}
    missing = [line for line in lines if line["status"] == "success" and not line["billing_cost"]]
    assert manifest["unconverted"] == len(missing) > 0
    for other in ("html", "focus"):
        assert june(*report, "--format", other).out == june(*report, *OPTIONS, "--format", other).out
    groups = rows(june(*report, *OPTIONS, "--by", "model").out)
    assert sum(D(row["billing_cost"]) for row in groups if row["billing_cost"]) == total
    assert sum(int(row["unconverted"]) for row in groups) == len(missing)


def test_amounts_have_the_decimals_of_their_currency(june):
    result = june("report", "--period", "2026-06", "--prices", "prices.csv", "--round-by-currency", *OPTIONS)
    lines = rows(result.out)
    for line in (line for line in lines if line["status"] == "success"):
        exact = D(line["quantity"]) * D(line["unit_price"])
        assert D(line["cost"]) == rounded(exact, line["currency"]), line
        assert line["cost"] == format(D(line["cost"]), "f"), line
    both = june("report", "--period", "2026-06", "--round", "2", "--round-by-currency")
    assert both.code == 2 and "exclude each other" in both.err


def test_a_closing_keeps_rounding_and_rates(june):
    close = ("close", "2026-06", "--prices", "prices.csv", "--round-by-currency", *OPTIONS)
    for dry in ((), ("--dry-run",)):
        refused = june(*close, *dry)
        assert refused.code == 3 and "have no cost in EUR (" in refused.err, refused
        assert "no rate from KWD to EUR on 2026-06-0" in refused.err and "reasons more" in refused.err
    closed = june(*close, "--json", "--force")
    assert closed.code == 0, closed
    (june.folder / "prices.csv").write_text("changed")
    (june.folder / "rates.csv").write_text(RATES.replace("0.1", "0.2"))
    report = june("report", "--period", "2026-06")
    check(rows(report.out), rounding=True)
    assert hashlib.sha256(report.out.encode()).hexdigest() == exact(closed.out)["sha256"]
    other = june("report", "--period", "2026-06", *OPTIONS)
    assert other.out == report.out and "was closed with its own rates into EUR" in other.err
    assert june("report", "--period", "2026-06", "-o", "june.csv").code == 0
    manifest = exact((june.folder / "june.csv.manifest.json").read_text())
    assert manifest["closed_round"] == "currency" and manifest["round"] is None
    assert manifest["prices_sha256"] == hashlib.sha256(PRICES.encode()).hexdigest(), "of the file itself"
    assert june("db", "check").code == 0
    (june.folder / "prices.csv").write_text(PRICES)
    again = june("close", "2026-06", "--reprice", "--prices", "prices.csv")
    assert again.code == 0 and "has these prices already" in again.out, again
    (june.folder / "dearer.csv").write_text(PRICES.replace("0.905", "1.905"))
    assert june("close", "2026-06", "--reprice", "--prices", "dearer.csv").code == 0
    july = rows(june("report", "--period", "2026-07").out)
    repriced = [line for line in july if line["adjusts"] and not line["line_id"].endswith("-reversal")]
    assert repriced and all(
        D(line["cost"]) == rounded(D(line["quantity"]) * D("1.905"), "CNY") for line in repriced), july
    assert june("report", "--period", "2026-06").out == report.out


@pytest.mark.parametrize("before, after", [
    ("CNY,EUR,0.1261", "CNY,EUR,0.2261"), ("# round: currency\n", "# round: 4\n"), ("# round: currency\n", "# round: most\n"),
    ("# terms of the closing", "# terms")])
def test_terms_that_somebody_changed_are_refused(june, before, after):
    unreadable = after == "# round: most\n"
    assert june("close", "2026-06", "--prices", "prices.csv", "--round-by-currency", *OPTIONS, "--force").code == 0
    with sqlite3.connect(june.ledger) as database:
        guards = database.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'period'").fetchall()
        for name, _ in guards:
            database.execute(f"DROP TRIGGER {name}")
        assert database.execute("UPDATE period SET prices = replace(prices, ?, ?)", (before, after)).rowcount == 1
        for _, text in guards:
            database.execute(text)
    database.close()
    june.check_ledger = False
    for command in (("report", "--period", "2026-06"), ("db", "check")):
        result = june(*command)
        told = result.err + result.out
        assert result.code == 1 and ("its hash covers another value of `prices_sha256`" in told or
                                     unreadable and "the terms of a closed period are damaged (rounding most)" in told), result


@pytest.mark.parametrize("arguments, why", [
    (("--rates", "rates.csv"), "--rates needs the currency of the bill"),
    (("--billing-currency", "EUR"), "--billing-currency needs the exchange rates"),
    (("--rates", "rates.csv", "--billing-currency", "euro"), "euro is no code of ISO 4217"),
    (("--rates", "rates.csv", "--billing-currency", "CHF"), "no row leads to CHF"),
])
def test_wrong_usage_is_told(june, arguments, why):
    result = june("report", "--period", "2026-06", *arguments)
    assert result.code == 2 and why in result.err, result


def test_terms_need_a_price_book(june):
    for arguments in (OPTIONS, ("--round", "2")):
        result = june("close", "2026-06", *arguments)
        assert result.code == 2 and "add --prices FILE" in result.err, result
