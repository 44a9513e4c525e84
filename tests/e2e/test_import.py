"""`import --from-gateway`: the gateway's own list of tasks becomes the ledger's."""
import json
import re

import pytest

from conftest import TOKEN


def user(**more):
    return dict({"token": TOKEN, "id": 2}, **more)


def importing(program, gateway, *arguments, token=TOKEN, user_id=2, json_out=True):
    return program("import", "--from-gateway", "--base-url", gateway.base, *program.user(token, user_id),
                   *(["--json"] if json_out else []), *arguments)


def lists(gateway):
    return [r for r in gateway.log(event="request", storage=False) if r["path"].startswith("/api/")]


def test_tasks_that_no_file_named_are_queried_and_billed(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["success"]}, user=user(listed={"count": 250}))
    assert reeltally.run(gateway, reeltally.csv("listed-1", "listed-250")).code == 0
    result = importing(reeltally, gateway)
    told = json.loads(result.out)
    assert result.code == 0 and result.err == "", result
    assert (told["listed"], told["tasks"], told["added"], told["requests"], told["rejected"]) == (250, 250, 248, 3, 0), told
    assert all(r["authorization"] == f"Bearer {TOKEN}" and r["user"] == "2" for r in lists(gateway))
    assert all(q["authorization"] != f"Bearer {TOKEN}" for q in gateway.queries()), "the token is for the lists alone"
    assert len(gateway.queries()) == 2, "an import queries no task"
    states = list(reeltally.states().values())
    assert states.count("unfinished") == 248 and states.count("succeeded") == 2
    assert reeltally.run(gateway, "--pending", "--no-download").summary["succeeded"] == 248
    again = json.loads(importing(reeltally, gateway).out)
    assert again["added"] == 0 and again["tasks"] == 250
    assert "250 tasks in the gateway's list of the last 7d 00h, 0 new" in importing(reeltally, gateway, json_out=False).err
    assert reeltally("runs", "--json").code == 0


def test_since_bounds_the_list(reeltally, make_gateway):
    gateway = make_gateway(default={}, user=user(listed={"count": 100, "apart": 3600, "submitted_ago": 1800}))
    assert json.loads(importing(reeltally, gateway, "--since", "1d").out)["added"] == 24
    queries = [dict(p.split("=") for p in r["query"].split("&")) for r in lists(gateway)]
    assert all(int(q["end_timestamp"]) - int(q["start_timestamp"]) == 86400 and q["page_size"] == "100" for q in queries)


@pytest.mark.parametrize("shift", [{"arriving": 7}, {"arriving": 100}, {"leaving": 3}, {"leaving": 120}, {"page_size": 30},
                                   {"arriving": 2, "leaving": 5}])
def test_no_task_is_missed_while_pages_shift(reeltally, make_gateway, shift):
    gateway = make_gateway(default={}, user=user(listed=dict({"count": 730}, **shift)))
    result = importing(reeltally, gateway)
    assert result.code == 0, result
    gone = shift.get("leaving", 0) * 5
    known = {name for (name,) in reeltally.sql("SELECT task_id FROM v_task")}
    still_listed = {f"listed-{n}" for n in range(1, 731 - gone)}
    assert still_listed <= known, sorted(still_listed - known)[:5]
    sizes = {dict(p.split("=") for p in r["query"].split("&"))["end_timestamp"] for r in lists(gateway)}
    assert len(sizes) == 1, "the end is fixed"


def test_faults_that_pass_are_retried(reeltally, make_gateway):
    gateway = make_gateway(default={}, user=user(listed={"count": 450}, flaky=2))
    told = json.loads(importing(reeltally, gateway).out)
    assert told["added"] == 450 and told["requests"] == 9, told


