"""report --format focus with the real binary: the columns and rules of each version (tests/data/focus.csv, made from the
text of the specification), and the rules of its authors if their validator is installed."""
import csv
import decimal
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess

import pytest

from billing_month import month, nginx  # noqa: F401 (fixtures)
from conftest import PATIENCE, ROOT

D = decimal.Decimal
VERSIONS = ("1.2", "1.3", "1.4")
with open(ROOT / "tests/data/focus.csv", newline="") as table:
    COLUMNS = {row["column"]: row for row in csv.DictReader(table)}
# The recommended and conditional ones that apply to us: usage is measured and priced by unit, a task is the resource, and
# its labels are the tags. There are no regions, sub accounts, commitments and shared costs.
OURS = {"ChargeFrequency", "ConsumedQuantity", "ConsumedUnit", "ContractedUnitPrice", "ListUnitPrice", "PricingCategory",
        "ResourceId", "ResourceName", "ResourceType", "ServiceSubcategory", "SkuId", "SkuMeter", "SkuPriceDetails",
        "SkuPriceId", "Tags"}
FORMS = {
    "decimal": r"-?[0-9]+(\.[0-9]+)?", "currency": r"[A-Z]{3}", "time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "unit": r"([1-9][0-9]* )?[A-Z][A-Za-z]*( [A-Z][A-Za-z]*)*", "text": r"(?s).+", "json": r"\{.*\}",
}


def columns_of(version):
    return {name for name, row in COLUMNS.items() if row[version] == "mandatory" or (row[version] and name in OURS)}


def check_cell(name, text):
    row = COLUMNS[name]
    if text == "":
        assert row["nulls"] == "yes", f"{name} is null"
        return
    assert re.fullmatch(FORMS[row["type"]], text), f"{name}: {text}"
    assert not row["values"] or text in row["values"].split("|"), f"{name}: {text}"
    if row["type"] == "json":
        assert all(isinstance(value, (str, int, float, bool)) for value in json.loads(text).values()), f"{name}: {text}"


def check_focus(text, version="1.4"):
    reader = csv.DictReader(io.StringIO(text))
    names = reader.fieldnames
    own = [name for name in names if name.startswith("x_")]
    assert names[-len(own):] == own, "our own columns stand last"
    theirs = names[:-len(own)]
    assert set(theirs) == columns_of(version) and theirs == sorted(theirs), version
    rows = list(reader)
    for row in rows:
        for name in theirs:
            check_cell(name, row[name])
        assert row["BillingPeriodStart"] < row["BillingPeriodEnd"] and row["ChargePeriodStart"] < row["ChargePeriodEnd"]
        if row["ChargeClass"] != "Correction":
            assert row["BillingPeriodStart"] <= row["ChargePeriodStart"] < row["BillingPeriodEnd"]
            assert row["SkuId"] and row["SkuPriceId"] and row["PricingQuantity"], "a usage has these"
        for cost, price in (("ListCost", "ListUnitPrice"), ("ContractedCost", "ContractedUnitPrice")):
            assert (D(row[price]) * D(row["PricingQuantity"])).normalize() == D(row[cost]).normalize(), "price times quantity"
        assert (row["PricingQuantity"] == "") == (row["PricingUnit"] == "")
        assert (row["ConsumedQuantity"] == "") == (row["ConsumedUnit"] == "")
        assert row["SkuId"] or not row["SkuPriceId"], "a price needs its SKU"
    return rows


@pytest.fixture
def filled(month):  # noqa: F811
    return month(1000)


def focus(program, *arguments, period="2026-06"):
    result = program("report", "--period", period, "--prices", "prices.csv", "--format", "focus", *arguments)
    assert result.code == 0, result
    return result.out


def test_each_version_keeps_its_rules(filled):
    lines = list(csv.DictReader(io.StringIO(filled("report", "--period", "2026-06", "--prices", "prices.csv").out)))
    charged = [line for line in lines if line["status"] == "success" and line["cost"]]
    assert charged
    for version in VERSIONS:
        focus(filled, "--focus-version", version, "-o", "focus.csv")
        rows = check_focus((filled.folder / "focus.csv").read_text(), version)
        assert [row["x_LineId"] for row in rows] == [line["line_id"] for line in charged]
        assert [row["BilledCost"] for row in rows] == [line["cost"] for line in charged]
        manifest = json.loads((filled.folder / "focus.csv.manifest.json").read_text())
        assert manifest["focus_version"] == version
        assert manifest["rows"] == len(rows) and manifest["left_out"] == len(lines) - len(rows) > 0
    assert focus(filled) == (filled.folder / "focus.csv").read_text(), "1.4 is the default"
    (filled.folder / "config.toml").write_text('focus-version = "1.2"\n')
    assert "ProviderName" in focus(filled, "--config", "config.toml").splitlines()[0].split(",")


def test_with_rounded_costs(filled):
    assert focus(filled, "--bom").startswith("\ufeffBilledCost,")
    rows = check_focus(focus(filled, "--round", "2"))
    assert all(-D(row["BilledCost"]).as_tuple().exponent <= 2 for row in rows)


