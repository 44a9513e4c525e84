"""The script that closes a month and writes its files, with the real binary."""
import csv
import decimal
import hashlib
import json
import pathlib
import sqlite3
import subprocess
import tarfile

import pytest

from billing_month import month, nginx  # noqa: F401 (fixtures)
from conftest import BINARY, PATIENCE, ROOT

D = decimal.Decimal
SCRIPT = ROOT / "packaging/month/reeltally-month"


@pytest.fixture
def june(month):  # noqa: F811
    program = month(300)
    (program.folder / "config.toml").write_text('tz = "UTC"\nprices = "prices.csv"\n')
    (program.folder / "bin").mkdir()
    (program.folder / "bin/reeltally").write_text(f'#!/bin/sh\nexec {BINARY} "$@"\n')
    (program.folder / "bin/reeltally").chmod(0o755)
    return program


def close(program, month_name="2026-06", **settings):
    env = {**program.env, "PATH": f"{program.folder}/bin:/usr/bin:/bin", "REELTALLY_CONFIG": "config.toml",
           "MONTH_FOLDER": "months", **settings}
    return subprocess.run([SCRIPT, month_name], cwd=program.folder, env=env, capture_output=True, text=True, timeout=PATIENCE)


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_a_month_is_closed_and_written_once(june):
    result = close(june)
    assert result.returncode == 0 and result.stderr == "", result
    folder = june.folder / "months/2026-06"
    lines = rows(folder / "2026-06.csv")
    assert lines and (folder / "2026-06.html").read_text().startswith("<!DOCTYPE html>")
    files = sorted((folder / "customers").glob("*.csv"))
    parts = {path.name: rows(path) for path in files}
    assert len(parts) == 5 and sum(map(len, parts.values())) == len(lines)
    assert all(len({line["label_customer"] for line in part}) == 1 for part in parts.values())
    assert "2026-06-005-Tom___Co.csv" in parts and parts["2026-06-005-Tom___Co.csv"][0]["label_customer"] == "Tom & Co"
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    packed = subprocess.run(["tar", "-tzf", folder / "2026-06.tar.gz"], capture_output=True, text=True, check=True).stdout
    assert "./customers/2026-06-005-Tom___Co.csv" in packed.splitlines() and "./SHA256SUMS" in packed.splitlines()
    assert "audit" not in packed
    with tarfile.open(folder / "2026-06-audit.tar") as archive:
        archive.extractall(june.folder / "proofs")
    proved = subprocess.run(["python3", "verify.py"], cwd=june.folder / "proofs/reeltally-2026-06", capture_output=True, text=True)
    assert proved.returncode == 0 and proved.stdout.endswith("all of it is proved\n"), proved
    mail = (folder / "mail.txt").read_text()
    assert "2026-06 is in 2026-06-audit.tar: " in mail and "/.2026" not in mail, mail
    for currency in ("CNY", "USD"):
        total = sum(D(line["cost"]) for line in lines if line["currency"] == currency)
        assert f"  {currency} {total.normalize():f}\n" in mail, mail
    assert "Subject: 2026-06 is closed" in mail and "5 customers" in mail
    again = close(june)
    assert again.returncode == 0 and "its files are in months/2026-06" in again.stdout
    bundle = (folder / "2026-06.tar.gz").read_bytes()
    folder.rename(june.folder / "months/kept")
    assert close(june).returncode == 0
    kept = june.folder / "months/kept"
    assert (kept / "2026-06.csv").read_bytes() == (folder / "2026-06.csv").read_bytes()
    assert bundle and not list(pathlib.Path(june.folder / "months").glob(".*")), "no half-made folder stays"


def test_it_stops_at_the_first_doubt(june):
    (june.folder / "prices.csv").write_text("model,unit,price,currency\nhappy*,second,1,CNY\n")
    result = close(june)
    assert result.returncode == 3 and "have no cost" in result.stderr, result
    assert result.stderr.splitlines()[-1] == "reeltally-month: 2026-06: not closed: the dry run found what is named above"
    assert not (june.folder / "months/2026-06").exists()
    assert json.loads(june("close", "2026-06", "--dry-run", "--prices", "prices.csv", "--json").out)["result"] == "would be refused"
    for name, why in (("June", "no month such as"), ("2026-6", "no month such as")):
        assert close(june, name).returncode == 2 and why in close(june, name).stderr
    assert close(june, CUSTOMER_LABEL="a/b").returncode == 2


