"""Tests what docs/ and README say: recipes, alert rules, commands, links."""
import itertools
import json
import pathlib
import re
import sqlite3
import subprocess

import pytest

from conftest import BINARY, ROOT


def recipes():
    return re.findall(r"```sql\n(.*?)```", (ROOT / "docs/ledger.md").read_text(), re.S)


@pytest.fixture
def filled(reeltally, make_gateway):
    gateway = make_gateway(tasks={"860260753860210752": {"vendor": "happyhorse"}, "b": {"polls": ["failure"]},
                                  "c": {"polls": ["IN_PROGRESS"]}})
    reeltally.run(gateway, "--no-download", "--metrics-file", "m.prom",
                  reeltally.csv("860260753860210752,A", "b,A", "c,B", header="task_id,customer"))
    return reeltally


def test_recipes_find_something(filled):
    assert len(recipes()) >= 6
    for recipe in recipes():
        assert filled.sql(recipe), recipe


def test_views_have_the_documented_columns(filled):
    described = re.findall(r"^\| `(v_\w+)` \| [^|]* \| `([^`]*)` \|$", (ROOT / "docs/ledger.md").read_text(), re.M)
    assert len(described) == 8
    with sqlite3.connect(filled.ledger) as database:
        for view, columns in described:
            assert [row[1] for row in database.execute(f"PRAGMA table_info({view})")] == columns.split(), view
    database.close()


def test_alert_rules_and_metrics(filled):
    subprocess.run(["promtool", "check", "rules", ROOT / "docs/alerts.yml"], check=True, capture_output=True)
    metrics = (filled.folder / "m.prom").read_text()
    checked = subprocess.run(["promtool", "check", "metrics"], input=metrics, text=True, capture_output=True)
    assert checked.returncode == 0 and not checked.stderr, checked
    names = set(re.findall(r"reeltally_\w+", (ROOT / "docs/alerts.yml").read_text()))
    optional = {"reeltally_last_success_timestamp_seconds", "reeltally_budget_used", "reeltally_budget_amount"}
    assert names - optional <= set(re.findall(r"^(reeltally_\w+)", metrics, re.M)), "alerts on metrics that exist"


def test_the_dashboard_asks_for_metrics_that_exist(tmp_path):
    panels = json.loads((ROOT / "docs/dashboard.json").read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 10
    taken = {}
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        for cell in itertools.product(range(place["x"], place["x"] + place["w"]), range(place["y"], place["y"] + place["h"])):
            assert taken.setdefault(cell, panel["id"]) == panel["id"], f"{panel['title']} overlaps another panel"
    asked = [target["expr"] for panel in panels for target in panel["targets"]]
    # As recording rules, so that promtool checks their grammar.
    rules = [{"record": f"panel:{number}", "expr": expression.replace("$instance", ".*")}
             for number, expression in enumerate(asked)]
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "board", "rules": rules}]}))  # JSON is YAML
    checked = subprocess.run(["promtool", "check", "rules", tmp_path / "rules.yml"], capture_output=True, text=True)
    assert checked.returncode == 0, checked
    # Some are written only now and then, so the source says which there are.
    written = set(re.findall(r'"(reeltally_\w+)"', (ROOT / "cmd/run/metrics_file.cc").read_text()))
    assert set(re.findall(r"reeltally_\w+", " ".join(asked))) <= written


def test_every_documented_command_and_option_exists(reeltally):
    commands = re.findall(r"^  (\w+(?: \w+)?)(?=  | \[| [A-Z])", reeltally("--help").out, re.M)
    known = {}
    for page in ["README.md", "README.zh-CN.md", "docs/operating.md", "docs/billing.md", "docs/ledger.md", "docs/upgrades.md",
                 "docs/fleet.md", "docs/pages.md", "docs/audit.md"]:
        for command, rest in re.findall(r"reeltally (run|status|runs|report|close|audit|reconcile|forecast|verify|doctor|serve|forget|db \w+|config)\b([^\n`|&;#]*)",
                                        (ROOT / page).read_text()):
            if command not in known:
                result = reeltally(*command.split(), "--help")
                assert result.code == 0, f"{page}: {command}"
                known[command] = set(re.findall(r"--[a-z][a-z-]+", result.out))
            for option in re.findall(r"(?<= )--[a-z][a-z-]+", rest):
                assert option in known[command], f"{page}: {command} {option}"
    assert {"run", "report", "close"} <= set(known) and commands


