"""Price books with tiers and free quota of a month, by the real binary, and laid out second by second in Python."""
import csv
import decimal
import io
import json
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

from conftest import exact
from nginx import Nginx
from postgres import Postgres
from test_audit import content, edited, forge, verify
from test_tampering import alter

D = decimal.Decimal
JUNE, JULY, DAY = 1780272000, 1782864000, 86400
TIERS = """model,unit,price,currency,label:customer,from_quantity,to_quantity,discount,note
happy,second,0,CNY,,,100,,free quota
happy,second,0.10,CNY,,100,150,,
happy,second,0.08,CNY,,150,,,
happy,second,0.20,CNY,ACME,0,40,50%,
happy,second,0.05,CNY,ACME,40,,,contract 7
*,task,1.5,CNY,,,,,
"""
ANSWER = ('{"code":"success","data":{"task_id":"$tid","status":"SUCCESS","submit_time":$fin,"finish_time":$fin,'
          '"properties":{"origin_model_name":"$model"},"data":{"output":{"task_status":"SUCCEEDED"},"usage":{"duration":SECONDS,"video_count":1}}}}')
PLACE = re.compile(r"tiers of line (\d+), after ([\d.]+) this month")


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def second_price(customer, second):
    """Of the book above; the first second of a month is 0."""
    if customer == "ACME":
        return D("0.10") if second < 40 else D("0.05")
    return D(0) if second < 100 else D("0.10") if second < 150 else D("0.08")


def task(number, at, seconds, model="happy"):
    return f"x-{at}-{model}-{seconds}-{number}"


@pytest.fixture
def june(reeltally, tmp_path):
    """Fifty tasks of two customers, whole seconds. Once the file `changed` is there, each answer tells one second."""
    folder = tmp_path / "nginx"
    folder.mkdir()
    flags = pathlib.Path(tempfile.mkdtemp())  # that nginx, which is another user, can see
    flags.chmod(0o755)
    at = "(?<tid>x-(?<fin>[0-9]+)-(?<model>[a-z]+)-(?<sec>[0-9]+)-[0-9]+)"
    server = Nginx(folder, f"location ~ ^/v1/video/generations/{at}$ {{ "
                           f"if (-f {flags}/changed) {{ return 200 '{ANSWER.replace('SECONDS', '1')}'; }} "
                           f"return 200 '{ANSWER.replace('SECONDS', '$sec')}'; }}")
    (reeltally.folder / "tiers.csv").write_text(TIERS)

    def ask(*tasks, header="task_id,customer"):
        result = reeltally("run", "--base-url", f"http://127.0.0.1:{server.port}", "--no-download", "--refresh", "--json",
                           reeltally.csv(*tasks, header=header))
        assert result.code == 0, result
    reeltally.ask = ask
    reeltally.change = (flags / "changed").touch
    made = [task(n, JUNE + n % 25 * DAY + 3600 + n % 3, 1 + n * 7 % 12) + (",ACME" if n % 3 == 0 else ",Zoo" if n % 3 == 1 else ",")
            for n in range(50)]
    ask(*made, task(90, JUNE + DAY, 5, "other") + ",", task(91, JULY + 5, 60) + ",")
    yield reeltally
    server.close()
    shutil.rmtree(flags)


def laid_out(lines):
    """Checks each line of a whole month against its seconds; the end of each ladder."""
    ends = {}
    for line in lines:
        if line["model"] != "happy":
            assert (line["cost"], line["unit_price"], line["cost_note"]) == ("1.5", "1.5", ""), line
            continue
        number, start = re.match(PLACE, line["cost_note"]).groups()
        customer, seconds = line["label_customer"], int(line["quantity"])
        key = "ACME" if customer == "ACME" else ""
        assert (int(number), int(start)) == (5 if key else 2, ends.get(key, 0)), line
        ends[key] = int(start) + seconds
        prices = [second_price(customer, second) for second in range(int(start), ends[key])]
        assert D(line["cost"]) == sum(prices), line
        assert line["unit_price"] == "" if len(set(prices)) > 1 else D(line["unit_price"]) == prices[0], line
    return ends


REPORT = ("report", "--period", "2026-06", "--prices", "tiers.csv")


