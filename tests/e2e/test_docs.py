"""What docs/ claims: views and their columns, recipes, alert rules, links, exit codes."""
import re
import subprocess

from conftest import BINARY, PATIENCE, ROOT

DOCS = ROOT / "docs"


def sections(text):
    return dict(re.findall(r"^## (v_\w+).*?\n(.*?)(?=^## )", text, re.MULTILINE | re.DOTALL))


def test_every_column_of_every_view_is_told(reeltally, make_gateway):
    assert reeltally.run(make_gateway(tasks={"a": {"vendor": "happyhorse"}}), reeltally.csv("a")).code == 0
    told = {view: [name for row in re.findall(r"^\|(.*?)\|", body, re.MULTILINE) for name in re.findall("`([^`]+)`", row)]
            for view, body in sections((DOCS / "ledger.md").read_text()).items()}
    views = [name for (name,) in reeltally.sql("SELECT name FROM sqlite_master WHERE type = 'view' AND name GLOB 'v_*'")]
    assert views and told == {view: [row[1] for row in reeltally.sql(f"PRAGMA table_info({view})")] for view in views}


def test_every_recipe_runs(reeltally, make_gateway):
    gateway = make_gateway(tasks={"a": {"vendor": "happyhorse"}, "b": {"polls": ["failure"]}})
    reeltally.run(gateway, reeltally.csv("a,acme", "b,acme", header="task_id,customer"))
    recipes = re.findall(r"```sql\n(.*?)```", (DOCS / "ledger.md").read_text(), re.DOTALL)
    assert len(recipes) >= 5
    rows = [reeltally.sql(recipe) for recipe in recipes]
    assert any("acme" in row for row in rows[2]), "seconds by customer"
    assert sum(row[2] for row in rows[3]) == 1, "one task failed"
    assert rows[4][0][1] == 1, "one task took its time"


def test_promtool_accepts_the_alert_rules():
    result = subprocess.run(["promtool", "check", "rules", "--lint-fatal", DOCS / "alerts.yml"], capture_output=True,
                            text=True, timeout=PATIENCE)
    assert result.returncode == 0 and "5 rules found" in result.stdout, result.stdout + result.stderr


def test_alerts_and_metrics_agree(reeltally, make_gateway):
    """Each metric of a rule is one that the program can write."""
    source = (ROOT / "cmd/metrics_file.cc").read_text()
    metrics = set(re.findall(r"reeltally_\w+", (DOCS / "alerts.yml").read_text()))
    assert len(metrics) == 5 and all(f'"{name}"' in source for name in metrics)
    path = reeltally.folder / "m.prom"
    reeltally.run(make_gateway(tasks={"a": {"vendor": "happyhorse"}}), "--metrics-file", path, reeltally.csv("a"))
    checked = subprocess.run(["promtool", "check", "metrics"], input=path.read_text(), capture_output=True, text=True,
                             timeout=PATIENCE)
    assert checked.returncode == 0 and not checked.stderr and not checked.stdout, checked.stdout + checked.stderr


def test_links_lead_somewhere_and_codes_are_complete():
    for page in DOCS.glob("*.md"):
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (DOCS / link).exists(), f"{page.name}: {link}"
    help_text = subprocess.run([BINARY, "--help"], capture_output=True, text=True).stdout
    codes = re.findall(r"^  (\d+) ", help_text, re.MULTILINE)
    told = re.findall(r"\d+", " ".join(re.findall(r"^\| ([\d, ]+) \|", (DOCS / "operating.md").read_text(), re.MULTILINE)))
    assert told == codes and len(codes) == 10
