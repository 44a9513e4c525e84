"""docs/reference.md holds what the program itself says; test_docs.py sees that it is the one of the build."""
import json
import pathlib
import re
import time

from conftest import TOKEN

ROOT = pathlib.Path(__file__).parents[2]
PAGE = (ROOT / "docs/reference.md").read_text()
AGO = 40 * 86400
MONTH = time.strftime("%Y-%m", time.gmtime(time.time() - AGO))


def table(title):
    """The rows of the section's first table, without the titles."""
    section = PAGE.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip("`").replace("\\|", "|") for cell in row] for row in rows[2:]]


def objects():
    """{(command, type): (keys that each has, keys that some have)}"""
    found = {}
    for command, name, keys, _ in table("JSON objects"):
        optional = " ".join(re.findall(r"\[([^]]*)\]", keys)).split()
        always = re.sub(r"\[[^]]*\]", "", keys).replace("and a count for each reason to refuse", "").split()
        found[command, name] = (set(always), set(optional))
    return found


def numbers_as_text(value, name=""):
    """Where a number is text, but for words, names and versions (FOCUS 1.4) that may look like one."""
    if isinstance(value, (dict, list)):
        members = value.items() if isinstance(value, dict) else ((name, one) for one in value)
        return [found for key, one in members for found in numbers_as_text(one, key)]
    is_one = isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value)
    return [(name, value)] if is_one and name not in ("resolution", "task_id") and value != "1.4" else []


def test_json_objects_have_the_keys_of_the_page(reeltally, make_gateway):
    known, met = objects(), set()
    gateway = make_gateway(tasks={"a": {"vendor": "happyhorse"}, "b": {"polls": ["failure"]}, "c": {"polls": ["IN_PROGRESS"]}},
                           user={"token": TOKEN, "id": 2, "listed": {"tasks": ["a"]}, "log": [
                               {"type": 2, "created_at": int(time.time()) - AGO, "request_id": "r", "quota": 1,
                                "other": {"is_task": True, "task_id": "stranger"}}]})
    gateway.set_clock(-AGO)
    (reeltally.folder / "prices.csv").write_text("model,unit,min_sr,max_sr,price,currency,valid_from,valid_to\nm,second,,,0.9,CNY,,\nm,video,,,1,XXY,,\n")
    (reeltally.folder / "log.csv").write_text("task_id,quota\na,1\nz,2\n")

    def holds(command, *arguments):
        result = reeltally(*arguments, "--json")
        for line in result.out.splitlines():
            found = json.loads(line)
            assert numbers_as_text(found) == [], (command, found)
            name = found.pop("type")
            always, optional = known[command, name]
            assert always <= set(found) and (set(found) <= always | optional or command == "close --dry-run"), (command, name, found)
            met.add((command, name))
        reeltally.output.pop()  # raw answers have links

    holds("run", "run", *reeltally.flags(gateway), "--sidecar", reeltally.csv("a,m", "b,m", "c,m", header="task_id,model"))
    holds("status", "status")
    holds("status TASK_ID", "status", "a")
    line = json.loads(reeltally("report", "--period", MONTH, "--format", "json").out.splitlines()[0])["line_id"]
    holds("status --line", "status", "--line", line)
    holds("report --format json", "report", "--period", MONTH, "--format", "json")
    found = json.loads(reeltally("report", "--period", MONTH, "--format", "json", "--by", "model").out.splitlines()[0])
    always, optional = known["report --by KEY --format json", found.pop("type")]
    assert always | {"model"} == set(found) and "KEY" in optional
    met.add(("report --by KEY --format json", "group"))
    holds("runs", "runs")
    (reeltally.videos / "a.mp4").write_bytes(b"")
    holds("verify", "verify")
    (reeltally.folder / "config.toml").write_text('[budget.all]\namount = "5 USD"\n')
    holds("config", "config", "--config", "config.toml")
    holds("doctor", "doctor", "--base-url", gateway.base, "--allow-http")
    holds("prices check", "prices", "check", "prices.csv")
    (reeltally.folder / "other.csv").write_text("model,unit,min_sr,max_sr,price,currency,valid_from,valid_to\nother,second,,,0.9,CNY,,\n")
    holds("report --check", "report", "--check", "--period", MONTH, "--prices", "other.csv")
    holds("forecast", "forecast", MONTH, "--prices", "prices.csv")
    holds("reconcile", "reconcile", "log.csv", "--period", MONTH)
    asking = ("--from-gateway", "--base-url", gateway.base, *reeltally.user())
    holds("reconcile --from-gateway", "reconcile", *asking, "--period", MONTH)
    holds("import", "import", *asking)
    holds("forget", "forget", "c", "a")
    holds("close --dry-run", "close", MONTH, "--prices", "prices.csv", "--dry-run")
    holds("close", "close", MONTH, "--prices", "prices.csv", "--force")
    holds("close --reprice", "close", MONTH, "--prices", "prices.csv", "--reprice")
    holds("audit", "audit", MONTH, "-o", "audit.tar")
    holds("db migrate", "db", "migrate")
    holds("db check", "db", "check")
    holds("db prune", "db", "prune", "--older-than", "1d", "--yes")
    assert reeltally("report", "--period", MONTH, "-o", "r.csv").code == 0
    manifest = json.loads((reeltally.folder / "r.csv.manifest.json").read_text())
    always, optional = known["report -o FILE", manifest.pop("type")]
    assert always <= set(manifest) <= always | optional and numbers_as_text(manifest) == [], manifest
    sidecar = json.loads((reeltally.videos / "a.mp4.json").read_text())
    always, _ = known["run --sidecar", sidecar.pop("type")]
    assert set(sidecar) == always
    met.add(("run --sidecar", "reeltally video"))
    rest = {("status --crew", "crew_run"), ("report -o FILE", "manifest"), ("db check", "fault"), ("db check", "gap")}
    assert set(known) - met - rest == set(), "a type of the page that nothing printed"


def test_columns_metrics_and_views_are_those_of_the_program(reeltally, make_gateway):
    gateway = make_gateway(tasks={"a": {"vendor": "happyhorse"}, "c": {"polls": ["IN_PROGRESS"]}})
    reeltally.run(gateway, "--metrics-file", "m.prom", reeltally.csv("a", "c"))
    day = time.strftime("%Y-%m-%d", time.gmtime())
    header = reeltally("report", "--period", day[:4]).out.splitlines()[0].split(",")
    listed = [line.split() for line in PAGE.split("\n## Columns of a report\n", 1)[1].split("\n## ", 1)[0].splitlines() if line.startswith("    ")]
    assert header == [column for column in listed[0] if column != "label_NAME"]
    assert ["model", *listed[2][1:]] == reeltally("report", "--period", day[:4], "--by", "model").out.splitlines()[0].split(",")
    for columns, version in zip(listed[4:], ("1.4", "1.3", "1.2"), strict=True):
        focus = reeltally("report", "--period", day[:7], "--format", "focus", "--focus-version", version)
        assert focus.out.splitlines()[0].split(",") == columns, version
    metrics = {row[0] for row in table("Metrics")}
    written = set(re.findall(r"^# TYPE (\S+)", (reeltally.folder / "m.prom").read_text(), re.M))
    assert written and written <= metrics, written - metrics
    for view, names in table("Views of the ledger"):
        assert [row[0] for row in reeltally.sql(f"SELECT name FROM pragma_table_info('{view}')")] == names.split()
