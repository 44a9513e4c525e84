"""`reconcile --from-gateway`: our tasks against the gateway's own log."""
import calendar
import csv
import io
import json

import pytest

from conftest import TOKEN


def at(text):
    return calendar.timegm((2026, int(text[:2]), int(text[3:5]), 12, 0, 0))


def task(request, submitted, finished, quota, failed=False, polls=None):
    return {"polls": polls or ["failure" if failed else "success"],
            "fields": {"request_id": request, "submit_time": at(submitted), "finish_time": at(finished) if finished else 0,
                       "quota": quota}}


def charge(request, when, quota, **more):
    return dict({"type": 2, "created_at": at(when), "request_id": request, "quota": quota, "other": {"is_task": True}}, **more)


def change(task_id, when, quota, **other):
    return {"type": 6, "created_at": at(when), "request_id": f"of-{task_id}-{when}", "quota": quota,
            "other": dict({"task_id": task_id}, **other)}


TASKS = {
    "settled": task("r-settled", "06-10", "06-10", 217800),
    "cheap": task("r-cheap", "06-11", "06-11", 5),
    "lonely": task("r-lonely", "06-12", "06-12", 7),
    "refunded": task("r-refunded", "06-13", "06-13", 40, failed=True),  # its build keeps the quota
    "charged": task("r-charged", "06-14", "06-14", 0, failed=True),
    "open": task("r-open", "06-15", None, 0, polls=["IN_PROGRESS"]),
    "late": task("r-late", "06-30", "07-01", 11),
    "july": task("r-july", "07-20", "07-20", 1000),
}
LOG = [
    charge("r-before", "05-02", 3, other={"is_task": True}),
    charge("r-settled", "06-10", 500000),
    change("settled", "06-10", 282200, pre_consumed_quota=500000, actual_quota=217800),
    charge("r-cheap", "06-11", 6),
    charge("r-refunded", "06-13", 40),
    change("refunded", "06-13", 40, reason="moderation"),
    charge("r-charged", "06-14", 8),
    charge("r-open", "06-15", 9),
    charge("r-stranger", "06-16", 10),
    charge("r-chat", "06-17", 100, other={"request_path": "/v1/chat/completions"}),
    charge("r-late", "06-30", 11),
    charge("r-july", "07-20", 1000),
]


def books(program, make_gateway, log=LOG, tasks=None, **scenario):
    gateway = make_gateway(tasks=tasks or TASKS, user={"token": TOKEN, "id": 2, "log": log}, **scenario)
    assert program.run(gateway, "--no-download", program.csv(*(tasks or TASKS))).code == 0
    return gateway


def reconcile(program, gateway, *arguments, period="2026-06"):
    return program("reconcile", "--from-gateway", "--base-url", gateway.base, *program.user(), "--period", period, *arguments)


def rows(result):
    return sorted(tuple(row) for row in list(csv.reader(io.StringIO(result.out)))[1:])


def test_each_task_has_its_result(reeltally, make_gateway):
    gateway = books(reeltally, make_gateway)
    result = reconcile(reeltally, gateway)
    assert result.code == 3, result
    assert result.out.splitlines()[0] == "result,task_id,request_id,ours,theirs"
    assert rows(result) == [
        ("different", "cheap", "", "5", "6"),
        ("only_ours", "lonely", "", "7", ""),
        ("only_theirs", "", "r-stranger", "", "10"),
        ("other_period", "late", "", "", "11"),
        ("unfinished", "open", "", "", "9"),
        ("unrefunded_failure", "charged", "", "0", "8")]
    assert ("tasks by the gateway's log: 2 matched, 1 different, 1 only ours, 1 only theirs, 1 failed and not refunded, "
            "1 unfinished, 1 billed in another period") in result.err
    assert "ours 217812, theirs 217844; 1 row about other usage: 100" in result.err
    assert "keeps the quota of failures in its answers after the refund: 1 task" in result.err
    told = json.loads(reconcile(reeltally, gateway, "--json").out.splitlines()[-1])
    assert (told["by"], told["matched"], told["ours"], told["theirs"], told["rows"], told["requests"], told["total_used"]) == (
        "log", 2, 217812, 217844, 10, 2, None), told
    july = reconcile(reeltally, gateway, period="2026-07")
    assert july.code == 0 and rows(july) == [("other_period", "late", "", "11", "")], july
    by_submit = reconcile(reeltally, gateway, "--time", "submit")
    assert ("other_period", "late", "", "", "11") not in rows(by_submit), "by submit time both have the same month"
    asked = [r for r in gateway.log(event="request", storage=False) if r["path"] == "/api/log/self"]
    assert all(r["authorization"] == f"Bearer {TOKEN}" and "page_size=100" in r["query"] for r in asked)


def test_a_month_that_agrees(reeltally, make_gateway):
    tasks = {f"t{n}": task(f"r{n}", "06-10", "06-10", n) for n in range(1, 251)}
    gateway = books(reeltally, make_gateway, log=[charge(f"r{n}", "06-10", n) for n in range(1, 251)], tasks=tasks)
    result = reconcile(reeltally, gateway)
    assert result.code == 0 and rows(result) == [] and "250 matched, 0 different" in result.err, result
    asked = [r for r in gateway.log(event="request", storage=False) if r["path"] == "/api/log/self"]
    assert len(asked) == 4, "three pages of charges, one of refunds"


def test_the_ledger_is_only_read(reeltally, make_gateway):
    gateway = books(reeltally, make_gateway)
    before = reeltally.ledger.read_bytes()
    reconcile(reeltally, gateway)
    assert reeltally.ledger.read_bytes() == before