@pytest.mark.parametrize("scenario, arguments, code, said", [
    (dict(user=user(token="other")), {}, 12, r"refuses the user access token \(HTTP 401\) \(the gateway says: Unauthorized, "
                                             r"invalid access token\); check --user-id, or make a new token"),
    (dict(user=user()), {"user_id": None}, 12, r"refuses the user access token \(HTTP 401\).*name its user with --user-id"),
    (dict(user=user(refusal="无权进行此操作 " + TOKEN)), {}, 12, r"HTTP 200\) \(the gateway says: 无权进行此操作 \[key\]\)"),
    (dict(), {}, 12, r"refuses the user access token"),
    (dict(user=user(listed={"shape": "<!DOCTYPE html><html></html>"})), {}, 1, "another shape"),
    (dict(user=user(listed={"shape": {"success": True, "data": []}})), {}, 1, r"/api/task/self: HTTP 200: the answer has another shape"),
    (dict(user=user(listed={"shape": {"success": True, "data": {"items": [], "total": 5}}})), {}, 1, "ends it after 0 of 5 entries"),
    (dict(user=user(listed={"shape": {"success": True, "data": {"page": 3, "items": [{"task_id": "a"}], "total": 5}}})), {}, 1,
     "it gave page 3 for page 1"),
])
def test_a_refusal_says_what_to_do(reeltally, make_gateway, scenario, arguments, code, said):
    gateway = make_gateway(default={}, **scenario)
    result = importing(reeltally, gateway, **arguments)
    assert result.code == code and re.search(said, result.err) and result.err.count("\n") == 1, result
    assert result.out == "" and not reeltally.states()


def test_a_missing_list_is_named(reeltally, make_gateway):
    gateway = make_gateway(key=TOKEN, default={})  # accepted, but no such address
    result = importing(reeltally, gateway)
    assert result.code == 1 and "this gateway has no such list" in result.err and "name the tasks in FILEs" in result.err, result


def test_entries_without_a_usable_id(reeltally, make_gateway):
    gateway = make_gateway(default={}, user=user(listed={"tasks": ["good", "8.60E+17", "", "song"], "platform": {"song": "suno"}}))
    result = importing(reeltally, gateway)
    told = json.loads(result.out)
    assert result.code == 3 and (told["added"], told["rejected"], told["not_videos"]) == (1, 2, 1), result
    assert "the gateway's list of tasks: rejected: the task ID was ruined by a spreadsheet" in result.err


def test_what_is_wrong_is_told_before_anything_happens(reeltally, make_gateway):
    gateway = make_gateway(default={}, user=user(listed={"count": 1}))
    for arguments, said in ((["import"], "give --from-gateway"),
                            (["import", "--from-gateway"], "give --user-token-file FILE"),
                            (["import", "--from-gateway", "--user-token-file", "nowhere"], "cannot be opened"),
                            (["import", "--from-gateway", "FILE"], "import")):
        result = reeltally(*arguments)
        assert result.code == 2 and said in result.err, result
    (reeltally.folder / "token").write_text(TOKEN)
    (reeltally.folder / "token").chmod(0o640)
    result = reeltally("import", "--from-gateway", "--base-url", gateway.base, "--user-token-file", "token")
    assert result.code == 2 and "chmod 600" in result.err, result
    assert not reeltally.ledger.exists() and not lists(gateway)


def test_the_account_of_the_configuration(reeltally, make_gateway):
    gateway = make_gateway(default={}, user=user(listed={"count": 3}))
    reeltally.user()
    (reeltally.folder / "config.toml").write_text(
        f'[account.studio]\nbase-url = "{gateway.base}"\nuser-token-file = "token"\nuser-id = 2\n')
    result = reeltally("import", "--from-gateway", "--config", "config.toml", "--account", "studio")
    assert result.code == 0 and "3 tasks" in result.err and "3 new" in result.err, result
    assert reeltally.sql("SELECT DISTINCT account FROM v_task") == [("studio",)]
    shown = reeltally("config", "--config", "config.toml", "--account", "studio")
    assert "user token (hidden) from token, user 2" in shown.out


@pytest.mark.parametrize("token, code, said", [
    (TOKEN, 0, r"user token +ok +read from \S+token for account default; the gateway accepts it and lists 3 tasks"),
    ("expired", 1, r"user token +\w+ +the gateway \S+ refuses the user access token \(HTTP 401\)")])
def test_doctor_checks_the_token(reeltally, make_gateway, token, code, said):
    gateway = make_gateway(default={}, usage={}, user=user(listed={"count": 3}))
    assert reeltally.run(gateway, reeltally.csv("listed-1"), "--no-download").code == 0
    result = reeltally("doctor", "--base-url", gateway.base, "--min-free", "0", *reeltally.user(token))
    assert result.code == code and re.search(said, result.out + result.err), result
