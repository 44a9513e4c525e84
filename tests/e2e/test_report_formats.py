"""The FOCUS and HTML formats of a report: the rules of FOCUS, and the page in a browser."""
import collections
import csv
import datetime
import decimal
import html
import io
import json
import os
import pathlib
import re
import shutil
import sqlite3
import struct
import subprocess

import pytest

from billing_month import CUSTOMERS, month, nginx  # noqa: F401 (fixtures)
from conftest import ROOT

# FOCUS 1.2 "Cost and Usage": column -> (type, nullable). Mandatory ones first, then those that we have beside them.
MANDATORY = {
    "BilledCost": ("decimal", False), "BillingAccountId": ("text", False), "BillingAccountName": ("text", True),
    "BillingCurrency": ("currency", False), "BillingPeriodEnd": ("time", False), "BillingPeriodStart": ("time", False),
    "ChargeCategory": ({"Usage", "Purchase", "Tax", "Credit", "Adjustment"}, False),
    "ChargeClass": ({"Correction"}, True), "ChargeDescription": ("text", True), "ChargePeriodEnd": ("time", False),
    "ChargePeriodStart": ("time", False), "ContractedCost": ("decimal", False), "EffectiveCost": ("decimal", False),
    "InvoiceIssuerName": ("text", False), "ListCost": ("decimal", False), "PricingQuantity": ("decimal", True),
    "PricingUnit": ("text", True), "ProviderName": ("text", False), "PublisherName": ("text", False),
    "ServiceCategory": ({"AI and Machine Learning"}, False), "ServiceName": ("text", False),
}
BESIDE = {
    "ChargeFrequency": ({"One-Time", "Recurring", "Usage-Based"}, False), "ConsumedQuantity": ("decimal", True),
    "ConsumedUnit": ("text", True), "ContractedUnitPrice": ("decimal", True), "ListUnitPrice": ("decimal", True),
    "PricingCategory": ({"Standard", "Dynamic", "Committed", "Other"}, True), "ResourceId": ("text", True),
    "ResourceName": ("text", True), "ResourceType": ("text", True), "ServiceSubcategory": ({"Generative AI"}, False),
    "SkuId": ("text", True), "SkuMeter": ("text", True), "SkuPriceDetails": ("object", True), "SkuPriceId": ("text", True),
    "Tags": ("object", True),
}

def check_cell(name, rule, nullable, text):
    if text == "":
        assert nullable, f"{name} is null"
    elif isinstance(rule, set):
        assert text in rule, f"{name}: {text}"
    elif rule == "decimal":
        assert re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text), f"{name}: {text}"
    elif rule == "currency":
        assert re.fullmatch(r"[A-Z]{3}", text), f"{name}: {text}"
    elif rule == "time":
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text), f"{name}: {text}"
    elif rule == "object":
        assert all(isinstance(v, (str, int, float, bool)) for v in json.loads(text).values()), f"{name}: {text}"


def check_focus(text):
    reader = csv.DictReader(io.StringIO(text))
    names = reader.fieldnames
    assert set(MANDATORY) <= set(names)
    own = [name for name in names if name.startswith("x_")]
    assert names[-len(own):] == own, "our own columns stand last"
    assert set(names) - set(own) == set(MANDATORY) | set(BESIDE), "every other column is the specification's"
    rows = list(reader)
    for row in rows:
        for name, (rule, nullable) in {**MANDATORY, **BESIDE}.items():
            check_cell(name, rule, nullable, row[name])
        assert row["BillingPeriodStart"] < row["BillingPeriodEnd"] and row["ChargePeriodStart"] < row["ChargePeriodEnd"]
        if row["ChargeClass"] != "Correction":
            assert row["BillingPeriodStart"] <= row["ChargePeriodStart"] < row["BillingPeriodEnd"]
        for cost, price in (("ListCost", "ListUnitPrice"), ("ContractedCost", "ContractedUnitPrice")):
            assert (decimal.Decimal(row[price]) * decimal.Decimal(row["PricingQuantity"])).normalize() == \
                decimal.Decimal(row[cost]).normalize(), "price times quantity"
        assert (row["PricingQuantity"] == "") == (row["PricingUnit"] == "")
        assert (row["ConsumedQuantity"] == "") == (row["ConsumedUnit"] == "")
        if row["SkuPriceId"]:
            assert row["SkuId"], "a price needs its SKU"
    return rows


