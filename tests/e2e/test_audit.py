"""audit: a closed period in a bundle that proves each number without the program, and notices what somebody alters."""
import contextlib
import csv
import decimal
import hashlib
import io
import json
import pathlib
import re
import runpy
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import time

import pytest

from conftest import ROOT, Gateway, Reeltally
from test_tampering import alter

DAY = 86400
FIRST, SECOND = (time.strftime("%Y-%m-%d", time.gmtime(time.time() - ago * DAY)) for ago in (40, 39))
PRICES = """model,unit,min_sr,max_sr,price,currency,label:customer,minimum,round_up,discount
happy,second,,720,0.5,CNY,,,,
happy,second,721,,0.9,CNY,,,,
happy,second,721,,0.9,CNY,ACME,20,5,12.5%
happy,second,,,0.7,CNY,@home,,,
kling,unit,,,0.123456789,USD,,,,
vidu,credit,,,3,JPY,,,,
*seedance*,mtoken,,1080,46.125,CNY,,,,
*seedance*,sr_mtoken,,,2.5,USD,,,,
sora*,label:seconds,,,0.15,USD,,,,
veo,task,,,1.005,CNY,,,,
quota,quota,,,7,CNY,,,,
"""
RATES = "date,from,to,rate,source\n{month},CNY,EUR,0.1261,ECB\n{month},USD,EUR,0.9,ECB\n"
RESALE = "model,unit,price,currency\nhappy,second,2.1,CNY\nkling,task,4,USD\n*seedance*,mtoken,90,USD\n*seedance*,sr_mtoken,5,USD\n*,task,1,CNY\n"
TASKS = {"h1": ("happyhorse", "happy", "ACME"), "h2": ("happyhorse", "happy", "Zoo"), "k": ("kling", "kling", ""), "vi": ("vidu", "vidu", ""),
         "se": ("seedance", "", "ACME"), "ul": ("ultra", "", ""), "so": ("sora", "sora", ""), "ve": ("jimeng", "veo", ""), "f": ("happyhorse", "happy", ""),
         "q": ("wan", "quota", ""), "un": ("hailuo", "unknown", ""), "-x": ("happyhorse", "happy", "@home")}
REPORT, FOCUS, ANSWERS, MANIFEST, CHAIN = "report.csv.zst", "focus.csv.zst", "answers.ndjson.zst", "report.csv.manifest.json", "chain.txt"


def rows(data):
    return list(csv.DictReader(io.StringIO(data.decode())))


def verify(folder, *arguments):
    """As an auditor does, who does not have the program."""
    return subprocess.run(["/usr/bin/python3", folder / "verify.py", *arguments], capture_output=True, text=True, timeout=240,
                          env={"PATH": "/usr/bin:/bin"})


def verify_here(folder, monkeypatch):
    """The same without a process of its own, for many."""
    monkeypatch.setattr(sys, "argv", ["verify.py"])
    said = io.StringIO()
    with contextlib.redirect_stdout(said), decimal.localcontext(), pytest.raises(SystemExit) as ended:
        runpy.run_path(str(folder / "verify.py"), run_name="__main__")
    return ended.value.code, said.getvalue()


def content(folder, name):
    """The bytes of a file, those behind the compression of NAME.zst."""
    data = (folder / name).read_bytes()
    return subprocess.run(["zstd", "-dcq"], input=data, capture_output=True, check=True).stdout if name.endswith(".zst") else data


def put(folder, name, data):
    (folder / name).write_bytes(subprocess.run(["zstd", "-q"], input=data, capture_output=True, check=True).stdout if name.endswith(".zst") else data)


def sums(folder):
    names = sorted(path.name for path in folder.iterdir() if path.name != "SHA256SUMS")
    (folder / "SHA256SUMS").write_text("".join(f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names))


def scenario():
    return {"tasks": {**{task: {"vendor": vendor} for task, (vendor, _, _) in TASKS.items()}, "f": {"polls": ["failure"]},
                      "q": {"vendor": "wan", "quota": [350000]}, "open": {"polls": ["IN_PROGRESS"]}, "late": {"vendor": "happyhorse"}}}


