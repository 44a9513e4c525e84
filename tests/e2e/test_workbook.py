"""report --format xlsx with the real binary: each cell read back with openpyxl and LibreOffice equals the CSV's."""
import csv
import datetime
import decimal
import hashlib
import io
import os
import pty
import shutil
import subprocess

import openpyxl
import pytest

from billing_month import PRICES, month_of_tasks, nginx  # noqa: F401 (fixtures)
from conftest import exact

CUSTOMERS = ["Atelier Süd", "=1+1", "007", "1,5", "2026-10-05", "a_x0041_b", "+49 30", "860260753860210752", "TRUE", "A\ufffeB\uffff"]
# More digits than a double keeps, for one model.
LONG = PRICES.replace("wan*,second,,,0.4375,", "wan*,second,,,0.1234567890123456,")
JUNE = ("report", "--period", "2026-06", "--prices", "prices.csv", "--tz", "Europe/Berlin")
NUMBERS = {"quantity", "unit_price", "cost"}


@pytest.fixture
def june(reeltally, nginx):  # noqa: F811
    rows = (f'{task},"{CUSTOMERS[index % len(CUSTOMERS)]}"' for index, task in enumerate(month_of_tasks(400)))
    result = reeltally("run", "--base-url", f"http://127.0.0.1:{nginx.port}", "--no-download", "--json",
                       reeltally.csv(*rows, header="task_id,customer"))
    assert result.code == 0, result
    (reeltally.folder / "prices.csv").write_text(LONG)
    return reeltally


def csv_rows(program, *arguments):
    result = program(*JUNE, *arguments)
    assert result.code == 0, result
    return list(csv.DictReader(io.StringIO(result.out)))


def workbook(program, *arguments, name="report.xlsx"):
    result = program(*JUNE, "--format", "xlsx", "-o", name, *arguments)
    assert result.code == 0, result
    return program.folder / name


def sheet_rows(sheet):
    header, *rows = sheet.iter_rows()
    names = [cell.value for cell in header]
    return [dict(zip(names, row)) for row in rows]


def check_cell(name, cell, text, row):
    """The cell is typed, and has the CSV's value to the last digit."""
    if text == "":
        assert cell.value is None, name
    elif isinstance(cell.value, datetime.datetime):
        assert name.endswith("_at") and cell.value.isoformat() == text[:19], name
    elif name in NUMBERS:
        exact = row[f"{name}_exact"].value
        digits = len(text.replace(".", "").replace("-", "").strip("0"))
        assert (exact is None) == (digits <= 15) and (exact is None or exact == text)
        assert cell.data_type == "n" and float(cell.value) == pytest.approx(float(text), rel=1e-15)
        assert exact is not None or decimal.Decimal(repr(cell.value)) == decimal.Decimal(text)
    elif cell.data_type == "n":
        assert not name.startswith("label_") and not name.endswith("task_id"), "a text stays a text"
        assert decimal.Decimal(repr(cell.value)) == decimal.Decimal(text), name
    else:
        assert cell.data_type in ("s", "inlineStr"), f"{name} is no formula"
        guarded = cell.value[:1] in "=+-@" and text.startswith("'")
        read = cell.value.replace("_xFFFE_", "\ufffe").replace("_xFFFF_", "\uffff").replace("_x005F_", "_")
        assert read == (text[1:] if guarded else text), name


def check_sheet(sheet, expected):
    rows = sheet_rows(sheet)
    assert len(rows) == len(expected)
    assert sheet.freeze_panes == "A2" and sheet.auto_filter.ref == sheet.dimensions
    for row, line in zip(rows, expected):
        assert [name for name in row if name in line] == list(line), "the columns of the CSV in its order"
        for name, text in line.items():
            check_cell(name, row[name], text, row)