def test_each_second_costs_what_its_tier_says(june):
    whole = june(*REPORT)
    lines = rows(whole.out)
    assert whole.code == 0 and len(lines) == 51 and laid_out(lines)[""] > 150, whole
    across = [line for line in lines if line["unit_price"] == ""]
    assert len(across) == 2 and all(": " in line["cost_note"] for line in across), "one boundary is between two lines"
    # A part of the report has the lines of the whole one.
    parts = [["--label", "customer=ACME"], ["--label", "customer=Zoo"], ["--label", "customer="]]
    some = [rows(june(*REPORT, *part).out) for part in parts]
    assert sorted(line["line_id"] for part in some for line in part) == sorted(line["line_id"] for line in lines)
    assert all({"label_customer": "", **line} in lines for part in some for line in part)
    day = rows(june("report", "--period", "2026-06-20", "--prices", "tiers.csv").out)
    assert day and day == [line for line in lines if line["finished_at"].startswith("2026-06-20")]
    assert rows(june(*REPORT, "--account", "default").out) == lines
    # Sums, pages and workbooks have the same costs.
    total = sum(D(line["cost"]) for line in lines)
    groups = rows(june(*REPORT, "--by", "label:customer").out)
    assert sum(D(group["cost"]) for group in groups) == total and len(groups) == 3
    for form in ("csv", "focus", "html", "xlsx"):
        assert june(*REPORT, "--format", form, "-o", "file").code == 0
        assert exact((june.folder / "file.manifest.json").read_text())["totals"] == {"CNY": total}, form
    forecast = exact(june("forecast", "2026-06", "--prices", "tiers.csv", "--json").out.splitlines()[-1])
    assert forecast["so_far"] == {"CNY": total}, forecast
    # FOCUS has a row for each tier, because a row has one unit price.
    focus = rows(june(*REPORT, "--format", "focus").out)
    assert len(focus) == len(lines) + len(across)
    assert all(D(row["ListUnitPrice"]) * D(row["PricingQuantity"]) == D(row["BilledCost"]) for row in focus)
    # Rounded, they still add up to their line, and none has more decimals or a negative cost.
    rounded = rows(june(*REPORT, "--format", "focus", "--round", "0").out)
    assert len(rounded) == len(focus) and all(D(row["BilledCost"]) >= 0 and "." not in row["BilledCost"] for row in rounded)
    for line in rows(june(*REPORT, "--round", "0").out):
        assert sum(D(row["BilledCost"]) for row in rounded if row["x_LineId"] == line["line_id"]) == D(line["cost"]), line


def test_a_task_alone_has_no_tier(june):
    one = june("status", task(3, JUNE + 3 * DAY + 3600, 10), "--prices", "tiers.csv")
    assert "unknown: the price depends on what is charged in the month; a report has it" in one.out, one


def test_a_closed_month_is_proved_and_corrected(june):
    before = june(*REPORT).out
    dry = june("close", "2026-06", "--prices", "tiers.csv", "--dry-run", "--json")
    closed = june("close", "2026-06", "--prices", "tiers.csv", "--json")
    assert closed.code == 0 and dry.code == 0, (dry, closed)
    assert june("report", "--period", "2026-06").out == before and june("db", "check").code == 0
    ends = laid_out(rows(before))
    # A late task begins where its month ended, a changed answer where its line began.
    changed = next(line for line in rows(before) if line["unit_price"] == "" and line["label_customer"] != "ACME")
    june.ask(task(70, JUNE + 100, 9) + ",Zoo", task(71, JUNE + 50, 4) + ",ACME")
    june.change()
    june.ask(changed["task_id"] + "," + changed["label_customer"])
    july = rows(june("report", "--period", "2026-07", "--prices", "tiers.csv").out)
    start = int(re.match(PLACE, changed["cost_note"])[2])
    by_task = {}
    for line in july:
        by_task.setdefault(line["task_id"].rsplit("-", 1)[1], []).append(line)
    late = ends[""] - int(changed["quantity"]) + 1
    assert [line["cost_note"].split(":")[0] for line in by_task["70"]] == [f"tiers of line 2, after {late} this month"], by_task["70"]
    assert by_task["71"][0]["cost_note"] == f"tiers of line 5, after {ends['ACME']} this month; price note: contract 7"
    assert D(by_task["70"][0]["cost"]) == 9 * D("0.08") and D(by_task["71"][0]["cost"]) == 4 * D("0.05")
    reversal, anew = by_task[changed["task_id"].rsplit("-", 1)[1]]
    assert D(reversal["cost"]) == -D(changed["cost"]) and reversal["cost_note"] == "reversal; " + changed["cost_note"]
    assert D(anew["cost"]) == second_price("", start) and PLACE.match(anew["cost_note"])[2] == str(start), anew
    assert [line["cost_note"] for line in by_task["91"]] == ["tiers of line 2, after 0 this month; price note: free quota"], "July begins anew"
    head = closed_head = exact(closed.out)["head"]
    assert june("audit", "2026-06", "-o", "june").code == 0
    proved = verify(june.folder / "june", head)
    assert proved.returncode == 0 and proved.stdout.endswith("all of it is proved\n"), proved
    second = june("close", "2026-07", "--prices", "tiers.csv", "--json", "--force")
    assert second.code == 0 and june("db", "check").code == 0, second
    assert rows(june("report", "--period", "2026-07").out) == july
    assert june("audit", "2026-07", "-o", "july").code == 0
    proved = verify(june.folder / "july", json.loads(second.out)["head"])
    assert proved.returncode == 0 and closed_head, proved