@pytest.fixture
def filled(month):  # noqa: F811
    return month(3000)


def report(program, *arguments):
    result = program("report", "--period", "2026-06", "--prices", "prices.csv", *arguments)
    assert result.code == 0, result
    return result.out


def test_focus_keeps_the_rules(filled):
    assert filled("report", "--period", "2026-06", "--prices", "prices.csv", "--format", "focus", "-o", "focus.csv").code == 0
    rows = check_focus((filled.folder / "focus.csv").read_text())
    lines = list(csv.DictReader(io.StringIO(report(filled))))
    charged = [line for line in lines if line["status"] == "success" and line["cost"]]
    assert [row["x_LineId"] for row in rows] == [line["line_id"] for line in charged] and rows
    assert [row["BilledCost"] for row in rows] == [line["cost"] for line in charged]
    manifest = json.loads((filled.folder / "focus.csv.manifest.json").read_text())
    assert manifest["rows"] == len(rows) and manifest["left_out"] == len(lines) - len(rows) > 0


def test_focus_with_rounded_costs(filled):
    assert report(filled, "--format", "focus", "--bom").startswith("\ufeffBilledCost,")
    rows = check_focus(report(filled, "--format", "focus", "--round", "2"))
    assert all(-decimal.Decimal(row["BilledCost"]).as_tuple().exponent <= 2 for row in rows)


def test_focus_corrections(filled):
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
    result = filled("report", "--period", "2026-07", "--prices", "prices.csv", "--format", "focus")
    rows = check_focus(result.out)
    rows = [row for row in rows if row["ChargeClass"] == "Correction"]
    assert len(rows) == 2, result
    assert decimal.Decimal(rows[0]["BilledCost"]) < 0 < decimal.Decimal(rows[1]["BilledCost"])
    assert rows[0]["x_LineId"].endswith("-reversal") and rows[0]["ChargePeriodStart"].startswith("2026-06")


# ---- the page

CHROMIUM = shutil.which("chromium")


def browse(folder, page, *arguments):
    return subprocess.run([CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                           "--hide-scrollbars",
                           f"--user-data-dir={folder}/chromium", "--virtual-time-budget=2000", *arguments, f"file://{page}"],
                          capture_output=True, timeout=60, env={"HOME": str(folder), "PATH": "/usr/bin:/bin"}, check=True)


def cell(dom, name):
    return re.search(rf'<dd id="{name}"[^>]*>([^<]*)', dom).group(1).replace("\u202f", "").replace("\u2212", "-")


def table(dom, name):
    body = re.search(rf'<table id="{name}">(.*?)</table>', dom, re.S).group(1)
    return [[re.sub(r"<[^>]*>", "", c).replace("\u202f", "") for c in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)]
            for row in body.split("</tr>") if "<td" in row]


def png_size(path):
    return struct.unpack(">II", path.read_bytes()[16:24])


def test_the_page_in_a_browser_agrees_with_the_csv(filled):
    page = filled.folder / "page.html"
    page.write_text(report(filled, "--format", "html"))
    assert page.read_text() == report(filled, "--format", "html"), "the same bytes again"
    dom = browse(filled.folder, page, "--dump-dom").stdout.decode()
    lines = list(csv.DictReader(io.StringIO(report(filled))))
    for currency in ("CNY", "USD"):
        total = sum(decimal.Decimal(line["cost"]) for line in lines if line["currency"] == currency and line["cost"])
        assert decimal.Decimal(re.search(rf'<dd id="cost-{currency}" title="exactly ([^"]*)"', dom).group(1)) == total
        assert decimal.Decimal(cell(dom, f"cost-{currency}")) == round(total, 2)
    main = [line for line in lines if not line["line_id"].endswith("-sr")]
    assert int(cell(dom, "succeeded")) == sum(line["status"] == "success" for line in main)
    assert int(cell(dom, "failed")) == sum(line["status"] == "failure" for line in main)
    models = {row[0]: int(row[2]) for row in table(dom, "models")}
    assert sum(models.values()) == int(cell(dom, "succeeded"))
    customers = {row[0] for row in table(dom, "label-customer")}
    assert customers == {html.escape(name) for name in CUSTOMERS}
    assert not re.search(r"<script|src=|href=|url\(", page.read_text()), "nothing from elsewhere"


