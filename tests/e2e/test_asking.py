"""When a task is queried, and queried again: quotas that settle late, vendors behind the gateway, keys and base URLs."""
import pytest


def test_a_quota_read_too_early_is_queried_again(reeltally, make_gateway):
    gateway = make_gateway(default={"vendor": "seedance", "finished_ago": 28, "quota": [500000, 217800]})
    tasks = reeltally.csv("a")
    assert reeltally.run(gateway, tasks).code == 0
    assert reeltally.sql("SELECT quota FROM v_task") == [(500000,)] and reeltally.files() == ["a.mp4"]
    dry = reeltally("run", *reeltally.flags(gateway), "--dry-run", tasks)
    assert dry.out.splitlines() == ["a"], "it is asked once more"
    result = reeltally.run(gateway, "--pending", "--wait")
    assert result.code == 0 and result.summary["succeeded"] == 1, result
    assert reeltally.sql("SELECT quota, queries FROM v_task") == [(217800, 2)]
    for arguments in (["--pending"], [tasks], ["--pending", "--dry-run"]):
        assert reeltally.run(gateway, *arguments).code == 0
    assert len(gateway.queries()) == 2, "settled"
    assert len(gateway.fetches()) == 1


def test_a_vendor_behind_the_gateway_is_not_queried_twice_a_minute(reeltally, make_gateway):
    gateway = make_gateway(tasks={"veo": {"vendor": "veo", "polls": ["processing"]}, "wan": {"polls": ["IN_PROGRESS"]}})
    tasks = reeltally.csv("veo", "wan")
    for _ in range(2):
        result = reeltally.run(gateway, "--failed-out", "failed.csv", tasks)
        assert result.code == 0 and result.summary["unfinished"] == 2 and result.summary["unasked"] == 0, result
        assert (reeltally.folder / "failed.csv").read_text() == "task_id\n"
    result = reeltally.run(gateway, "--wait", "--poll-interval", "100ms", "--deadline", "1s", tasks)
    assert result.code == 4 and len(gateway.queries("veo")) == 1, result
    assert len(gateway.queries("wan")) > 5


# ---- keys (gateway.md G4, G5)

LIST = {"model_limits_enabled": True, "model_limits": {"sora-2": True}}


def about_key(gateway):
    return gateway.log(event="request", path="/api/usage/token/")


def test_with_a_list_of_models_403_is_an_unknown_id(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["403"]}, usage=LIST)
    tasks = reeltally.csv("a", "b")
    results = reeltally.runs_apart(3, gateway, tasks)
    assert [result.code for result in results] == [3, 3, 0], results
    assert reeltally.states() == {"a": "missing", "b": "missing"} and len(about_key(gateway)) == 3
    assert "list of models" in results[0].err and "not answered: 2 tasks: HTTP 403" in results[0].err
    assert reeltally.sql("SELECT DISTINCT http_status FROM v_snapshot") == [(403,)]


@pytest.mark.parametrize("usage, step, said", [
    ({"total_available": 0}, "401", "its quota is used up"),
    ({"total_available": -5, "unlimited_quota": True}, "401", "it is disabled"),
    ({"expires_at": 1700000000}, "401", "it expired at 2023-11-14T22:13:20+00:00"),
    ({}, "401", "it is disabled"),
    ({}, "403", "the key itself is valid"),
    ("401", "401", "does not know the key"),
    ("403", "403", "its user may not use the gateway"),
    ("500", "401", "check the key, its quota"),
    ("portal", "403", "every task was forbidden (HTTP 403); check the key"),
])
def test_12_gives_the_reason(reeltally, make_gateway, usage, step, said):
    gateway = make_gateway(default={"polls": [step]}, usage=usage)
    result = reeltally.run(gateway, reeltally.csv("a", "b"))
    last = result.err.splitlines()[-1]
    assert result.code == 12 and "rejects the API key: " in last and said in last, result
    assert len(about_key(gateway)) == 1 and set(reeltally.states().values()) == {"unfinished"}


# ---- base URLs (gateway.md G8)

def test_an_id_that_cannot_be_routed_is_not_found(reeltally, make_gateway):
    gateway = make_gateway(tasks={"odd": {"polls": ["404url"]}, "good": {"polls": ["IN_PROGRESS"]}})
    tasks = reeltally.csv("odd", "good")
    assert [result.code for result in reeltally.runs_apart(3, gateway, tasks)] == [3, 3, 0]
    assert reeltally.states() == {"odd": "missing", "good": "unfinished"}


def test_2_for_a_web_page_instead_of_each_answer(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["portal"]})
    result = reeltally.run(gateway, reeltally.csv(*(f"t{i}" for i in range(40))))
    last = result.err.splitlines()[-1]
    assert result.code == 2 and "web page" in last and "--base-url" in last, result
    assert len(gateway.queries()) < 45


# ---- trouble

def test_a_run_that_waits_continues_through_failures(reeltally, make_gateway):
    gateway = make_gateway(tasks={"a": {"polls": ["500"] * 4 + ["failure"]}, "b": {"polls": ["IN_PROGRESS", "failure"]}})
    result = reeltally.run(gateway, "--wait", "--retries", "0", "--poll-interval", "200ms", reeltally.csv("a", "b"))
    assert result.code == 0 and result.summary["not_answered"] == 0, result
    assert len(gateway.queries("a")) == 5


def test_a_task_without_an_answer_at_the_deadline_is_not_answered(reeltally, make_gateway):
    gateway = make_gateway(tasks={"a": {"polls": ["500"]}, "b": {"polls": ["IN_PROGRESS"]}})
    result = reeltally.run(gateway, "--wait", "--retries", "0", "--poll-interval", "200ms", "--deadline", "1s", "--failed-out",
                           "failed.csv", reeltally.csv("a", "b"))
    assert result.code == 3 and result.summary["not_answered"] == 1 and result.summary["unasked"] == 0, result
    assert result.err.count("not answered: a: HTTP 500") == 1
    assert (reeltally.folder / "failed.csv").read_text().splitlines() == ["task_id", "a"]


def test_a_task_that_becomes_stale_in_the_run_is_stale_everywhere(reeltally, make_gateway):
    # Its answers say no submit time: what counts is when it was first seen.
    gateway = make_gateway(default={"vendor": "envelope_c", "polls": ["IN_PROGRESS"]})
    result = reeltally.run(gateway, "--wait", "--poll-interval", "100ms", "--stale-after", "1s", "--metrics-file", "m.prom",
                           "--deadline", "20s", reeltally.csv("a"))
    assert result.code == 0 and result.summary["stale"] == 1 and result.summary["unfinished"] == 1, result
    assert "reeltally_tasks_stale 1" in (reeltally.folder / "m.prom").read_text()
    pending = reeltally.run(gateway, "--pending", "--stale-after", "1s")
    assert pending.code == 0 and pending.summary["stale_left_out"] == 1 and pending.summary["tasks"] == 0, pending


# ---- numbers

def test_the_summary_counts_the_videos_that_are_left(reeltally, make_gateway):
    gateway = make_gateway(default={"vendor": "wan"}, tasks={"bad": {"vendor": "wan", "video": {"faults": ["500"] * 9}}})
    result = reeltally.run(gateway, "--retries", "0", reeltally.csv("a", "b", "bad"))
    assert result.code == 3 and result.summary["videos_left"] == 1, result
    result = reeltally.run(gateway, "--no-download", reeltally.csv("c", "d", "bad"))
    assert result.summary["videos_left"] == 3, result
