"""doctor: each finding, with its advice."""
import json
import os
import subprocess

import pytest


def checks(result):
    return {line["name"]: line for line in map(json.loads, result.out.splitlines())}


@pytest.fixture
def ask(reeltally, make_gateway):
    def run(*arguments, gateway=None, env=None, wrapper=(), **scenario):
        gateway = gateway or make_gateway(**{"tasks": {}, **scenario})
        return reeltally("doctor", "--base-url", gateway.base, "--min-free", "1KiB", "--json", *arguments, env=env,
                         wrapper=wrapper)
    return run


def test_all_is_well(reeltally, ask):
    result = ask()
    found = checks(result)
    assert result.code == 0 and {line["result"] for line in found.values()} == {"ok"}, result
    assert set(found) >= {"configuration", "base URL", "API key", "gateway", "clock", "output folder", "ledger", "libcurl",
                          "SQLite"}
    assert "none yet" in found["ledger"]["text"] and not reeltally.ledger.exists() and not reeltally.videos.exists()


def test_a_rejected_key(ask):
    result = ask(env={"ANYFAST_API_KEY": "sk-wrong"})
    assert result.code == 1 and checks(result)["gateway"]["result"] == "problem" and "console" in result.out
    assert "sk-wrong" not in result.out + result.err


def test_a_key_that_may_not_query(ask):
    result = ask(default={"polls": ["403"]})
    assert result.code == 1 and "quota" in checks(result)["gateway"]["advice"], result


def test_it_shows_the_remaining_quota_of_the_key(ask):
    found = checks(ask(usage={}))
    assert found["key's quota"]["text"] == "500000 gateway units left, never expires", found
    found = checks(ask(usage={"unlimited_quota": True, "expires_at": 4102444800, "model_limits_enabled": True,
                              "model_limits": {"sora-2": True, "wan2.6-t2v": True}}))
    assert found["key's quota"]["text"] == ("no limit, expires 2100-01-01T00:00:00+00:00, only for these models: "
                                            "sora-2, wan2.6-t2v"), found
    assert "key's quota" not in checks(ask()), "a gateway that does not tell is in order"


def test_it_says_why_a_key_is_rejected(ask):
    result = ask(default={"polls": ["401"]}, usage={"total_available": 0})
    found = checks(result)
    assert result.code == 1 and "quota is used up" in found["gateway"]["advice"], result
    assert found["key's quota"]["result"] == "warning"
    assert "disabled" in checks(ask(default={"polls": ["401"]}, usage={}))["gateway"]["advice"]
    assert "does not know the key" in checks(ask(default={"polls": ["401"]}, usage="401"))["gateway"]["advice"]
    listed = ask(default={"polls": ["403"]}, usage={"model_limits_enabled": True})
    assert listed.code == 0 and checks(listed)["gateway"]["result"] == "ok", "it refuses an ID that it does not know"


def test_every_account_with_a_key_is_checked(reeltally, ask):
    config = reeltally.folder / "config.toml"
    config.write_text('[account.east]\napi-key-env = "EAST_KEY"\n[account.west]\nbase-url = "https://west.example"\n')
    result = ask("--config", config, env={"EAST_KEY": "sk-east-0000"})
    lines = [line for line in map(json.loads, result.out.splitlines()) if line["name"] == "gateway"]
    assert [line["result"] for line in lines] == ["ok", "problem"] and result.code == 1, result
    assert "account east" in result.out and "sk-east" not in result.out and "west" not in result.out


def test_no_key(ask):
    result = ask(env={"ANYFAST_API_KEY": ""})
    assert result.code == 1 and checks(result)["API key"]["result"] == "problem"


def test_a_wrong_base_url(reeltally, ask, make_gateway):
    gateway = make_gateway(tasks={})
    gateway.base += "/somewhere"
    result = ask(gateway=gateway)
    assert result.code == 1 and "check --base-url" in checks(result)["gateway"]["advice"], result
    gateway.base = "http://127.0.0.1:1"
    result = ask(gateway=gateway)
    assert result.code == 1 and "check the network" in checks(result)["gateway"]["advice"], result