def stacked(page, currency):
    """{(day, model): cost} of the titles of a chart, and {model: cost} of its key."""
    chart, key = re.search(rf'aria-label="Cost by day in {currency}, stacked by model">(.*?)</svg><ul class="key">(.*?)</ul>', page, re.S).groups()
    costs = {}
    for day, models in re.findall(r"<title>([\d-]+): [^(<]*\(([^)]*)\)</title>", chart):
        costs.update({(day, part.rsplit(" ", 1)[0]): decimal.Decimal(part.rsplit(" ", 1)[1].replace("\u202f", "")) for part in models.split(", ")})
    return costs, {name: decimal.Decimal(cost.replace("\u202f", "")) for name, cost in re.findall(r"</svg>(.*?) <b>([^<]*)</b>", key)}


def costs_of(lines, *keys):
    sums = collections.Counter()
    for line in lines:
        if line["cost"] and line["status"] == "success":
            sums[tuple(line[key] for key in keys)] += decimal.Decimal(line["cost"])
    return sums


def test_the_figures_of_the_page_are_those_of_the_csv(filled):
    page = report(filled, "--format", "html")
    june = list(csv.DictReader(io.StringIO(report(filled))))
    may = list(csv.DictReader(io.StringIO(filled("report", "--period", "2026-05", "--prices", "prices.csv").out)))
    assert may and june
    for line in june:
        line["day"] = line["finished_at"][:10]
    days, models = costs_of(june, "currency", "day", "model"), costs_of(june, "currency", "model")
    for currency in ("CNY", "USD"):
        drawn, key = stacked(page, currency)
        assert drawn == {(day, model): round(cost, 2) for (its, day, model), cost in days.items() if its == currency}
        assert key == {model: round(cost, 2) for (its, model), cost in models.items() if its == currency} and len(key) > (currency == "CNY")

    before = costs_of(may, "currency", "model")
    for rows, name, key in ((before, 2, "before"), (models, 3, "now")):
        shown = {(row[1], row[0]): decimal.Decimal(row[name]) for row in table(page, "change") if row[0] != "all" and row[name] != "\u2013"}
        assert shown == {key: round(cost, 2) for key, cost in rows.items()}, key
        totals = {row[1]: decimal.Decimal(row[name]) for row in table(page, "change") if row[0] == "all"}
        assert totals == {its: round(sum(cost for (other, _), cost in rows.items() if other == its), 2) for its in totals}

    main = [line for line in june if line["cost"] and line["status"] == "success" and not line["line_id"].endswith("-sr")]
    for model, currency, videos, each, seconds, second in table(page, "video-costs"):
        mine = [line for line in main if line["currency"] == currency and model in ("all", line["model"])]
        cost = sum(sum_ for (its, name), sum_ in models.items() if its == currency and model in ("all", name))
        timed = sum((decimal.Decimal(line["cost"]) for line in june if line["currency"] == currency and model in ("all", line["model"])
                     and line["duration_seconds"] and line["status"] == "success"), decimal.Decimal())
        length = sum((decimal.Decimal(line["duration_seconds"]) for line in mine if line["duration_seconds"]), decimal.Decimal())
        assert int(videos) == len(mine) and decimal.Decimal(seconds) == length
        assert each == "\u2013" if not mine else decimal.Decimal(each) == round(cost / len(mine), 4)
        assert second == "\u2013" if not length else decimal.Decimal(second) == round(timed / length, 4)