def test_a_changed_place_is_noticed(june):
    assert june("close", "2026-06", "--prices", "tiers.csv").code == 0
    assert june("audit", "2026-06", "-o", "whole").code == 0
    whole = june.folder / "whole"
    lines = rows(content(whole, "report.csv.zst").decode())
    later = [line for line in lines if "after 0" not in line["cost_note"] and line["unit_price"] and line["model"] == "happy"]

    def note(line, change):
        return lambda row: dict(row, cost_note=change(row["cost_note"])) if row["line_id"] == line["line_id"] else row
    moved = later[-1]
    across = next(line for line in lines if line["unit_price"] == "")
    one_more = lambda text: PLACE.sub(lambda place: f"tiers of line {place[1]}, after {int(place[2]) + 1} this month", text)
    forgeries = {
        "another begin in the same tier": (note(moved, one_more), "does not begin in its tiers where the line before ended"),
        "another begin across tiers": (note(across, one_more), "the cost is not"),
        "another ladder": (note(moved, lambda text: text.replace("of line 2", "of line 5") if "of line 2" in text else text.replace("of line 5", "of line 2")),
                           "the cost is not"),
        "no place": (note(moved, lambda text: ""), "the cost is not"),
        "other parts": (note(across, lambda text: re.sub(r": (\d+) at", lambda part: f": {int(part[1]) + 1} at", text)), "the cost is not"),
    }
    for name, (change, noticed) in forgeries.items():
        folder = june.folder / name.replace(" ", "-")
        subprocess.run(["cp", "-r", whole, folder], check=True)

        def altered(data):
            out = io.StringIO()
            writer = csv.DictWriter(out, lines[0].keys(), lineterminator="\n")
            writer.writeheader()
            writer.writerows(map(change, rows(data.decode())))
            return out.getvalue().encode()
        edited(folder, "report.csv.zst", altered)
        forge(folder, "all")
        said = verify(folder)
        assert said.returncode == 1 and noticed in said.stdout, (name, said)
    # In the ledger, too.
    june.check_ledger = False
    alter(june.ledger, "UPDATE report_line SET cost_note = replace(cost_note, 'after 1', 'after 2') WHERE cost_note LIKE '%after 1%'")
    found = june("db", "check")
    assert found.code == 1 and "2026-06" in found.out + found.err, found
    assert june("report", "--period", "2026-06").code == 1


def test_both_engines_charge_alike(june):
    server = Postgres()
    try:
        assert june("close", "2026-06", "--prices", "tiers.csv").code == 0
        june.ask(task(70, JUNE + 100, 9) + ",Zoo", task(71, JUNE + 50, 4) + ",ACME", task(72, JUNE + 60, 7) + ",")
        database = server.url(server.database())
        assert june("db", "copy", database).code == 0
        # Other tiers for the closed month.
        (june.folder / "dearer.csv").write_text((june.folder / "tiers.csv").read_text().replace("0.", "1.", 1))
        repriced = [june("close", "2026-06", "--reprice", "--prices", "dearer.csv", *where) for where in ([], ["--db", database])]
        assert repriced[0].code == 0 and " cost a different amount (" in repriced[0].out and len({one.out for one in repriced}) == 1, repriced
        for arguments in (REPORT, ("report", "--period", "2026-07", "--prices", "tiers.csv"),
                          ("report", "--period", "2026-07", "--prices", "tiers.csv", "--label", "customer=Zoo"),
                          ("report", "--period", "2026-07", "--prices", "tiers.csv", "--by", "model"),
                          ("close", "2026-07", "--prices", "tiers.csv", "--dry-run")):
            one, other = june(*arguments), june(*arguments, "--db", database)
            assert (one.code, one.out) == (other.code, other.out) and one.out, arguments
        for where in ([], ["--db", database]):
            assert june("close", "2026-07", "--prices", "tiers.csv", "--force", *where).code == 0
        for month in ("2026-06", "2026-07"):
            reports = {june("report", "--period", month, *where).out for where in ([], ["--db", database])}
            assert len(reports) == 1, month
        assert june("audit", "2026-07", "-o", "there", "--db", database).code == 0
        assert (june.folder / "there" / "prices-2026-06-repriced-1.csv").exists()
        proved = verify(june.folder / "there")
        assert proved.returncode == 0, proved.stdout
    finally:
        server.close()


def sold(lines):
    """Checks resale and margin of the lines of a month, laid out second by second; the end of the tiers."""
    end = 0
    for line in lines:
        if line["model"] == "happy":
            seconds = int(line["duration_seconds"])
            amount = sum(D("0.3") if second < 120 else D("0.25") for second in range(end, end + seconds))
            assert line["resale_note"].startswith(f"tiers of line 2, after {end} this month: "), line
            end += seconds
        else:
            amount = D(2)
            assert line["resale_note"] == "", line
        assert (D(line["resale"]), D(line["margin"])) == (amount, amount - D(line["cost"])), line
    return end