def test_names_of_customers_may_be_strange(june):
    names = ["a/b", "a\\b", 'say "hi"', "../../etc", "-o", "x=y", "ü", ""]
    with sqlite3.connect(june.ledger) as database:
        for number, name in enumerate(names):
            labels = json.dumps({"customer": name}, ensure_ascii=False) if name else None
            database.execute("UPDATE task SET labels = ? WHERE id % ? = ?", (labels, len(names), number))
    database.close()
    june.check_ledger = False  # the rows were changed by hand
    assert close(june).returncode == 0, close(june)
    files = sorted((june.folder / "months/2026-06/customers").glob("*.csv"))
    seen = {rows(path)[0].get("label_customer", "").removeprefix("'"): path.name for path in files}  # guarded: '-o
    assert set(seen) == set(names) and seen[""] == "2026-06-000-no-customer.csv", seen


def test_a_control_character_in_a_name_is_a_doubt(june):
    with sqlite3.connect(june.ledger) as database:
        database.execute("UPDATE task SET labels = ? WHERE id % 5 = 0", (json.dumps({"customer": "a\nb"}),))
    database.close()
    june.check_ledger = False
    result = close(june)
    assert result.returncode == 1 and "a customer's name has a control character" in result.stderr, result
    assert not (june.folder / "months/2026-06").exists()


def test_the_terms_of_the_configuration_are_kept(june):
    (june.folder / "rates.csv").write_text("date,from,to,rate\n2026-06,CNY,EUR,0.126\n2026-06,USD,EUR,0.92\n")
    (june.folder / "resale.csv").write_text("model,unit,price,currency\n*,task,5,EUR\n")
    with open(june.folder / "config.toml", "a") as config:
        config.write('round-by-currency = true\nrates = "rates.csv"\nbilling-currency = "EUR"\nresale = "resale.csv"\n')
    result = close(june)
    assert result.returncode == 0 and result.stderr == "", result
    folder = june.folder / "months/2026-06"
    for line in rows(folder / "2026-06.csv"):
        if line["status"] == "success":
            rate = {"CNY": D("0.126"), "USD": D("0.92")}[line["currency"]]
            assert D(line["billing_cost"]) == (D(line["cost"]) * rate).quantize(D("0.01"), decimal.ROUND_HALF_EVEN), line
            assert line["resale"] == "5" and line["rate_note"] == "2026-06", line
    manifest = json.loads((folder / "2026-06.html.manifest.json").read_text())
    assert manifest["closed_round"] == "currency" and set(manifest["billing_totals"]) == {"EUR"}
    assert "billed, EUR" in (folder / "dry-run.txt").read_text()


def test_the_invoice_is_kept(june):
    assert close(june, INVOICE_ID="RE MONTH/1").returncode == 0
    folder = june.folder / "months/2026-06"
    assert json.loads((folder / "2026-06.csv.manifest.json").read_text())["invoice_id"] == "RE 2026-06/1"
    assert ", invoice RE 2026-06/1" in (folder / "mail.txt").read_text()


def test_the_log_is_compared_on_request(june):
    for wrong in ({"COMPARE_LOG": "1"}, {"AUDIT": "maybe"}):
        result = close(june, **wrong)
        assert result.returncode == 2 and "COMPARE_LOG and AUDIT are yes or no" in result.stderr, result
    (june.folder / "bin/reeltally").write_text(
        f'#!/bin/sh\necho "$@" >>calls\ncase "$*" in *--from-gateway*) echo differs >&2; exit 3; esac\nexec {BINARY} "$@"\n')
    result = close(june, COMPARE_LOG="yes")
    assert result.returncode == 3 and result.stderr.startswith("differs\nreeltally-month: 2026-06: not closed"), result
    assert june.sql("SELECT count(*) FROM period") == [(0,)]
    (june.folder / "bin/reeltally").write_text(f'#!/bin/sh\nexec {BINARY} "$@"\n')
    result = close(june, COMPARE_LOG="yes", AUDIT="no")
    assert result.returncode == 0 and "the gateway's log was not compared" in result.stderr, result
    assert not (june.folder / "months/2026-06/2026-06-audit.tar").exists()


def test_the_mail_is_sent_on_request(june):
    (june.folder / "bin/sendmail").write_text("#!/bin/sh\ncat >sent.txt\n")
    (june.folder / "bin/sendmail").chmod(0o755)
    assert close(june, MAIL_TO="books@example.com").returncode == 0
    assert (june.folder / "sent.txt").read_text().startswith("To: books@example.com\nSubject: 2026-06 is closed\n")