def test_links_lead_somewhere():
    for page in [*sorted(ROOT.glob("README*.md")), *sorted((ROOT / "docs").glob("*.md"))]:
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            if not link.startswith("http"):
                assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_both_readmes_say_the_same():
    """The same sections, pages and commands; only words differ."""
    def parts(name):
        page = (ROOT / name).read_text()
        commands = [re.sub(r"(  +#|(?<=tools/)(demo|test|demo fleet) {2,}).*", r"\2", line).rstrip() for line in re.findall(r"^    .*", page, re.M)]
        return set(re.findall(r"\]\(([^)#]+)\)", page)) - {"README.md", "README.zh-CN.md"}, commands, len(re.findall(r"^##? ", page, re.M))
    assert parts("README.md") == parts("README.zh-CN.md")


def test_every_help_fits_80_columns(reeltally):
    pages = [["--help"]] + [[*c.split(), "--help"] for c in (
        "run", "import", "status", "report", "close", "audit", "reconcile", "forecast", "verify", "doctor", "serve", "forget", "prices check", "db migrate",
        "db check", "db backup", "db copy", "db prune", "config")]
    for page in pages:
        text = reeltally(*page).out
        assert text and max(map(len, text.splitlines())) <= 80, page


def test_config_names_every_setting(reeltally):
    lines = [json.loads(line) for line in reeltally("config", "--json").out.splitlines()]
    assert len(lines) > 40


def test_the_scale_on_paper_is_what_the_script_says():
    said = subprocess.run([ROOT / "tools/scale"], check=True, capture_output=True, text=True).stdout
    page = (ROOT / "docs/scale.md").read_text()
    assert said in page
    constants = re.findall(r"^([A-Z_]+) = (\d+)$", (ROOT / "tools/scale").read_text(), re.M)
    named = dict(constants)
    for name in ["BYTES_A_TASK", "BYTES_A_SNAPSHOT", "BYTES_A_RAW_ANSWER", "BYTES_A_CLOSED_LINE", "SERVER_US_A_SNAPSHOT"]:
        assert re.search(rf"\b{named[name]}\b", page), name
    assert subprocess.run([ROOT / "tools/scale", "--tasks", "0"], capture_output=True).returncode == 2


@pytest.mark.parametrize("page, row, count", [("security.md", r"^\| [a-j][^|]*\|[^|]*\| (`.*`) \|$", 20),
                                              ("reliability.md", r"^\| [A-Z]\d[^|]*\|[^|]*\|[^|]*\| (.*) \|$", 64)])
def test_each_test_that_a_page_names_exists(page, row, count):
    rows = re.findall(row, (ROOT / "docs" / page).read_text(), re.M)
    named = {name for row in rows for name in re.findall(r"`(\w{8,})`", row)}
    files = [path.read_text() for pattern in ("tests/**/*.cc", "tests/e2e/*.py") for path in ROOT.glob(pattern)]
    known = {name for text in files for name in re.findall(r"^(?:TEST(?:_[FP])?\(\w+,\s*|def )(\w+)", text, re.M)}
    assert len(rows) == count and named <= known, (len(rows), named - known)


def test_the_reference_is_the_one_that_the_build_makes():
    made = (pathlib.Path(BINARY).resolve().parent / "texts/reference.md").read_text()
    assert (ROOT / "docs/reference.md").read_text() == made, "cp build/dev/texts/reference.md docs/"


def test_each_seeded_bug_still_fits_its_file():
    assert subprocess.run([ROOT / "tools/mutations", "--check"], capture_output=True, text=True).stderr == ""


def test_the_fuzzer_explains_itself():
    def fuzz(*arguments):
        done = subprocess.run([ROOT / "tools/fuzz", *arguments], capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr
    code, said, _ = fuzz("--help")
    assert code == 0 and "Usage: tools/fuzz [SECONDS] [TARGET...]" in said
    for arguments in (["--seconds"], ["5", "lists"], ["12x"], ["0"]):
        code, said, complaint = fuzz(*arguments)
        assert (code, said) == (2, "") and complaint.startswith(f"tools/fuzz: unknown argument '{arguments[-1]}' (use: "), arguments
