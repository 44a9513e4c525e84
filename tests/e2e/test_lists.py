"""Lists with known tasks, rows that are rejected again, and tasks that are taken back."""
import json
import sqlite3


def listed(reeltally, text, name="tasks.csv"):
    path = reeltally.folder / name
    path.write_text(text)
    return path


def run_text(reeltally, gateway, *arguments):
    return reeltally("run", *reeltally.flags(gateway)[:-1], *arguments)


def labels(reeltally):
    return {task: json.loads(text or "{}") for task, text in reeltally.sql("SELECT task_id, labels FROM v_task")}


def changes(reeltally):
    return reeltally.sql("SELECT run_id, task_id, name, ledger_value, list_value, taken FROM v_label_change")


def test_a_later_list_removes_no_label(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["failure"]})
    reeltally.run(gateway, listed(reeltally, "task_id,customer,project\nl1,acme,p1\nl2,acme,p1\n"))
    result = run_text(reeltally, gateway, listed(reeltally, "task_id,priority,customer\nl1,high,\nl2,,acme\n"))
    assert "label" not in result.err, result
    assert labels(reeltally) == {"l1": {"customer": "acme", "project": "p1", "priority": "high"},
                                 "l2": {"customer": "acme", "project": "p1"}}
    assert changes(reeltally) == []


def test_another_value_is_reported_and_kept_with_its_run(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["failure"]})
    reeltally.run(gateway, listed(reeltally, "task_id,customer,model\nl1,acme,m1\n"))
    other = listed(reeltally, "task_id,customer,model\nl1,beta,m2\n")
    for _ in range(2):
        result = run_text(reeltally, gateway, other)
        assert result.code == 0 and result.err.count("--relabel") == 1, result
        assert 'l1: customer is "acme", the list says "beta"' in result.err and 'model is "m1"' in result.err, result
    assert labels(reeltally) == {"l1": {"customer": "acme"}}
    kept = [(2, "l1", "model", "m1", "m2", 0), (2, "l1", "customer", "acme", "beta", 0)]
    assert changes(reeltally) == kept, "once, however often it is read"
    result = reeltally.run(gateway, "--relabel", other)
    assert result.summary["labels_differ"] == 2 and "replaced" in result.err, result
    assert labels(reeltally) == {"l1": {"customer": "beta"}}
    assert reeltally.sql("SELECT model FROM v_task") == [("m2",)]
    assert changes(reeltally)[2:] == [(4, *one[1:5], 1) for one in kept]


def test_two_different_rows_of_one_task_are_reported(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["failure"]})
    result = run_text(reeltally, gateway, listed(reeltally, "task_id,customer\nl3,beta\nl3,gamma\nl4,x\nl4,x\n"))
    assert "other values than the ledger for 1 label; the ledger's value stays" in result.err and 'l3: customer is "beta", the list says "gamma"' in result.err, result
    assert labels(reeltally)["l3"] == {"customer": "beta"}


def test_labels_of_a_closed_month_stay(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["failure"]})
    reeltally.run(gateway, listed(reeltally, "task_id,customer\nl1,acme\n"))
    month = reeltally.sql("SELECT substr(finish_time, 1, 7) FROM v_task")[0][0]
    assert reeltally("close", month, "--force").code == 0
    reeltally.run(gateway, "--relabel", listed(reeltally, "task_id,customer\nl1,beta\n"))
    assert labels(reeltally)["l1"] == {"customer": "beta"}
    report = reeltally("report", "--period", month)
    assert "acme" in report.out and "beta" not in report.out, report


