"""`run --by-list` and `run --from-gateway`: answers and tasks from the gateway's own list."""
import json
import re

import pytest

from conftest import KEY, TOKEN


def user(**more):
    return dict({"token": TOKEN, "id": 2}, **more)


def by_list(program, gateway, *arguments, **options):
    return program.run(gateway, *arguments, "--by-list", *program.user(), **options)


def pages(gateway):
    return [r for r in gateway.log(event="request", storage=False) if r["path"] == "/api/task/self"]


def queried(gateway):
    return [r["path"].rsplit("/", 1)[1] for r in gateway.queries()]


def names(count):
    return [f"listed-{n}" for n in range(1, count + 1)]


def test_a_hundred_answers_with_each_request(reeltally, make_gateway):
    plans = {"listed-7": {"polls": ["failure"]}, "listed-8": {"polls": ["running"]}}
    gateway = make_gateway(tasks=plans, default={"polls": ["success"]}, user=user(listed={"count": 250}))
    result = by_list(reeltally, gateway, reeltally.csv(*names(250), "elsewhere"))
    assert result.code == 0, result
    told = result.summary
    assert (told["queried"], told["listed"], told["requests"]) == (251, 250, 4), told
    assert (told["succeeded"], told["failed"], told["unfinished"]) == (249, 1, 1), told
    assert queried(gateway) == ["elsewhere"], "asked singly"
    assert told["videos_downloaded"] == 249 and len(list((reeltally.folder / "videos").rglob("*.mp4"))) == 249
    assert {r["authorization"] for r in pages(gateway)} == {f"Bearer {TOKEN}"}
    codes = dict(reeltally.sql("SELECT code, count(*) FROM v_snapshot GROUP BY code"))
    assert codes == {"(list)": 250, "success": 1}, codes
    assert reeltally("db", "check").code == 0
    again = by_list(reeltally, gateway, reeltally.csv(*names(250), "elsewhere"))
    assert again.summary["queried"] == 1 and len(pages(gateway)) == 4, "one task is not worth three pages"


def test_pages_that_are_read_ahead_are_no_more_requests(reeltally, make_gateway):
    """Two pages answer none of the tasks, each of ten a half of its entries, and nobody asks for the rest."""
    gateway = make_gateway(default={"polls": ["success"]}, user=user(listed={"count": 1700}))
    told = by_list(reeltally, gateway, reeltally.csv(*names(1500)[500::2]), "--no-download").summary
    assert (told["listed"], told["requests"], len(pages(gateway))) == (500, 12, 12), told
    assert reeltally("db", "check").code == 0


def test_requests_for_pages_that_are_repeated_count(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["success"]}, user=user(listed={"count": 250}, flaky=2))
    told = by_list(reeltally, gateway, reeltally.csv(*names(250)), "--no-download").summary
    assert (told["requests"], told["retries"], told["listed"]) == (len(pages(gateway)), 2, 250) and len(pages(gateway)) == 5, told
    refused = make_gateway(default={"polls": ["success"]}, user=user(token="other"))
    told = by_list(reeltally, refused, reeltally.csv("a"), "--no-download").summary
    assert told["requests"] == 2, "the one that was refused counts, too"


def test_pages_in_vain_end_early(reeltally, make_gateway):
    """Those that are more than a tenth of the tasks that are left: the list is of 30 pages, and has none of them."""
    gateway = make_gateway(default={"polls": ["success"]}, user=user(listed={"count": 3000}))
    result = by_list(reeltally, gateway, reeltally.csv(*(f"x{n}" for n in range(40))), "--no-download", "-v")
    assert result.code == 0 and len(pages(gateway)) == 5 and len(queried(gateway)) == 40, result
    assert "5 pages answered 0 tasks" in result.err, result


def test_only_tasks_that_the_list_can_have_count(reeltally, make_gateway):
    """Neither those of another account, nor those that are known to be older."""
    gateway = make_gateway(default={"polls": ["running"]}, user=user(listed={"count": 1, "apart": 3600}))
    (reeltally.folder / "config.toml").write_text('[account.other]\napi-key-env = "ANYFAST_API_KEY"\n')
    two = ["--config", "config.toml", "--no-download"]
    gateway.set_clock(-3 * 86400)
    assert reeltally.run(gateway, reeltally.csv("old1", "old2"), "--no-download").code == 0
    gateway.set_clock(0)
    rows = reeltally.csv("old1,", "old2,", "o1,other", "o2,other", header="task_id,account")
    assert by_list(reeltally, gateway, rows, "--since", "2d", *two).code == 0
    assert not pages(gateway), "no task of the account is in the window"