def test_names_are_settings_of_an_account(filled):
    usual = check_focus(focus(filled, "--focus-version", "1.3"), "1.3")[0]
    parties = ("ProviderName", "ServiceProviderName", "HostProviderName", "PublisherName", "InvoiceIssuerName")
    assert {usual[name] for name in parties} == {"AnyFast"} and usual["BillingAccountName"] == "default"
    (filled.folder / "config.toml").write_text(
        '[account.default]\nprovider = "Gate, Inc."\naccount-name = "Film 7"\nhost-provider = "Cloud"\n'
        'invoice-issuer = "Gate \\"EU\\""\n[account.other]\nprovider = "X"\n')
    own = check_focus(focus(filled, "--focus-version", "1.3", "--config", "config.toml"), "1.3")[0]
    assert [own[name] for name in parties] == ["Gate, Inc.", "Gate, Inc.", "Cloud", "Gate, Inc.", 'Gate "EU"']
    assert own["BillingAccountName"] == "Film 7" and own["BillingAccountId"] == "default"
    shown = filled("config", "--json", "--config", "config.toml").out.splitlines()
    accounts = {one["name"]: one for one in map(json.loads, shown) if one["type"] == "account"}
    assert accounts["default"]["focus"]["invoice-issuer"] == 'Gate "EU"' and accounts["other"]["focus"] == {"provider": "X"}
    assert 'FOCUS: provider "Gate, Inc.", host-provider "Cloud"' in filled("config", "--config", "config.toml").out
    assert 'account-name "Film 7" of account default' in filled("doctor", "--config", "config.toml", "--base-url", "http://127.0.0.1:1").out
    (filled.folder / "config.toml").write_text('[account.default]\nprovider = ""\n')
    refused = filled("report", "--period", "2026-06", "--config", "config.toml")
    assert refused.code == 2 and "account.default.provider must be a text in quotes" in refused.err, refused


def test_a_version_is_for_this_format_alone(filled):
    for other in ((), ("--format", "html"), ("--json",)):
        result = filled("report", "--period", "2026-06", "--focus-version", "1.4", *other)
        assert result.code == 2 and "--focus-version is for --format focus" in result.err, result
    result = filled("report", "--period", "2026-06", "--format", "focus", "--focus-version", "1.1")
    assert result.code == 2 and "1.2, 1.3 or 1.4" in result.err, result


def test_version_1_4_has_iso_currencies_alone(filled):
    (filled.folder / "prices.csv").write_text("model,unit,price,currency\n*,task,1,RMB\n")
    result = filled("report", "--period", "2026-06", "--prices", "prices.csv", "--format", "focus", "-o", "focus.csv")
    assert result.code == 2 and "is in RMB" in result.err and "--focus-version 1.3" in result.err, result
    assert not (filled.folder / "focus.csv").exists()
    assert {row["BillingCurrency"] for row in check_focus(focus(filled, "--focus-version", "1.3"), "1.3")} == {"RMB"}


def test_corrections(filled):
    assert filled("close", "2026-06", "--prices", "prices.csv", "--force").code == 0
    # A later answer, as a run would record it.
    with sqlite3.connect(filled.ledger) as database:
        task, old = database.execute("SELECT id, final_snapshot FROM task WHERE task_id LIKE 'd-%' AND finish_time BETWEEN "
                                     "1780300000000 AND 1782800000000").fetchone()
        database.execute("INSERT INTO snapshot (task, run, observed_at, outcome, usage_values, raw_bytes, raw_sha256) "
                         "SELECT task, run, observed_at + 1, outcome, usage_values, raw_bytes, randomblob(32) FROM snapshot "
                         "WHERE id = ?", (old,))
        database.execute("UPDATE task SET final_snapshot = (SELECT max(id) FROM snapshot), duration_seconds = '77' "
                         "WHERE id = ?", (task,))
    database.close()
    filled.check_ledger = False  # the row was changed by hand
    for version in VERSIONS:
        rows = check_focus(focus(filled, "--focus-version", version, period="2026-07"), version)
        rows = [row for row in rows if row["ChargeClass"] == "Correction"]
        assert len(rows) == 2
        assert D(rows[0]["BilledCost"]) < 0 < D(rows[1]["BilledCost"])
        assert rows[0]["x_LineId"].endswith("-reversal") and rows[0]["ChargePeriodStart"].startswith("2026-06")


VALIDATOR = os.environ.get("FOCUS_VALIDATOR") or shutil.which("focus-validator")


# It needs Python 3.12 and 500 MB of packages: `pip install focus-validator`. Its rules are those of 1.2 alone.
@pytest.mark.skipif(VALIDATOR is None, reason="focus-validator (PyPI) is not installed: the table alone is checked")
def test_the_rules_of_the_authors(filled):
    focus(filled, "--focus-version", "1.2", "-o", "focus.csv")
    result = subprocess.run([VALIDATOR, "--data-file", filled.folder / "focus.csv", "--validate-version", "1.2",
                             "--block-download"], cwd=filled.folder, capture_output=True, text=True, timeout=PATIENCE)
    failed = [line for line in result.stdout.splitlines() if "FAIL" in line]
    assert result.returncode == 0 and not failed, result.stdout + result.stderr
