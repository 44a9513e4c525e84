"""When a task is asked, and asked again: quotas that settle late, vendors behind the gateway, keys and bases."""


def test_a_quota_heard_too_early_is_heard_again(reeltally, make_gateway):
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


def test_a_vendor_behind_the_gateway_is_not_asked_twice_a_minute(reeltally, make_gateway):
    gateway = make_gateway(tasks={"veo": {"vendor": "veo", "polls": ["processing"]}, "wan": {"polls": ["IN_PROGRESS"]}})
    tasks = reeltally.csv("veo", "wan")
    for _ in range(2):
        result = reeltally.run(gateway, "--failed-out", "failed.csv", tasks)
        assert result.code == 0 and result.summary["unfinished"] == 2 and result.summary["unasked"] == 0, result
        assert (reeltally.folder / "failed.csv").read_text() == "task_id\n"
    result = reeltally.run(gateway, "--wait", "--poll-interval", "100ms", "--deadline", "1s", tasks)
    assert result.code == 4 and len(gateway.queries("veo")) == 1, result
    assert len(gateway.queries("wan")) > 5
