"""The main job against the test gateway: every vendor, repeat and resume, waiting, the summary."""
import hashlib
import json
import pathlib
import re
import time
import subprocess
import sys

GATEWAY = pathlib.Path(__file__).resolve().parents[1] / "support/gateway"
sys.path.insert(0, str(GATEWAY))
import answers  # noqa: E402

SIZE = 20000


def tasks_of_every_vendor():
    return {f"{vendor}-1": {"vendor": vendor, "video": {"size": SIZE}} for vendor in answers.SUCCESS}


def test_every_vendor_succeeds_and_its_videos_are_on_disk(reeltally, make_gateway):
    tasks = tasks_of_every_vendor()
    gateway = make_gateway(tasks=tasks)
    result = reeltally.run(gateway, reeltally.csv(*tasks))
    assert result.code == 0, result
    assert set(reeltally.states().values()) == {"succeeded"}
    names = {f"{vendor}-1.mp4" for vendor in answers.SUCCESS} | {"kling-1-2.mp4", "ultra-1-2.mp4"}
    assert set(reeltally.files()) == names
    rows = reeltally.sql("SELECT path, bytes, sha256, state FROM v_video")
    assert len(rows) == len(names)
    for path, size, sha256, state in rows:
        data = pathlib.Path(path).read_bytes()
        assert state == "done" and len(data) == size
        assert hashlib.sha256(data).hexdigest() == sha256
    assert result.summary["videos_downloaded"] == len(names)
    assert result.summary["succeeded"] == len(tasks)
    assert result.summary["requests"] == len(tasks)


def test_the_demo_ends_as_its_scenario_says(reeltally, make_gateway):
    subprocess.run(["/usr/bin/python3", GATEWAY / "demo.py", reeltally.folder / "tasks.csv", reeltally.folder / "scenario.json"],
                   check=True)
    scenario = json.loads((reeltally.folder / "scenario.json").read_text())
    del scenario["key"]
    gateway = make_gateway(**scenario)
    result = reeltally.run(gateway, "--wait", "--poll-interval", "1s", "--deadline", "1m", reeltally.folder / "tasks.csv")
    assert result.code == 3, result
    plans = scenario["tasks"]
    assert len(plans) >= 200 and {plan["vendor"] for plan in plans.values()} == set(answers.SUCCESS)
    ends = {"success": "succeeded", "failure": "failed", "400": "unfinished"}
    expected = {task_id: ends[plan.get("polls", ["success"])[-1]] for task_id, plan in plans.items()}
    assert reeltally.states() == expected
    assert reeltally.run(gateway, "--pending").code == 3  # the gateway's own error counts from the second run on
    videos = dict(reeltally.sql("SELECT state, count(*) FROM v_video GROUP BY state"))
    of_success = [plans[task_id] for task_id, state in expected.items() if state == "succeeded"]
    dead = sum("life" in plan["video"] for plan in of_success)
    assert dead and videos["expired"] >= dead and videos["failed"] == sum("content" in plan for plan in of_success) > 0
    assert set(videos) == {"done", "expired", "failed"} and len(reeltally.files()) == videos["done"]


def test_usage_is_kept_exact_as_sent(reeltally, make_gateway):
    tasks = tasks_of_every_vendor()
    reeltally.run(make_gateway(tasks=tasks), "--no-download", reeltally.csv(*tasks))
    usage = {}
    for task_id, name, value in reeltally.sql("SELECT task_id, name, value FROM v_usage"):
        usage.setdefault(task_id, {})[name] = value
    assert usage["wan-1"]["video_duration"] == "5.0"
    assert usage["ultra-1"] == {"completion_tokens": "108900", "total_tokens": "108900",
                                "super_resolution_tokens": "245025"}
    assert usage["kling-1"]["final_unit_deduction"] == "3.6"
    assert usage["vidu-1"]["credits"] == "12"
    assert usage["minimax-1"]["total_seconds"] == "6"
    assert usage["nested-1"]["SR"] == "1080"
    facts = {row[0]: row[1:] for row in reeltally.sql(
        "SELECT task_id, resolution, duration_seconds, units, credits, total_tokens FROM v_task")}
    assert facts["happyhorse-1"][0] == "1080p"
    assert facts["kling-1"][2] == 3.6
    assert facts["vidu-1"][3] == 12
    assert facts["seedance-1"][4] == 108900
    assert facts["sora-1"][1] == 12


def test_the_raw_answer_is_byte_exact(reeltally, make_gateway):
    gateway = make_gateway(default={"vendor": "happyhorse"})
    reeltally.run(gateway, "--no-download", reeltally.csv("t1"))
    lines = [json.loads(line) for line in reeltally("status", "--json", "t1").out.splitlines()]
    reeltally.output.pop()  # the one place where the raw answer, its link included, is asked for
    snapshot = [line for line in lines if line["type"] == "snapshot"][0]
    assert hashlib.sha256(snapshot["answer"].encode()).hexdigest() == snapshot["raw_sha256"]
    assert json.loads(snapshot["answer"])["data"]["task_id"] == "t1"