def test_each_cell_equals_the_csv(june):
    path = workbook(june)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["about", "totals", "groups", "lines", "adjustments"]
    lines = csv_rows(june)
    assert {line["label_customer"].lstrip("'") for line in lines} == {name.lstrip("'") for name in CUSTOMERS}
    check_sheet(book["lines"], lines)
    check_sheet(book["groups"], csv_rows(june, "--by", "account", "--by", "model"))
    check_sheet(book["adjustments"], [])
    long = [row["cost_exact"].value for row in sheet_rows(book["lines"]) if row["cost_exact"].value]
    assert long and all(len(text) > 15 for text in long), "some costs have more digits than a double"
    widths = book["adjustments"].column_dimensions
    assert [letter for letter in widths if widths[letter].hidden], "empty columns of exact texts are hidden"
    sums = {row["currency"].value: row["cost_exact"].value or str(row["cost"].value) for row in sheet_rows(book["totals"])}
    manifest = exact((june.folder / "report.xlsx.manifest.json").read_text())
    assert {currency: decimal.Decimal(text) for currency, text in sums.items()} == manifest["totals"]
    assert manifest["rows"] == len(lines) and manifest["format"] == "xlsx"
    assert manifest["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    about = {row["name"].value: row["value"].value for row in sheet_rows(book["about"])}
    assert about["period"] == "2026-06" and about["zone of all times"] == "Europe/Berlin"


def test_groups_and_equal_bytes(june):
    first, second = workbook(june, "--by", "day"), workbook(june, "--by", "day", name="again.xlsx")
    assert first.read_bytes() == second.read_bytes()
    book = openpyxl.load_workbook(first)
    assert book.sheetnames == ["about", "totals", "groups"]
    check_sheet(book["groups"], csv_rows(june, "--by", "day"))


def test_a_terminal_gets_no_workbook(june):
    main, terminal = pty.openpty()
    process = subprocess.run([os.environ["REELTALLY_BIN"], *JUNE, "--format",
                              "xlsx", "--db", str(june.ledger)], cwd=june.folder, stdout=terminal, stderr=subprocess.PIPE,
                             text=True, timeout=60, check=False)
    os.close(terminal)
    os.close(main)
    assert process.returncode == 2 and "-o FILE.xlsx" in process.stderr


def test_no_room_for_temporary_files_leaves_the_old_report(june):
    path = workbook(june)
    before = path.read_bytes()
    result = june(*JUNE, "--format", "xlsx", "-o", path, env={"TMPDIR": "/nonexistent"})
    assert result.code == 1 and "TMPDIR" in result.err and path.read_bytes() == before


@pytest.mark.skipif(shutil.which("soffice") is None, reason="soffice (libreoffice-calc-nogui) is not installed")
@pytest.mark.parametrize("language,point", [("de-DE", ","), ("en-US", ".")])
def test_libreoffice_reads_it_in_any_language(june, language, point):
    path = workbook(june)
    lines = csv_rows(june)
    profile = june.folder / "profile" / "user"
    profile.mkdir(parents=True)
    (profile / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">'
        f'<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>{language}'
        '</value></prop></item></oor:items>')
    # Tab-separated, UTF-8, each cell as it is shown; -1: one file for each sheet.
    subprocess.run(["soffice", f"-env:UserInstallation=file://{profile.parent}", "--headless", "--convert-to",
                    "csv:Text - txt - csv (StarCalc):9,34,76,1,,0,false,true,false,false,false,-1", "--outdir",
                    june.folder / "sheets", path], check=True, timeout=300, capture_output=True)
    text = (june.folder / "sheets" / "report-lines.csv").read_text()
    rows = list(csv.DictReader(io.StringIO(text), delimiter="\t"))
    assert len(rows) == len(lines)
    for row, line in zip(rows, lines):
        for name in ("line_id", "task_id", "model", "currency", "raw_sha256"):
            assert row[name] == line[name]
        customer = line["label_customer"]
        assert row["label_customer"] == (customer[1:] if customer[:2] in ("'=", "'+") else customer)
        assert row["finished_at"] == line["finished_at"][:19].replace("T", " ")
        if line["quantity"]:
            assert row["quantity"] == line["quantity"].replace(".", point)