def test_resale_has_tiers_of_its_own(june):
    (june.folder / "resale.csv").write_text(
        "model,unit,price,currency,from_quantity,to_quantity\nhappy,second,0.3,CNY,,120\nhappy,second,0.25,CNY,120,\n*,task,2,CNY,,\n")
    books = ("--prices", "tiers.csv", "--resale", "resale.csv")
    before = june("report", "--period", "2026-06", *books).out
    lines = rows(before)
    end = sold(lines)
    day = rows(june("report", "--period", "2026-06-20", *books).out)
    assert day and day == [line for line in lines if line["finished_at"].startswith("2026-06-20")]
    assert june("close", "2026-06", *books).code == 0
    assert june("report", "--period", "2026-06").out == before and june("db", "check").code == 0
    changed = next(line for line in lines if line["model"] == "happy" and int(line["duration_seconds"]) > 1)
    june.ask(task(70, JUNE + 100, 9) + ",Zoo")
    june.change()
    june.ask(changed["task_id"] + "," + changed["label_customer"])
    server = Postgres()
    try:
        where = ("--db", server.url(server.database()))
        assert june("db", "copy", where[1]).code == 0
        july = june("report", "--period", "2026-07", *books)
        assert june("report", "--period", "2026-07", *books, *where).out == july.out
        late, = [line for line in rows(july.out) if line["task_id"].endswith("-70")]
        place = f"tiers of line 2, after {end - int(changed['duration_seconds']) + 1} this month: 9 at 0.25"
        assert (late["resale"], late["resale_note"]) == ("2.25", place), late
        reversal, anew = [line for line in rows(july.out) if line["task_id"] == changed["task_id"]]
        assert reversal["resale"] == "-" + changed["resale"] and reversal["resale_note"] == changed["resale_note"]
        assert anew["resale_note"].split(":")[0] == changed["resale_note"].split(":")[0] and anew["resale"] == "0.3"
        for ledger in ((), where):
            assert june("close", "2026-07", *books, "--force", *ledger).code == 0
            assert june("report", "--period", "2026-07", *ledger).out == july.out
            for month in ("2026-06", "2026-07"):
                folder = month + "-".join(ledger[:1])
                assert june("audit", month, "-o", folder, *ledger).code == 0
                proved = verify(june.folder / folder)
                assert proved.returncode == 0, proved
    finally:
        server.close()
    assert june("db", "check").code == 0

    def moved(data):
        return re.sub(rb"(tiers of line 2, after )(\d+)( this month: \d+ at 0.25)", lambda one: one[1] + str(int(one[2]) + 1).encode() + one[3], data)
    edited(june.folder / "2026-06", "report.csv.zst", moved)
    forge(june.folder / "2026-06", "all")
    noticed = verify(june.folder / "2026-06")
    assert noticed.returncode == 1 and "does not begin in its tiers where the line before ended" in noticed.stdout, noticed
    june.check_ledger = False
    alter(june.ledger, "UPDATE report_line SET resale_tiers = replace(resale_tiers, 'after 1', 'after 2') WHERE resale_tiers LIKE '%after 1%'")
    assert june("db", "check").code == 1 and june("report", "--period", "2026-06").code == 1


def test_what_cannot_have_tiers_says_so(june):
    (june.folder / "plain.csv").write_text("model,unit,price,currency\n*,second,1,CNY\n")
    refused = june("close", "2026-06-20", "--prices", "tiers.csv")
    assert refused.code == 2 and "has tiers, which count a calendar month, and 2026-06-20 is none" in refused.err, refused
    refused = june("close", "2026-06-20", "--prices", "plain.csv", "--resale", "tiers.csv")
    assert refused.code == 2 and "tiers.csv has tiers, which count a calendar month" in refused.err, refused
    assert june("close", "2026-06", "--prices", "tiers.csv").code == 0
    kept = june("close", "2026-06", "--reprice", "--prices", "tiers.csv")
    assert kept.code == 0 and "has these prices already: 0 lines cost" in kept.out, kept
    (june.folder / "gap.csv").write_text("model,unit,price,currency,from_quantity,to_quantity\n*,second,1,CNY,,5\n*,second,2,CNY,6,\n")
    for arguments in (("prices", "check", "gap.csv"), ("report", "--period", "2026-07", "--prices", "gap.csv")):
        refused = june(*arguments)
        assert refused.code == 2 and "line 3, column from_quantity: no tier has a price from 5 to 6, between line 2 and this one" in refused.err
    assert "nothing is wrong in 6 rows" in june("prices", "check", "tiers.csv", "--db", june.ledger).err