def test_the_page_is_titled_and_proved_for_an_auditor(filled):
    assert "<h1>June 2026, still open</h1>" in report(filled, "--format", "html")
    assert "closed-" not in report(filled, "--format", "html")
    first_rows = [row for row in (filled.folder / "prices.csv").read_text().splitlines() if not row.startswith("#")][:2]
    (filled.folder / "few.csv").write_text("\n".join(first_rows) + "\n")
    few = ("report", "--period", "2026-06", "--prices", "few.csv")
    counted = collections.Counter(line["model"] or "none" for line in csv.DictReader(io.StringIO(filled(*few).out)) if not line["cost"])
    assert counted and {row[0]: int(row[1]) for row in table(filled(*few, "--format", "html").out, "unpriced-models")} == counted
    assert filled("close", "2026-06", "--prices", "prices.csv", "--force").code == 0
    assert report(filled, "--format", "html", "-o", "page.html") == ""
    page = (filled.folder / "page.html").read_text()
    manifest = json.loads((filled.folder / "page.html.manifest.json").read_text())
    assert f'id="closed-sha256">{manifest["closed_sha256"]}</span>' in page and manifest["closed_sha256"]
    assert re.search(rf'not signed: <span class="hash" id="closed-head">{manifest["head"]}</span>', page) and manifest["head"]
    (closed_at,), = filled.sql("SELECT closed_at FROM v_period")
    day = datetime.date.fromisoformat(closed_at[:10])
    assert f"<h1>June 2026, closed on {day.day} {day:%B}{'' if day.year == 2026 else f' {day.year}'}</h1>" in page
    assert f'@page{{@bottom-left{{font-size:6.5pt;content:"2026-06, head {manifest["head"]}"}}}}' in page, "on each sheet"


def test_the_page_on_paper(filled):
    page, paper = filled.folder / "page.html", filled.folder / "page.pdf"
    page.write_text(report(filled, "--format", "html"))
    assert re.search(r'<line class="tick"[^>]*>', page.read_text()) and '<text class="tick"' in page.read_text()
    browse(filled.folder, page, f"--print-to-pdf={paper}", "--no-pdf-header-footer")
    text = paper.read_bytes()
    assert text.startswith(b"%PDF-") and 10_000 < len(text) < 3_000_000, "drawn, and not made of pictures"
    assert len(re.findall(rb"/Type\s*/Page[^s]", text)) > 2


@pytest.mark.parametrize("width, dark", [(1200, False), (390, False), (390, True)])
def test_the_page_fits_its_window(filled, width, dark):
    page = filled.folder / "page.html"
    # The page itself has no scripts; this copy reports its width in its title.
    probe = report(filled, "--format", "html").replace("default-src 'none'", "default-src 'unsafe-inline'").replace(
        "</body>", "<script>document.title=document.documentElement.scrollWidth+' '+innerWidth+' '+"
        "getComputedStyle(document.body).backgroundColor</script></body>")
    # A headless window is never narrower than 500 pixels, so the page stands in a frame.
    page.write_text(probe)
    frame = filled.folder / "frame.html"
    frame.write_text(f'<iframe id="f" src="page.html" style="border:0;width:{width}px;height:2000px"></iframe>'
                     '<script>onload=()=>{let d=document.getElementById("f").contentDocument;'
                     'document.title=d?d.title:"none"}</script>')
    dom = browse(filled.folder, frame, "--dump-dom", "--allow-file-access-from-files", f"--window-size={max(width, 500)},2000",
                 *(["--blink-settings=preferredColorScheme=0"] if dark else [])).stdout.decode()
    scroll, inner, background = re.search(r"<title>(\d+) (\d+) (rgb[^<]*)</title>", dom).groups()
    assert int(inner) == width and int(scroll) <= width, "no sideways scrolling"
    assert (background == "rgb(20, 24, 29)") == dark


def test_a_screenshot(filled):
    page = filled.folder / "page.html"
    page.write_text(report(filled, "--format", "html"))
    shot = filled.folder / "report.png"
    browse(filled.folder, page, f"--screenshot={shot}", "--window-size=1000,1800")
    assert png_size(shot) == (1000, 1800)
    assert len(set(shot.read_bytes())) > 200 and shot.stat().st_size > 20_000, "not a blank page"
    if os.environ.get("REELTALLY_KEEP_SCREENSHOT"):
        shutil.copy(shot, pathlib.Path(ROOT) / "docs/report.png")