def test_an_entry_tells_what_a_query_tells(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["success"], "quota": [217800]}, user=user(listed={"count": 2}))
    facts = ("SELECT task_id, state, action, duration_seconds, video_count, completion_tokens, quota, "
             "(SELECT count(*) FROM v_video AS v WHERE v.task_id = t.task_id) FROM v_task AS t ORDER BY 1")
    assert by_list(reeltally, gateway, reeltally.csv(*names(2)), "--no-download").summary["listed"] == 2
    listed = reeltally.sql(facts)
    for file in reeltally.ledger.parent.glob("reeltally.db*"):
        file.unlink()
    assert reeltally.run(gateway, reeltally.csv(*names(2)), "--no-download").summary["listed"] == 0
    assert listed == reeltally.sql(facts) and listed[0][1] == "succeeded" and listed[0][-1] == 1, listed


def test_entries_in_other_shapes(reeltally, make_gateway):
    """A flat one with an error of its own; one that holds a key, which only the answer to a query is recorded without."""
    gateway = make_gateway(tasks={"listed-1": {"vendor": "veo", "polls": ["failure"]},
                                  "listed-2": {"polls": ["failure"], "fields": {"fail_reason": f"bad key {KEY}"}}},
                           default={"polls": ["success"]}, user=user(listed={"count": 20}))
    result = by_list(reeltally, gateway, reeltally.csv(*names(20)), "--no-download")
    assert result.code == 0 and result.summary["listed"] == 19 and queried(gateway) == ["listed-2"], result
    assert reeltally("db", "check").code == 0
    assert not [row for row in reeltally.sql("SELECT fail_reason FROM v_task") if row[0] and KEY in row[0]]


@pytest.mark.parametrize("scenario, said", [
    (dict(user=user(token="other")), "refuses the user access token"),
    (dict(user=user(listed={"shape": {"success": True, "data": []}})), "the answer has another shape"),
])
def test_without_a_list_tasks_are_queried_one_by_one(reeltally, make_gateway, scenario, said):
    gateway = make_gateway(default={"polls": ["success"]}, **scenario)
    result = by_list(reeltally, gateway, reeltally.csv("a", "b"), "--no-download")
    assert result.code == 0 and result.summary["listed"] == 0 and result.summary["succeeded"] == 2, result
    assert re.search(f"warning: .*{said}.*; its tasks are queried one by one", result.err), result
    assert len(gateway.queries()) == 2


def test_a_run_that_waits_polls_what_is_not_finished(reeltally, make_gateway):
    gateway = make_gateway(tasks={"listed-1": {"polls": ["running", "running", "success"]}},
                           default={"polls": ["success"]}, user=user(listed={"count": 3}))
    result = by_list(reeltally, gateway, reeltally.csv(*names(3)), "--wait", "--poll-interval", "1s")
    assert result.code == 0 and result.summary["succeeded"] == 3, result
    assert "listed-1" in queried(gateway)
    assert reeltally("db", "check").code == 0


def test_what_is_wrong_is_told_before_anything_happens(reeltally, make_gateway):
    gateway = make_gateway(default={}, user=user(listed={"count": 1}))
    tasks = reeltally.csv("a")
    for arguments, said in (([tasks, "--by-list"], "give --user-token-file FILE"),
                            (["--from-gateway"], "give --user-token-file FILE"),
                            (["--from-gateway", "--dry-run", *reeltally.user()], "--dry-run sends no request, and --from-gateway"),
                            ([tasks, "--by-list", "--dry-run", *reeltally.user()], "--dry-run sends no request, and --by-list"),
                            ([tasks, "--since", "2d", "--dry-run"], "give --from-gateway or --by-list, too"),
                            ([tasks, "--since", "2d"], "give --from-gateway or --by-list, too"),
                            ([tasks, "--by-list", "--crew", "night", *reeltally.user()], "leave out --crew or --by-list")):
        result = reeltally("run", *arguments, "--base-url", gateway.base)
        assert result.code == 2 and said in result.err and result.err.count("\n") == 1, result
    assert not reeltally.ledger.exists() and not pages(gateway)


def test_a_configuration_for_all_runs_refuses_none(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["success"]}, user=user(listed={"count": 1}))
    both = {"REELTALLY_BY_LIST": "true", "REELTALLY_SINCE": "2d"}
    tasks = reeltally.csv("listed-1")
    result = reeltally("run", tasks, "--dry-run", env=both)
    assert result.code == 0 and result.out == "listed-1\n", result
    assert reeltally.run(gateway, tasks, "--no-download", env={"REELTALLY_SINCE": "2d"}).code == 0
    assert not pages(gateway)