def test_the_same_command_again_sends_no_query(reeltally, make_gateway):
    tasks = tasks_of_every_vendor()
    gateway = make_gateway(tasks=tasks)
    path = reeltally.csv(*tasks)
    reeltally.run(gateway, path)
    before = len(gateway.log(event="request"))
    result = reeltally.run(gateway, path)
    assert result.code == 0 and result.summary["queried"] == 0
    assert len(gateway.log(event="request")) == before


def test_refresh_queries_again_and_downloads_nothing_twice(reeltally, make_gateway):
    gateway = make_gateway(default={"vendor": "happyhorse"})
    path = reeltally.csv("t1")
    reeltally.run(gateway, path)
    result = reeltally.run(gateway, "--refresh", path)
    assert result.summary["queried"] == 1 and result.summary["videos_downloaded"] == 0
    assert reeltally.sql("SELECT count(*) FROM v_snapshot") == [(2,)]


def test_a_missing_file_is_downloaded_again(reeltally, make_gateway):
    gateway = make_gateway(default={"vendor": "happyhorse"})
    path = reeltally.csv("t1", "t2")
    reeltally.run(gateway, path)
    (reeltally.videos / "t1.mp4").unlink()
    (reeltally.videos / "t2.mp4").write_bytes(b"short")
    result = reeltally.run(gateway, path)
    assert result.code == 0 and result.summary["videos_downloaded"] == 2
    assert reeltally.files() == ["t1.mp4", "t2.mp4"], "the ledger's own file is replaced"


def test_no_download_then_pending(reeltally, make_gateway):
    gateway = make_gateway(default={"vendor": "seedance"})
    result = reeltally.run(gateway, "--no-download", reeltally.csv("t1", "t2"))
    assert result.code == 0 and reeltally.files() == []
    asked = len(gateway.queries())
    result = reeltally.run(gateway, "--pending")
    assert result.code == 0 and reeltally.files() == ["t1.mp4", "t2.mp4"]
    assert len(gateway.queries()) == asked, "the link is known; nobody needs to be asked"


def test_pending_continues_unfinished_tasks(reeltally, make_gateway):
    gateway = make_gateway(tasks={"slow": {"polls": ["IN_PROGRESS", "success"]}, "done": {}})
    result = reeltally.run(gateway, reeltally.csv("slow", "done"))
    assert result.code == 0 and result.summary["unfinished"] == 1
    result = reeltally.run(gateway, "--pending")
    assert result.code == 0 and result.summary["tasks"] == 1
    assert reeltally.states() == {"slow": "succeeded", "done": "succeeded"}


def test_wait_polls_until_all_are_finished(reeltally, make_gateway):
    gateway = make_gateway(tasks={"a": {"polls": ["NOT_START", "IN_PROGRESS", "success"]}, "b": {"polls": ["failure"]}})
    result = reeltally.run(gateway, "--wait", "--poll-interval", "200ms", reeltally.csv("a", "b"))
    assert result.code == 0, result
    times = [r["t"] for r in gateway.queries("a")]
    assert len(times) == 3 and all(b - a >= 0.19 for a, b in zip(times, times[1:]))
    assert reeltally.states() == {"a": "succeeded", "b": "failed"}


def test_deadline_with_unfinished_tasks_is_exit_4(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["IN_PROGRESS"]})
    result = reeltally.run(gateway, "--wait", "--poll-interval", "100ms", "--deadline", "600ms", reeltally.csv("a"))
    assert result.code == 4 and result.summary["unfinished"] == 1


def test_stale_tasks_are_given_up(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["IN_PROGRESS"]})
    result = reeltally.run(gateway, "--wait", "--poll-interval", "100ms", "--stale-after", "1m", reeltally.csv("a"))
    assert result.code == 0 and result.summary["stale"] == 1, "it was submitted two minutes ago"
    assert reeltally.run(gateway, "--pending", "--stale-after", "1m").summary["tasks"] == 0
    assert reeltally.sql("SELECT stale FROM v_task") == [(1,)]


def test_regression_after_success_changes_nothing(reeltally, make_gateway):
    gateway = make_gateway(tasks={"a": {"polls": ["success", "IN_PROGRESS"]}})
    path = reeltally.csv("a")
    reeltally.run(gateway, path)
    assert reeltally.run(gateway, "--refresh", path).code == 0
    assert reeltally.states() == {"a": "succeeded"}
    assert reeltally.sql("SELECT count(*) FROM v_snapshot") == [(2,)]


def test_missing_is_final_in_the_third_run(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["400"]}, tasks={"good": {"polls": ["failure"]}})
    path = reeltally.csv("gone", "good")
    assert [result.code for result in reeltally.runs_apart(4, gateway, path)] == [3, 3, 0, 0]
    assert reeltally.states()["gone"] == "missing"
    assert len(gateway.queries("gone")) == 3