def test_a_clock_that_is_wrong(ask, make_gateway):
    gateway = make_gateway(tasks={})
    gateway.set_clock("900")
    result = ask(gateway=gateway)
    assert result.code == 1 and " slow compared with" in checks(result)["clock"]["text"], result


def test_disk_and_ledger(reeltally, ask, make_gateway):
    gateway = make_gateway(tasks={"a": {"polls": ["failure"]}})
    reeltally.run(gateway, reeltally.csv("a"))
    assert "is sound" in checks(ask(gateway=gateway))["ledger"]["text"]
    result = ask("--min-free", "8000TiB", gateway=gateway)
    assert result.code == 1 and "free space" in checks(result)["output folder"]["advice"], result
    (reeltally.folder / "file").write_text("")
    assert ask("--output", "file/videos", gateway=gateway).code == 1
    (reeltally.folder / "torn.db").write_bytes(reeltally.ledger.read_bytes()[:4096] + b"\x05" * 90_000)
    result = ask("--db", "torn.db", gateway=gateway)
    assert result.code == 1 and "db check" in checks(result)["ledger"]["text"] and "SQLite" in checks(result), result
    result = ask(gateway=gateway, env={"HOME": "", "XDG_STATE_HOME": ""})
    assert result.code == 1 and "give --db" in checks(result)["ledger"]["text"], result
    other = reeltally.folder / "other.db"
    other.write_text("this is no ledger, and long enough to be looked at" * 10)
    result = ask("--db", other, gateway=gateway)
    assert result.code == 10 and checks(result)["ledger"]["result"] == "problem", result


def test_a_ledger_folder_that_cannot_be_written(reeltally, ask):
    folder = reeltally.folder / "ro"
    folder.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", folder]).returncode:
        pytest.skip("needs root and tmpfs")
    try:
        result = ask("--db", folder / "sub/l.db")
    finally:
        subprocess.run(["umount", folder], check=True)
    assert result.code == 1 and "--db" in checks(result)["ledger folder"]["advice"], result


def test_a_run_in_progress_holds_the_lock(reeltally, ask, make_gateway):
    gateway = make_gateway(tasks={"a": {"polls": ["stall"]}})
    process = reeltally.start("run", *reeltally.flags(gateway), reeltally.csv("a"))
    while not gateway.queries():
        assert process.poll() is None
    lock = checks(ask(gateway=gateway))["lock"]
    process.kill()
    reeltally.finish(process)
    assert lock["result"] == "warning" and str(process.pid) in lock["text"]


def test_budgets_need_a_price_book(reeltally, ask):
    config = reeltally.folder / "config.toml"
    config.write_text('[budget.a]\namount = "5 USD"\n[budget.b]\namount = "5 CNY"\n')
    assert "budgets" not in checks(ask())
    found = ask("--config", config)
    assert found.code == 0 and checks(found)["budgets"]["result"] == "warning", found
    assert checks(found)["budgets"]["text"] == "2 budgets in the configuration, and no price book"
    prices = reeltally.folder / "prices.csv"
    prices.write_text("model,unit,price,currency\nm,task,1,USD\n")
    assert checks(ask("--config", config, "--prices", prices))["budgets"]["result"] == "ok"
    prices.write_text("nonsense\n")
    found = checks(ask("--config", config, "--prices", prices))["budgets"]
    assert found["result"] == "warning" and "cannot be compared: price book" in found["text"], found


def test_text_fits_a_terminal(reeltally, make_gateway):
    result = reeltally("doctor", "--base-url", make_gateway(tasks={}).base, "--min-free", "1KiB")
    assert result.code == 0 and result.out.splitlines()[0].startswith("configuration ok"), result