@pytest.mark.parametrize("broken", ["north", "south"])
def test_the_tokens_of_all_accounts_are_checked_first(reeltally, make_gateway, broken):
    gateway = make_gateway(default={"polls": ["success"]}, user=user(listed={"count": 2}))
    config = f'base-url = "{gateway.base}"\nallow-http = true\n'
    for name in ("north", "south"):
        token = reeltally.folder / name / "token"
        token.parent.mkdir()
        token.write_text(TOKEN + "\n")
        token.chmod(0o644 if name == broken else 0o600)
        config += f'[account.{name}]\napi-key-env = "ANYFAST_API_KEY"\nuser-token-file = "{name}/token"\nuser-id = 2\n'
    (reeltally.folder / "config.toml").write_text(config)
    path = reeltally.csv("listed-1,north", "listed-2,south", header="task_id,account")
    common = ["run", "--config", "config.toml", "--account", "north", "--by-list", "--allow-private-hosts", "--no-download", "--min-free", "0", "--json", path]
    result = reeltally(*common)
    assert result.code == 2 and f"{broken}/token" in result.err and "chmod 600" in result.err, result
    assert not reeltally.ledger.exists() and not pages(gateway) and not gateway.queries()
    (reeltally.folder / broken / "token").chmod(0o600)
    result = reeltally(*common)
    assert result.code == 0 and result.summary["succeeded"] == 2, result


def test_a_run_of_the_gateways_tasks(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["success"]}, user=user(listed={"count": 150, "apart": 3600}))
    result = reeltally.run(gateway, "--from-gateway", "--by-list", "--since", "2d", *reeltally.user(), "--no-download")
    assert result.code == 0 and result.summary["tasks"] == result.summary["listed"] == 48, result
    assert not gateway.queries()
    result = reeltally.run(gateway, "--from-gateway", reeltally.csv("own"), *reeltally.user(), "--no-download")
    assert result.code == 0 and result.summary["tasks"] == 151 and len(gateway.queries()) == 103, result
    inputs = json.loads(reeltally.sql("SELECT inputs FROM v_run ORDER BY run_id DESC LIMIT 1")[0][0])
    assert inputs[-1] == "the gateway's list of tasks" and len(inputs) == 2, inputs


def test_a_refused_token_and_nothing_else_to_do(reeltally, make_gateway):
    gateway = make_gateway(default={}, user=user(token="other"))
    result = reeltally.run(gateway, "--from-gateway", *reeltally.user())
    assert result.code == 12 and "refuses the user access token" in result.err, result


@pytest.mark.parametrize("arguments", [(), ("--by-list",)])
def test_a_list_that_fails_ends_the_run_with_1_after_its_files(reeltally, make_gateway, arguments):
    gateway = make_gateway(default={"polls": ["success"]}, user=user(token="other"))
    result = reeltally.run(gateway, "--from-gateway", *arguments, reeltally.csv("own"), *reeltally.user(), "--no-download")
    assert result.code == 1 and "refuses the user access token" in result.err, result
    assert result.summary["succeeded"] == 1, "the file's tasks were queried"
    assert len(pages(gateway)) == 1, "it is not asked again for answers"


def test_an_entry_without_a_usable_id_is_a_rejected_row(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["success"]}, user=user(listed={"tasks": ["good", "8.60E+17"]}))
    result = reeltally.run(gateway, "--from-gateway", *reeltally.user(), "--no-download")
    assert result.code == 3 and result.summary["rows_rejected"] == 1, result
    assert "the gateway's list of tasks: rejected: the task ID was ruined by a spreadsheet" in result.err, result


def test_entries_without_usable_ids_are_told_in_one_line(reeltally, make_gateway):
    """Nobody can correct them, and each run meets them again."""
    ids = [f"8.6{n}E+17" for n in range(5)]
    gateway = make_gateway(default={"polls": ["success"]}, user=user(listed={"tasks": ["good", *ids]}))
    result = reeltally.run(gateway, "--from-gateway", *reeltally.user(), "--no-download")
    assert result.code == 3 and result.summary["rows_rejected"] == 5, result
    told = [line for line in result.err.splitlines() if "rejected: " in line]
    assert len(told) == 1 and told[0].endswith("; and 4 more of its entries, which -v names"), result
    result = reeltally.run(gateway, "--from-gateway", *reeltally.user(), "--no-download", "-v")
    assert all(any(task in line for line in result.err.splitlines()) for task in ids), result