def test_runs_within_minutes_make_no_task_missing(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["400"]}, tasks={"good": {"polls": ["failure"]}})
    path = reeltally.csv("gone", "good")
    results = [reeltally.run(gateway, path) for _ in range(4)]
    assert [result.code for result in results] == [3, 3, 3, 3], results
    assert results[-1].summary["missing"] == 0 and results[-1].summary["not_answered"] == 1, results
    results = []
    for minutes in (9, 9, 2):  # the answers so far count as one; one counts after 18 minutes, none after 9 or 20
        reeltally.let_time_pass(minutes)
        results.append(reeltally.run(gateway, path))
    assert [result.code for result in results] == [3, 3, 3] and reeltally.states()["gone"] == "unfinished", results
    reeltally.let_time_pass(9)
    last = reeltally.run(gateway, path)
    assert last.code == 0 and last.summary["missing"] == 1 and reeltally.states()["gone"] == "missing", last


def test_names_labels_and_models(reeltally, make_gateway):
    gateway = make_gateway(default={"vendor": "happyhorse"})
    path = reeltally.folder / "in.csv"
    path.write_text("id;Model;customer\nt:1;hh-1.0;acme/../x\nt2;;\n")
    result = reeltally.run(gateway, "--name", "{label:customer}/{model}/{task_id}-{status}.{ext}", path)
    assert result.code == 0, result
    files = reeltally.files()
    assert len(files) == 2 and all(".." not in pathlib.PurePath(f).parts for f in files)
    assert any(f.startswith("_/_/t2-SUCCESS") for f in files)
    assert reeltally.sql("SELECT model, labels FROM v_task WHERE task_id = 't:1'") == [
        ("hh-1.0", '{"customer":"acme/../x"}')]


def test_videos_never_share_a_name_and_strangers_are_left_alone(reeltally, make_gateway):
    gateway = make_gateway(default={"vendor": "happyhorse", "video": {"seed": "same", "size": 9000}})
    reeltally.videos.mkdir()
    (reeltally.videos / "clip.mp4").write_bytes(b"mine")
    result = reeltally.run(gateway, "--name", "clip.{ext}", reeltally.csv("a", "b"))
    assert result.code == 0, result
    assert reeltally.files() == ["clip-2.mp4", "clip-3.mp4", "clip.mp4"]
    assert (reeltally.videos / "clip.mp4").read_bytes() == b"mine"


def test_summary_text_and_quiet(reeltally, make_gateway):
    gateway = make_gateway(default={"vendor": "happyhorse"})
    flags = [f for f in reeltally.flags(gateway) if f != "--json"]
    result = reeltally("run", *flags, reeltally.csv("a"))
    assert result.out == "" and "1 task in" in result.err and "1 downloaded" in result.err
    result = reeltally("run", "-q", *flags, reeltally.csv("b"))
    assert result.code == 0 and result.out == "" and result.err == ""
    gateway = make_gateway(default={"polls": ["IN_PROGRESS"]})
    flags = [f for f in reeltally.flags(gateway) if f != "--json"]
    process = reeltally.start("run", *flags, "--wait", reeltally.csv("c"))
    while not gateway.queries():
        assert process.poll() is None
        time.sleep(0.01)
    process.terminate()
    assert "note: stopped by SIGTERM; the next run continues the work" in reeltally.finish(process).err


def test_every_request_is_logged_at_vv(reeltally, make_gateway):
    gateway = make_gateway(tasks={"a": {"vendor": "seedance"}, "b": {"polls": ["500", "short", "failure"]}})
    result = reeltally.run(gateway, "-vv", "--concurrency", "1", reeltally.csv("a", "b"))
    assert result.code == 0, result
    told = [line for line in result.err.splitlines() if re.search(r" \(\d+ ms\)$", line)]
    assert len(told) == result.summary["requests"] == 4
    assert re.search(r"a: HTTP 200, \d+ bytes, succeeded, request 0{13}1 ", told[0])
    assert "b: HTTP 500" in told[1] and "b: HTTP 200" in told[3]
    assert " ms)" not in reeltally.run(gateway, "-v", "--refresh", "tasks.csv").err


def test_connections_are_reused(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["failure"]})
    result = reeltally.run(gateway, "--concurrency", "8", reeltally.csv(*(f"t{i}" for i in range(400))))
    assert result.code == 0 and result.summary["failed"] == 400
    assert len(gateway.log(event="open", storage=False)) <= 8


def test_rate_is_kept(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["failure"]})
    reeltally.run(gateway, "--rate", "20", reeltally.csv(*(f"t{i}" for i in range(50))))
    times = [r["t"] for r in gateway.queries()]
    # A little slack for the way from start to log.
    assert max(sum(1 for u in times if t <= u < t + 0.98) for t in times) <= 21
