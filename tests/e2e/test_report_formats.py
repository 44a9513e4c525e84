"""The HTML format of a report: the page in a browser."""
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

@pytest.fixture
def filled(month):  # noqa: F811
    return month(3000)


def report(program, *arguments):
    result = program("report", "--period", "2026-06", "--prices", "prices.csv", *arguments)
    assert result.code == 0, result
    return result.out


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