def test_a_row_rejected_again_is_counted_and_not_reported_again(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["failure"]})
    bad = listed(reeltally, "task_id,x\na,1\n8.60E+17,2\n", "bad.csv")
    other = listed(reeltally, "task_id\n..\n", "other.csv")
    first = run_text(reeltally, gateway, "-q", bad)
    assert first.code == 3 and "bad.csv:3: rejected" in first.err and "1 rejected" in first.err, first
    assert run_text(reeltally, gateway, "-q", other).code == 3, "another list in between changes nothing"
    again = run_text(reeltally, gateway, "-q", bad)
    assert again.code == 3 and again.err == "", again
    counted = reeltally.run(gateway, "-q", bad)
    assert counted.code == 3 and counted.summary["rows_rejected"] == 1 and counted.err == ""
    assert "bad.csv:3: rejected" in run_text(reeltally, gateway, bad).err, "without -q it is told"
    bad.write_text("task_id,x\na,1\n8.60E+17,2\n8.60E+18,2\n")
    more = run_text(reeltally, gateway, "-q", bad)
    assert more.code == 3 and "bad.csv:4" in more.err and "bad.csv:3" not in more.err and "2 rejected" in more.err, more
    bad.write_text("task_id,x\na,1\n")
    assert run_text(reeltally, gateway, "-q", bad).code == 0
    bad.write_text("task_id,x\na,1\n8.60E+17,2\n")
    assert "bad.csv:3" in run_text(reeltally, gateway, "-q", bad).err, "it was mended in between"


def totals(reeltally):
    return json.loads(reeltally("status", "--json").out)


def test_tasks_are_taken_back(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["IN_PROGRESS"]}, tasks={"done": {"polls": ["failure"]}})
    reeltally.run(gateway, reeltally.csv("early"))
    reeltally.run(gateway, reeltally.csv("early", "wrong1", "wrong2", "done"))
    named = reeltally("forget", "wrong1", "nobody", "done")
    assert named.code == 3 and "nobody is not forgotten: the ledger has no such task" in named.err, named
    assert "done is not forgotten: it has a final answer" in named.err and "1 task forgotten" in named.err, named
    whole = reeltally("forget", "--json", "--failed-import", "2")
    assert whole.code == 0, whole
    assert json.loads(whole.out) == {"type": "forgotten", "tasks": 2, "refused": 0, "answered": 1}
    assert reeltally.states() == {"early": "unfinished", "wrong1": "forgotten", "wrong2": "forgotten", "done": "failed"}
    found = totals(reeltally)
    assert (found["tasks"], found["unfinished"], found["forgotten"]) == (2, 1, 2)
    assert reeltally("run", "--dry-run", "--pending").out.split() == ["early"]
    assert reeltally.run(gateway, "--pending").summary["tasks"] == 1
    month = reeltally.sql("SELECT substr(finish_time, 1, 7) FROM v_task WHERE task_id = 'done'")[0][0]
    manifest = reeltally.folder / "r.csv.manifest.json"
    reeltally("report", "--period", month[:4], "-o", reeltally.folder / "r.csv")
    assert json.loads(manifest.read_text())["unfinished"] == 1
    assert "wrong1" in reeltally("status", "wrong1").out, "its history stays"
    assert reeltally("db", "check").code == 0
    again = reeltally.run(gateway, reeltally.csv("wrong1"))
    assert again.summary["queried"] == 1 and reeltally.states()["wrong1"] == "unfinished", "a list makes it live again"


def test_a_missing_task_that_was_forgotten_is_queried_when_named_again(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["400"]}, tasks={"good": {"polls": ["failure"]}})
    reeltally.runs_apart(3, gateway, reeltally.csv("a", "good"))
    assert reeltally.states()["a"] == "missing"
    assert reeltally("forget", "a").code == 0 and totals(reeltally)["missing"] == 0
    assert reeltally("run", "--dry-run", reeltally.csv("a")).out == "a\n"
    assert reeltally.run(gateway, reeltally.csv("a", "good")).summary["queried"] == 1
    assert reeltally.states()["a"] == "missing" and totals(reeltally)["missing"] == 1


def test_what_forget_refuses(reeltally, make_gateway):
    missing = reeltally("forget", "a")
    assert missing.code == 10 and not list(reeltally.folder.rglob("*.lock")), missing
    gateway = make_gateway(default={"polls": ["IN_PROGRESS"]})
    reeltally.run(gateway, reeltally.csv("a"))
    for arguments in ([], ["--failed-import", "7"], ["--failed-import", "a"], ["a", "--failed-import", "1"], [".."]):
        result = reeltally("forget", *arguments)
        assert result.code == 2 and len(result.err.splitlines()) == 1, result
    with sqlite3.connect(reeltally.ledger) as database:
        database.execute("UPDATE run SET started_at = 0, finished_at = 1")
    assert "0 tasks forgotten" in reeltally("forget", "--failed-import", "1").err, "none of its time"