@pytest.mark.parametrize("used, code, said", [
    (5, 0, "has used 5 by the gateway's own count, 5 by its log"),
    (6, 0, "has used 6 by the gateway's own count, 5 by its log")])
def test_the_net_is_held_against_the_key(reeltally, make_gateway, used, code, said):
    tasks = {"a": task("r-a", "11-20", "11-20", 3)}
    log = [charge("r-a", "11-20", 5), change("a", "11-20", 2, pre_consumed_quota=5, actual_quota=3),
           charge("r-chat", "11-20", 2, other={}), charge("r-else", "11-20", 99, other={}, token_name="another key")]
    gateway = books(reeltally, make_gateway, log=log, tasks=tasks, usage={"total_used": used})
    result = reconcile(reeltally, gateway, period="2026")
    assert result.code == code and said in result.err, result


def test_tasks_without_a_request_id(reeltally, make_gateway):
    tasks = {"a": task("", "06-10", "06-10", 3), "b": task("", "06-10", "06-10", 4)}
    log = [charge("r1", "06-10", 3), charge("r2", "06-10", 9), change("b", "06-10", 5, pre_consumed_quota=9, actual_quota=4)]
    gateway = books(reeltally, make_gateway, log=log, tasks=tasks)
    result = reconcile(reeltally, gateway)
    assert result.code == 0 and rows(result) == [], result
    assert "1 task without a request ID, compared in sum with the charges of no known request: ours 3, theirs 3" in result.err


def test_a_closed_month_is_compared_as_it_was_closed(reeltally, make_gateway):
    gateway = books(reeltally, make_gateway, log=[charge("r-a", "06-10", 5)], tasks={"a": task("r-a", "06-10", "06-10", 5)})
    assert reeltally("close", "2026-06").code == 0
    assert reconcile(reeltally, gateway).code == 0


def test_what_is_wrong_says_what_to_do(reeltally, make_gateway):
    gateway = books(reeltally, make_gateway)
    for arguments, code, said in (
            (["reconcile"], 2, "needs a FILE, or --from-gateway with --period"),
            (["reconcile", "--from-gateway", "x.csv"], 2, "not both"),
            (["reconcile", "--from-gateway", *reeltally.user()], 2, "needs --period, or --from and --to"),
            (["reconcile", "--from-gateway", "--period", "2026-06"], 2, "give --user-token-file FILE"),
            (["reconcile", "--from-gateway", "--period", "2026-06", "--tolerance", "1"], 2,
             "--tolerance does not apply to the gateway's log"),
            (["reconcile", "--from-gateway", "--period", "2026-06", "--base-url", gateway.base, *reeltally.user("wrong")], 12,
             "refuses the user access token")):
        result = reeltally(*arguments)
        assert result.code == code and said in result.err and result.out == "", result
    reeltally.user()


def test_the_dry_run_of_a_close_compares_on_request(reeltally, make_gateway):
    gateway = books(reeltally, make_gateway)
    asked = len(gateway.log())
    assert "gateway" not in reeltally("close", "2026-06", "--dry-run").out
    without = reeltally("close", "2026-06", "--dry-run", "--from-gateway", "--base-url", gateway.base, "--json")
    assert "the gateway's log was not compared: account default has no user access token" in without.err, without
    away = reeltally("close", "2026-06", "--dry-run", "--from-gateway", "--base-url", "http://127.0.0.1:1", "--retries", "0",
                     *reeltally.user(), "--json")
    assert away.code == 1 and json.loads(away.out)["result"] == json.loads(without.out)["result"], "what was found is told"
    assert "gateway_log" not in json.loads(without.out) and len(gateway.log()) == asked, "no request without a token"
    flags = ["--base-url", gateway.base, *reeltally.user()]
    compared = reeltally("close", "2026-06", "--dry-run", "--from-gateway", *flags, "--json")
    listed = reeltally("reconcile", "--from-gateway", "--period", "2026-06", *flags, "--json")
    books_of = json.loads(listed.out.splitlines()[-1])
    log = json.loads(compared.out)["gateway_log"]
    assert {name: log[name] for name in ("ours", "theirs", "matched")} == {
        name: books_of[name] for name in ("ours", "theirs", "matched")}
    assert log["difference"] == log["theirs"] - log["ours"] != 0
    assert log["differing"] == sum(books_of[name] for name in ("different", "only_ours", "only_theirs", "unrefunded_failures"))
    assert compared.code == 3 and "`reeltally reconcile --from-gateway --period 2026-06 --tz UTC`" in compared.err, compared
    text = reeltally("close", "2026-06", "--dry-run", "--from-gateway", *flags)
    assert f"gateway's log   quota ours {log['ours']}, theirs {log['theirs']}, difference {log['difference']}; " in text.out
    assert reeltally.sql("SELECT count(*) FROM period") == [(0,)]
    refused = reeltally("close", "2026-06", "--from-gateway", *flags)
    assert refused.code == 2 and "--from-gateway is for --dry-run" in refused.err, refused


def test_a_month_that_agrees_with_the_log_may_be_closed(reeltally, make_gateway):
    gateway = books(reeltally, make_gateway, [charge("r-cheap", "06-11", 5)], {"cheap": TASKS["cheap"]})
    result = reeltally("close", "2026-06", "--dry-run", "--from-gateway", "--base-url", gateway.base, *reeltally.user())
    assert result.code == 0 and "quota ours 5, theirs 5, difference 0; tasks 1 matched, 0 differ" in result.out, result
