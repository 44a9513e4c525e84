"""Several accounts in one run: each row's own key and gateway, and a ledger that keeps them apart."""

import pytest

from conftest import exact


@pytest.fixture
def two(reeltally, make_gateway):
    """Two gateways with a key each, and a configuration that names them."""
    north = make_gateway(key="key-of-north", tasks={"same": {"polls": ["failure"]}, "n": {"polls": ["failure"]}})
    south = make_gateway(key="key-of-south", tasks={"same": {"vendor": "happyhorse"}, "bad": {"polls": ["500"]}})
    for name, key in (("north", "key-of-north"), ("south", "key-of-south")):
        path = reeltally.folder / name
        path.write_text(key + "\n")
        path.chmod(0o600)
    (reeltally.folder / "config.toml").write_text(
        f'allow-http = true\n[account.north]\nbase-url = "{north.base}"\napi-key-file = "north"\n'
        f'[account.south]\nbase-url = "{south.base}"\napi-key-file = "south"\n')
    reeltally.flags_of_two = ["--config", "config.toml", "--account", "north", "--allow-private-hosts", "--min-free", "0",
                              "--retries", "0", "--json"]
    return reeltally, north, south


def test_a_column_chooses_the_account(two):
    program, north, south = two
    path = program.csv("same,north", "same,south", "n,", "bad,south", "x,nobody", header="task_id,account")
    result = program("run", *two[0].flags_of_two, "--failed-out", "failed.csv", path)
    assert result.code == 3 and result.summary["rows_rejected"] == 1 and result.summary["tasks"] == 4, result
    assert "tasks.csv:6: rejected: its account has no [account] table" in result.err
    assert {r["path"].rsplit("/")[-1] for r in north.queries()} == {"same", "n"}
    assert {r["path"].rsplit("/")[-1] for r in south.queries()} == {"same", "bad"}
    assert all(r["status"] in (200, 500) for r in north.queries() + south.queries()), "each with its own key"
    rows = program.sql("SELECT account, task_id, state FROM v_task ORDER BY 1, 2")
    assert rows == [("north", "n", "failed"), ("north", "same", "failed"), ("south", "bad", "unfinished"),
                    ("south", "same", "succeeded")]
    assert program.sql("SELECT DISTINCT labels FROM v_task") == [(None,)], "the account is no label"
    failed = (program.folder / "failed.csv").read_text().splitlines()
    assert failed[0] == "task_id,account" and "bad,south" in failed
    again = program("run", *program.flags_of_two, "failed.csv")
    assert again.summary["tasks"] == 1, again
    lines = program("report", "--period", "2026", "--json", "--format", "json").out
    assert '"account":"south"' in lines and '"account":"north"' in lines


def test_a_report_of_one_account(two):
    program, _, _ = two
    path = program.csv("same,north", "same,south", "n,", header="task_id,account")
    assert program("run", *program.flags_of_two, path).code == 0

    def accounts(*arguments, env=None):
        result = program("report", "--period", "2026", "--config", "config.toml", *arguments, env=env)
        assert result.code == 0, result
        return [line.split(",")[1] for line in result.out.splitlines()[1:]]
    assert sorted(accounts()) == sorted(accounts(env={"REELTALLY_ACCOUNT": "north"})) == ["north", "north", "south"], \
        "whose key a run uses takes nothing from a report"
    assert accounts("--account", "south") == ["south"]
    wrong = program("report", "--period", "2026", "--account", "soth", "-o", "soth.csv")
    assert wrong.code == 2 and "use one of north, south" in wrong.err and not (program.folder / "soth.csv").exists(), wrong


