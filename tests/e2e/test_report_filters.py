"""report --label and --decimal-comma with the real binary: one file for each customer, and for German spreadsheets."""
import collections
import csv
import decimal
import io

import pytest

from billing_month import CUSTOMERS, month, nginx  # noqa: F401 (fixtures)
from conftest import exact

JUNE = ("report", "--period", "2026-06", "--prices", "prices.csv")


def rows(text, delimiter=","):
    return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))


def sums(lines):
    totals = collections.Counter()
    for line in lines:
        if line["currency"]:
            totals[line["currency"]] += decimal.Decimal(line["cost"])
    return {currency: total for currency, total in totals.items() if total}


@pytest.fixture
def june(month):  # noqa: F811
    return month(600)


@pytest.mark.parametrize("closed", [False, True])
def test_the_files_of_all_customers_are_the_whole_report(june, closed):
    if closed:
        assert june("close", "2026-06", "--prices", "prices.csv", "--force").code == 0
    whole = rows(june(*JUNE).out)
    found = []
    for number, customer in enumerate(CUSTOMERS):
        name = f"c{number}.csv"
        assert june(*JUNE, "--label", f"customer={customer}", "-o", name).code == 0
        lines = rows((june.folder / name).read_text())
        assert lines and {line["label_customer"] for line in lines} == {customer}
        manifest = exact((june.folder / f"{name}.manifest.json").read_text())
        assert manifest["label"] == {"customer": [customer]} and manifest["rows"] == len(lines)
        assert {c: decimal.Decimal(v) for c, v in manifest["totals"].items()} == sums(lines)
        for form in ("json", "focus", "html"):
            other = june(*JUNE, "--label", f"customer={customer}", "--format", form)
            assert other.code == 0 and other.out and CUSTOMERS[number - 1].split()[0] not in other.out, form
        groups = rows(june(*JUNE, "--label", f"customer={customer}", "--by", "day").out)
        assert sums(groups) == sums(lines)
        found += lines
    assert sorted(line["line_id"] for line in found) == sorted(line["line_id"] for line in whole)
    assert rows(june(*JUNE, "--label", "customer=").out) == [], "each task has a customer"


def test_a_label_that_no_task_has_is_said(june):
    result = june(*JUNE, "--label", "custmer=Studio 7")
    assert result.code == 0 and rows(result.out) == []
    assert "no task of 2026-06 has custmer=Studio 7" in result.err and "its labels are customer" in result.err
    for wrong in ("customer", "=x"):
        result = june(*JUNE, "--label", wrong)
        assert result.code == 2 and "NAME=VALUE" in result.err and result.out == ""


def test_decimal_commas_are_the_same_numbers(june):
    plain = rows(june(*JUNE).out)
    german = rows(june(*JUNE, "--decimal-comma", "--bom").out.lstrip("\ufeff"), ";")
    numbers = ("cost", "quantity", "unit_price", "duration_seconds", "completion_tokens")
    assert any("," in line["cost"] for line in german)
    assert not any("." in line[name] for line in german for name in numbers)
    for line in german:
        for name in numbers:
            line[name] = line[name].replace(",", ".")
    assert german == plain
    assert june(*JUNE, "--decimal-comma", "-o", "german.csv").code == 0
    assert exact((june.folder / "german.csv.manifest.json").read_text())["decimal_comma"] is True
    for wrong in (["--format", "json"], ["--format", "focus"], ["--delimiter", ","], ["--json"]):
        result = june(*JUNE, "--decimal-comma", *wrong)
        assert result.code == 2 and "--decimal-comma cannot be used with" in result.err and result.out == "", wrong


def test_options_of_csv_are_not_ignored(june):
    for option in (["--bom"], ["--delimiter", ";"]):
        for format in (["--format", "xlsx", "-o", "june.xlsx"], ["--format", "html"], ["--json"]):
            result = june(*JUNE, *option, *format)
            assert result.code == 2 and f"{option[0]} cannot be used with --format" in result.err and result.out == "", result
    (june.folder / "csv.toml").write_text('delimiter = ";"\n')
    assert june(*JUNE, "--json", "--config", "csv.toml").code == 0, "a default is for CSV alone"