def fill(program, gateway, *more):
    """Two days: the second one corrects the first one, whose prices were changed."""
    gateway.set_clock(-40 * DAY)
    table = program.csv(*(f"{task},{model},{customer},7.5" for task, (_, model, customer) in TASKS.items()), "open,happy,,1",
                        header="task_id,model,customer,seconds")
    assert program.run(gateway, "--no-download", table, *more).code in (0, 4)
    (program.folder / "prices.csv").write_text(PRICES)
    (program.folder / "rates.csv").write_text(RATES.format(month=FIRST[:7]) + (RATES.format(month=SECOND[:7]).split("\n", 1)[1]
                                                                             if SECOND[:7] != FIRST[:7] else ""))
    (program.folder / "resale.csv").write_text(RESALE)
    terms = ["--prices", "prices.csv", "--rates", "rates.csv", "--billing-currency", "EUR", "--resale", "resale.csv", "--round-by-currency",
             "--force", "--write-off-stale"]
    assert program("close", FIRST, *terms, *more).code == 0
    (program.folder / "dearer.csv").write_text(PRICES.replace("2.5,USD", "3,USD").replace("0.123456789", "0.2"))
    assert program("close", FIRST, "--reprice", "--prices", "dearer.csv", "--force", *more).code == 0
    gateway.set_clock(-39 * DAY)
    assert program.run(gateway, "--no-download", program.csv("late,happy", header="task_id,model"), *more).code in (0, 4)
    signing = program.folder / "sign.sh"
    signing.write_text("#!/bin/sh\nprintf 'signed \\0 '; cat\n")
    signing.chmod(0o700)
    assert program("close", SECOND, "--prices", "prices.csv", "--force", "--sign-with", signing, *more).code == 0


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder of a program that has filled its ledger, made once for all tests."""
    folder = tmp_path_factory.mktemp("made")
    gateway = Gateway(folder, scenario())
    try:
        fill(Reeltally(folder), gateway)
    finally:
        gateway.close()
    return folder


@pytest.fixture
def days(reeltally, made):
    for path in (made / "state", *made.glob("*.csv")):
        shutil.copytree(path, reeltally.folder / path.name) if path.is_dir() else shutil.copy(path, reeltally.folder)
    return reeltally


def test_a_bundle_proves_each_number(days):
    said = json.loads(days("audit", FIRST, "-o", "first", "--json").out)
    folder = days.folder / "first"
    proved = verify(folder, said["head"])
    assert proved.returncode == 0 and proved.stdout.endswith("all of it is proved\n"), proved
    lines = rows(content(folder, REPORT))
    assert len(lines) == said["lines"] == len(TASKS) + 1, "super resolution is a line of its own"
    assert {line["unit"] for line in lines} >= {"second", "unit", "credit", "mtoken", "sr_mtoken", "label", "task", "quota"}
    assert f"{FIRST}: {len(lines)} lines, 1 of them without a cost" in proved.stdout
    # The statement can be checked by hand, and SHA256SUMS by coreutils.
    assert subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=folder, capture_output=True).returncode == 0
    head = subprocess.run(f"sed -n '/^period {FIRST}$/,/^previous/p' chain.txt | sha256sum", shell=True, cwd=folder, capture_output=True, text=True)
    assert head.stdout.split()[0] == said["head"] == (folder / "head").read_text().strip()
    assert hashlib.sha256((folder / "SHA256SUMS").read_bytes()).hexdigest() == said["sha256"]
    assert content(folder, REPORT).decode() == days("report", "--period", FIRST).out
    assert days("report", "--period", FIRST, "-o", "x.csv").code == 0
    assert (folder / "report.csv.manifest.json").read_bytes() == (days.folder / "x.csv.manifest.json").read_bytes()
    assert content(folder, FOCUS).decode() == days("report", "--period", FIRST, "--format", "focus").out
    assert [(folder / name).read_text() for name in ("rates.csv", "resale.csv")] == [(days.folder / name).read_text() for name in ("rates.csv", "resale.csv")]
    assert (folder / "prices.csv").read_text().startswith(PRICES)
    rounded, = [line for line in lines if line["task_id"] == "ve"]
    assert rounded["cost"] == "1" and "1 CNY (closed)" in days("status", "ve").out
    # The raw answers are those of the ledger.
    answers = [json.loads(line) for line in content(folder, ANSWERS).splitlines()]
    assert [answer["line"] for answer in answers] == [line["line_id"] for line in lines]
    assert [hashlib.sha256(answer["answer"].encode()).hexdigest() for answer in answers] == [line["raw_sha256"] for line in lines]


def test_an_invoice_and_a_currency_of_ones_own(reeltally, make_gateway):
    gateway = make_gateway(tasks={"a": {"vendor": "happyhorse"}})
    gateway.set_clock(-40 * DAY)
    assert reeltally.run(gateway, "--no-download", reeltally.csv("a,happy", header="task_id,model")).code == 0
    (reeltally.folder / "prices.csv").write_text(
        '# ours\nmodel,unit,price,currency,note\n\nother,task,1,RMB,"of two lines\n# no comment"\n*,task,2,RMB,\n')
    assert reeltally("close", FIRST, "--prices", "prices.csv", "--force", "--invoice-id", "=RE-7").code == 0
    assert reeltally("audit", FIRST, "-o", "own").code == 0
    folder = reeltally.folder / "own"
    assert json.loads((folder / "focus.csv.manifest.json").read_text())["focus_version"] == "1.3", "1.4 has ISO 4217 alone"
    assert {row["InvoiceId"] for row in rows(content(folder, FOCUS))} == {"'=RE-7"}
    assert "\ninvoice_id =RE-7\n" in (folder / "chain.txt").read_text()
    proved = verify(folder)
    assert proved.returncode == 0 and proved.stdout.endswith("all of it is proved\n"), proved
    for name, fault in ((FOCUS, "focus.csv does not have the invoice `=RE-7`"), (MANIFEST, "the closing has another invoice")):
        kept = content(folder, name)
        put(folder, name, kept.replace(b"RE-7", b"RE-8"))
        sums(folder)
        broken = verify(folder)
        assert broken.returncode == 1 and fault in broken.stdout + broken.stderr, broken
        put(folder, name, kept)


def test_corrections_are_proved_by_the_books_of_their_period(days):
    assert days("audit", SECOND, "-o", "second.tar").code == 0
    with tarfile.open(days.folder / "second.tar") as archive:
        assert all((member.isreg(), member.mtime, member.uid, member.gid, member.mode) == (True, 0, 0, 0, 0o644) for member in archive)
        assert archive.getnames() == sorted(archive.getnames())
        archive.extractall(days.folder)
    folder = days.folder / f"reeltally-{SECOND}"
    proved = verify(folder)
    assert proved.returncode == 0, proved
    lines = rows(content(folder, REPORT))
    corrections = [line for line in lines if line["adjusts"]]
    assert len(corrections) == 4 and {line["line_id"].endswith("-reversal") for line in corrections} == {True, False}
    assert {line["unit"] for line in corrections} == {"unit", "sr_mtoken"}
    assert (folder / f"prices-{FIRST}-repriced-1.csv").read_text() == (days.folder / "dearer.csv").read_text()
    assert (folder / "signature").read_bytes() == b"signed \0 " + (folder / "head").read_bytes()
    # A book that nobody closed with is noticed.
    other = folder / f"prices-{FIRST}-repriced-1.csv"
    other.write_text(other.read_text().replace("3,USD", "1,USD"))
    sums(folder)
    assert "is not the book that a closing names" in verify(folder).stdout


def test_a_bundle_never_changes(days):
    made = []
    for name in ("one.tar", "two.tar"):
        assert days("audit", FIRST, "-o", name).code == 0
        made.append((days.folder / name).read_bytes())
        # What is recorded afterwards is not in it.
        assert days("close", FIRST, "--reprice", "--prices", "prices.csv", "--force").code == 0
    assert made[0] == made[1] and not [path for path in days.folder.iterdir() if path.name.startswith(".")]
    assert days("audit", FIRST, "-o", "folder/").code == 0
    with tarfile.open(days.folder / "one.tar") as archive:
        for member in archive:
            assert archive.extractfile(member).read() == (days.folder / "folder" / pathlib.Path(member.name).name).read_bytes()


def test_what_is_refused(days):
    open_day = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 30 * DAY))
    refused = days("audit", open_day, "-o", "x")
    assert refused.code == 2 and f"close it first: `reeltally close {open_day}`" in refused.err, refused
    for output in ("-", None):
        refused = days("audit", FIRST, *(["-o", output] if output else []))
        assert refused.code == 2 and "-o FILE.tar" in refused.err, refused
    (days.folder / "taken").mkdir()
    (days.folder / "taken/x").write_text("")
    refused = days("audit", FIRST, "-o", "taken")
    assert refused.code == 2 and "is there already" in refused.err and [p.name for p in (days.folder / "taken").iterdir()] == ["x"], refused
    (days.folder / "file").write_text("mine")
    assert days("audit", FIRST, "-o", "file").code == 2 and (days.folder / "file").read_text() == "mine"
    (days.folder / "bundle.tar").write_text("of another month")
    for output in ("bundle.tar", "x.tar.gz", ".", "x/.."):
        refused = days("audit", FIRST, "-o", output)
        assert refused.code == 2 and "name a new folder, or a new file that ends with .tar" in refused.err, refused
    assert (days.folder / "bundle.tar").read_text() == "of another month"
    (days.folder / "empty").mkdir()
    assert days("audit", FIRST, "-o", "empty").code == 0 and (days.folder / "empty/verify.py").exists()
    assert days("audit", FIRST, "-o", "none/x.tar").code == 1
    # A period that somebody changed.
    assert alter(days.ledger, "UPDATE report_line SET cost = '0.01' WHERE unit = 5")
    refused = days("audit", FIRST, "-o", "changed.tar")
    assert refused.code == 1 and "Somebody changed the ledger" in refused.err, refused
    assert not [path.name for path in days.folder.iterdir() if "changed" in path.name or path.name.startswith(".")]
    days.check_ledger = False


def test_pruned_answers_prove_nothing(days):
    assert days("db", "backup", "whole.db").code == 0
    assert days("db", "prune", "--older-than", "1d", "--yes").code == 0
    refused = days("audit", FIRST, "-o", "gone.tar")
    assert refused.code == 1 and f"cannot prove 1 line of {FIRST}" in refused.err and "--db BACKUP" in refused.err, refused
    assert not (days.folder / "gone.tar").exists()
    assert days("audit", FIRST, "-o", "gone.tar", "--db", "whole.db").code == 0


def test_a_kill_or_a_full_disk_leaves_nothing_under_the_name(days):
    (days.folder / ".killed.tar.files.1.tmp").mkdir()  # as a killed one leaves it
    (days.folder / ".killed.tar.files.1.tmp/report.csv").write_text("half")
    full = days("audit", FIRST, "-o", "killed.tar", wrapper=["/usr/bin/prlimit", "--fsize=9000"])
    assert full.code in (1, -signal.SIGXFSZ, 153) and not (days.folder / "killed.tar").exists(), full
    assert days("audit", FIRST, "-o", "killed.tar").code == 0
    assert not [path.name for path in days.folder.iterdir() if path.name.startswith(".")], "what was left is removed"


def edited(folder, name, change):
    before = content(folder, name)
    put(folder, name, change(before))
    assert content(folder, name) != before, "nothing was altered"


def replaced(old, new, count=1):
    return lambda data: data.replace(old.encode(), new.encode(), count)


def line_of(task, column, value):
    """Alters a cell of the first line of a task."""
    def change(data):
        table = rows(data)
        next(row for row in table if row["task_id"] == task)[column] = value
        out = io.StringIO()
        writer = csv.DictWriter(out, table[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
        return out.getvalue().encode()
    return change


# What a forger alters, who makes SHA256SUMS, the hashes of the manifest, the statement and the head anew ("all"), or SHA256SUMS alone.
FORGERIES = {
    "a cost": ("all", [(REPORT, line_of("k", "cost", "0.01"))], "line .*: the cost is not"),
    "a price that the book does not have": ("all", [(REPORT, line_of("k", "unit_price", "1"))], "the cost is not"),
    "the price of another picture": ("all", [(REPORT, line_of("h2", "unit_price", "0.5"))], "the cost is not"),
    "the price of another customer": ("all", [(REPORT, line_of("h2", "label_customer", "ACME"))], "the cost is not"),
    "a quantity": ("all", [(REPORT, line_of("k", "quantity", "3.5"))], "the cost is not"),
    "a currency": ("all", [(REPORT, line_of("k", "currency", "CNY"))], "the cost is not"),
    "a count, its quantity and its cost": ("all", [(REPORT, line_of("k", "units", "100")), (REPORT, line_of("k", "quantity", "100")),
                                                   (REPORT, line_of("k", "cost", "12.35"))], "the cost is not"),
    "a success made free": ("all", [(REPORT, line_of("k", "status", "failure")), (REPORT, line_of("k", "cost", "0")),
                                    (REPORT, line_of("k", "quantity", ""))], "does not say failure"),
    "a failure made paid": ("all", [(REPORT, line_of("f", "status", "success")), (REPORT, line_of("f", "cost", "5"))], "does not say success"),
    "an amount in the second currency": ("all", [(REPORT, line_of("k", "billing_cost", "0.01"))], "billing_cost is not"),
    "a rate": ("all", [(REPORT, line_of("k", "rate", "0.8"))], "billing_cost is not"),
    "what the customer pays": ("all", [(REPORT, line_of("k", "resale", "40"))], "resale or margin is not"),
    "a margin": ("all", [(REPORT, line_of("k", "margin", "0"))], "resale or margin is not"),
    "a line taken away": ("all", [(REPORT, lambda data: b"".join(data.splitlines(True)[:-1]))], "not the same lines"),
    "an answer": ("all", [(ANSWERS, replaced('final_unit_deduction\\":\\"3.6', 'final_unit_deduction\\":\\"9.6'))], "is not the one that the report names"),
    "an answer with its hash": ("rehash", [(ANSWERS, replaced('final_unit_deduction\\":\\"3.6', 'final_unit_deduction\\":\\"9.6'))], "the cost is not"),
    "a price in the book": ("all", [("prices.csv", replaced("0.123456789", "0.1"))], "the cost is not"),
    "a remark in the book": ("sums", [("prices.csv", replaced("vidu,credit", "\n# see contract\nvidu,credit"))], "another `prices_sha256`"),
    "the rates beside the book": ("all", [("rates.csv", replaced("0.1261", "0.1262"))], "is not what prices.csv has"),
    "a total of the manifest": ("all", [(MANIFEST, lambda data: re.sub(rb'("totals": \{\s+"CNY": )', rb"\g<1>1", data, count=1))], "`totals` of the manifest"),
    "the number of unpriced lines": ("all", [(MANIFEST, replaced('"unpriced": 1', '"unpriced": 0'))], "`unpriced` of the manifest"),
    "the unfinished tasks": ("sums", [(MANIFEST, replaced('"unfinished": ', '"unfinished": 7'))], "another `unfinished`"),
    "a written-off task": ("sums", [(MANIFEST, replaced('"task_id": "open"', '"task_id": "other"'))], "another `written_off`"),
    "a total of the closing": ("head", [(CHAIN, replaced("total CNY ", "total CNY 1"))], "other totals"),
    "a label of a line": ("sums", [(REPORT, line_of("vi", "label_customer", "Zoo"))], "is not what was closed"),
    "FOCUS": ("all", [(FOCUS, replaced("CNY", "USD"))], "focus.csv does not have the same cost"),
    "the time of the closing": ("sums", [(CHAIN, replaced("closed_at 1", "closed_at 2"))], "the head of the closing is"),
    "a file without SHA256SUMS": ("", [(FOCUS, replaced("CNY", "USD"))], "not as in SHA256SUMS: focus.csv.zst"),
}


def forge(folder, how):
    """Makes anew what a forger can: hashes of answers, of the manifest, of the closing, of the files."""
    read = lambda name: content(folder, name)
    digest = lambda name: hashlib.sha256(read(name)).hexdigest()
    if how == "rehash":
        answers = read(ANSWERS).splitlines()
        table = rows(read(REPORT))
        for row, answer in zip(table, map(json.loads, answers)):
            row["raw_sha256"] = hashlib.sha256(answer["answer"].encode()).hexdigest()
            old, row["line_id"] = row["line_id"], re.sub("-[0-9a-f]{12}", "-" + row["raw_sha256"][:12], row["line_id"])
            edited_answers = [line.replace(f'"line":"{old}"'.encode(), f'"line":"{row["line_id"]}"'.encode()) for line in answers]
            answers = edited_answers
        put(folder, ANSWERS, b"\n".join(answers) + b"\n")
        out = io.StringIO()
        writer = csv.DictWriter(out, table[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
        put(folder, REPORT, out.getvalue().encode())
    if how in ("all", "rehash", "head"):
        manifest, focus = json.loads(read(MANIFEST)), json.loads(read("focus.csv.manifest.json"))
        manifest["closed_sha256"] = manifest["sha256"] = digest(REPORT)
        focus["sha256"] = digest(FOCUS)
        statement = re.sub(rb"csv_sha256 \w+", b"csv_sha256 " + digest(REPORT).encode(), read(CHAIN))
        statement = re.sub(rb"\nprices_sha256 \w+", b"\nprices_sha256 " + digest("prices.csv").encode(), statement)
        (folder / CHAIN).write_bytes(statement)
        manifest["head"] = hashlib.sha256(statement).hexdigest()
        (folder / "head").write_text(manifest["head"] + "\n")
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=2))
        (folder / "focus.csv.manifest.json").write_text(json.dumps(focus, indent=2))
    if how:
        sums(folder)


def test_each_forgery_is_noticed(days, monkeypatch):
    head = json.loads(days("audit", FIRST, "-o", "whole", "--json").out)["head"]
    whole, folder = days.folder / "whole", days.folder / "forged"
    for name, (how, changes, noticed) in FORGERIES.items():
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(whole, folder)
        for path, change in changes:
            edited(folder, path, change)
        forge(folder, how)
        code, said = verify_here(folder, monkeypatch)
        assert code == 1 and re.search(noticed, said), (name, said)
    # Who makes all anew, without a fault, does not have the head that was printed.
    shutil.rmtree(folder)
    shutil.copytree(whole, folder)
    edited(folder, CHAIN, replaced("closed_at 1", "closed_at 2"))
    forge(folder, "head")
    assert verify(folder).returncode == 0
    other = verify(folder, head)
    assert other.returncode == 1 and "the command line has" in other.stdout, other
    assert verify(whole, head).returncode == 0


def test_one_number_is_proved_by_hand(days):
    """As docs/audit.md says, all blocks in one shell."""
    script = "set -eu\n" + "".join(re.findall(r"```sh\n(.*?)```", (ROOT / "docs/audit.md").read_text(), re.S))
    assert days("report", "--period", FIRST, "-o", "report.csv").code == 0
    (days.folder / "reeltally.db").symlink_to(days.ledger)
    line = next(row for row in rows((days.folder / "report.csv").read_bytes()) if row["task_id"] == "h2")
    named = re.sub(r"(?m)^period=.*", f"period={FIRST}", re.sub(r"(?m)^line=.*", f"line={line['line_id']}", script))
    done = subprocess.run(["/bin/sh", "-c", named], cwd=days.folder, capture_output=True, text=True, timeout=240, env={"PATH": "/usr/bin:/bin"})
    assert done.returncode == 0 and not done.stderr, done
    head, = days.sql("SELECT sha256 FROM v_period WHERE period = ?", FIRST)[0]
    said = done.stdout.splitlines()
    assert said[0] == "answer.json: OK" and f'"duration":{line["duration_seconds"]}' in said, said
    assert said[-1].split()[0] == head and "report.csv: OK" in said and f"{line['quantity']}|0.9|{line['cost']}|1" in said, said