def test_what_works_for_all_accounts_takes_none(two):
    program, _, _ = two
    assert program("run", *program.flags_of_two, program.csv("same,north", "same,south", header="task_id,account")).code == 0
    (program.folder / "prices.csv").write_text("model,unit,price,currency\nm,video,1,USD\n")
    commands = [("db", "prune", "--older-than", "1d", "--yes"), ("db", "check"), ("db", "migrate"), ("db", "backup", "backup.db"),
                ("db", "copy", "copy.db"), ("runs",), ("verify", "--output", "."), ("prices", "check", "prices.csv"),
                ("close", "2026-08", "--dry-run"), ("close", "2026-08", "--force"), ("close", "2026-08", "--reprice", "--prices", "prices.csv"),
                ("audit", "2026-08", "-o", "month.tar")]
    for command in commands:
        for arguments in (("--account", "nosuch", *command), (*command, "--account=south")):
            refused = program(*arguments)
            assert refused.code == 2 and "--account" in refused.err and not refused.out, refused
    assert not list(program.folder.glob("[bc]*p*.db")) and not program.sql("SELECT * FROM v_period")
    for command in commands:
        usual = program(*command, env={"REELTALLY_ACCOUNT": "south"})
        assert usual.code in (0, 3), f"as a setting it is harmless: {command} {usual}"


def test_without_the_column_there_is_one_account(two):
    program, north, south = two
    result = program("run", *program.flags_of_two, program.csv("same"))
    assert result.code == 0 and not south.queries(), result
    assert program("status", "--account", "south", "same").code == 3


def test_dry_run_knows_the_accounts(two):
    program, north, south = two
    path = program.csv("same,north", "same,south", "same,north", header="task_id,account")
    result = program("run", *program.flags_of_two, "--dry-run", path)
    assert result.out.splitlines() == ["same", "same"] and not north.queries()


def test_one_gateway_task_under_two_accounts_is_reported_and_charged_once(reeltally, make_gateway):
    plan = {"vendor": "happyhorse", "finished_ago": 70}  # one end, however many seconds lie between the runs
    gateway = make_gateway(tasks={"same": plan, "own": plan})
    key = reeltally.folder / "key"
    key.write_text("sk-canary-4b1d9e7f\n")
    key.chmod(0o600)
    (reeltally.folder / "config.toml").write_text(
        f'allow-http = true\nbase-url = "{gateway.base}"\nmin-free = "0"\n' +
        "".join(f'[account.{name}]\nbase-url = "{gateway.base}/v1"\napi-key-file = "key"\n' for name in ("north", "south")))
    config = ("--config", "config.toml")

    def run(account, path):
        return reeltally("run", *config, "--allow-private-hosts", "--json", "--account", account, path)
    assert run("north", reeltally.csv("same,m", header="task_id,model")).err == ""
    told = "1 task ID under both account north and south, for example same: one base URL"
    second = run("south", reeltally.csv("same,m", "own,m", header="task_id,model"))
    assert second.code == 0 and told in second.err, second
    assert told in reeltally("doctor", *config).out
    assert run("south", reeltally.csv("own")).err == "", "a run tells of its own tasks alone"
    checked = reeltally("db", "check", "--json")
    assert checked.code == 0 and '"tasks_under_two_accounts":1' in checked.out
    (reeltally.folder / "prices.csv").write_text(
        "model,unit,min_sr,max_sr,price,currency,valid_from,valid_to\nm,video,,,1,USD,,\n")

    check = ("report", "--check", "--period", "2026", "--prices", "prices.csv", *config)
    closing = reeltally("close", "2026", "--prices", "prices.csv", "--dry-run", *config)
    assert closing.code == 3 and told in closing.err and "is not over before" in closing.err, closing
    found = reeltally(*check)
    assert found.code == 3 and found.out.count("\n") == 1 and "2026: " + told in found.out, found

    def report():
        result = reeltally("report", "--period", "2026", "--prices", "prices.csv", "-o", "r.csv", *config)
        manifest = exact((reeltally.folder / "r.csv.manifest.json").read_text())
        (reeltally.folder / "r.csv").unlink()
        return result.err, manifest["totals"], manifest["charged_under_another_account"]
    err, totals, elsewhere = report()
    assert "1 task under two accounts, charged once" in err and totals == {"USD": 2} and elsewhere == 1
    assert run("north", reeltally.csv("same,north", "same,south", header="task_id,account")).err == ""
    assert report() == ("", {"USD": 3}, 0), "a list that names both accounts means both"
    assert reeltally(*check).code == 0
    assert "under both" not in reeltally("doctor", *config).out
