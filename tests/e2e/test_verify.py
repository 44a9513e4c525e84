"""verify: compares the disk with the ledger."""
import fcntl
import json
import sqlite3
import time

import pytest


@pytest.fixture
def filled(reeltally, make_gateway):
    gateway = make_gateway(tasks={f"t{i}": {"vendor": "happyhorse", "video": {"size": 40000}} for i in range(6)})
    assert reeltally.run(gateway, reeltally.csv(*(f"t{i}" for i in range(6)))).code == 0
    reeltally.gateway = gateway
    return reeltally


def findings(result):
    lines = [json.loads(line) for line in result.out.splitlines()]
    return sorted((line["result"], line["path"].rsplit("/", 1)[1]) for line in lines[:-1]), lines[-1]


def test_all_is_well(filled):
    result = filled("verify", "--deep")
    assert result.code == 0 and result.out == "" and "6 videos whole" in result.err, result


def test_each_kind_of_difference(filled):
    folder = filled.videos
    (folder / "t0.mp4").unlink()
    (folder / "t1.mp4").write_bytes(b"short")
    with open(folder / "t2.mp4", "r+b") as f:
        f.seek(20000)
        f.write(b"\x55\xaa")
    with open(folder / "t3.mp4", "ab") as f:
        f.write(b"more")
    (folder / "stranger.mp4").write_bytes(b"x")
    (folder / "t4.mp4.json").write_text("{}")
    for hidden in (".t9-1-0123.part", ".t9-1-0123.part.notes", ".DS_Store"):
        (folder / hidden).write_bytes(b"x")
    by_size, summary = findings(filled("verify", "--json"))
    assert by_size == [("changed", "t3.mp4"), ("missing", "t0.mp4"), ("short", "t1.mp4"), ("unknown", "stranger.mp4")]
    deep = filled("verify", "--json", "--deep")
    by_content, summary = findings(deep)
    assert deep.code == 3 and ("changed", "t2.mp4") in by_content and summary["whole"] == 2
    text = filled("verify")
    assert text.code == 3 and f"missing\t{folder}/t0.mp4\tt0" in text.out.splitlines()


def test_requeue_downloads_missing_videos(filled):
    (filled.videos / "t0.mp4").unlink()
    result = filled("verify", "--requeue")
    assert result.code == 3 and "1 missing video will be downloaded" in result.err, result
    assert filled.run(filled.gateway, "--pending").code == 0
    assert filled("verify", "--deep").code == 0


def test_a_dead_link_is_not_queued(filled):
    def age(days):
        with sqlite3.connect(filled.ledger) as database:
            database.execute("UPDATE video SET expires_at = expires_at - ?", (days * 86_400_000,))
        database.close()

    (filled.videos / "t0.mp4").unlink()
    age(3650)
    result = filled("verify", "--requeue")
    assert result.code == 3 and "1 cannot be" in result.err, result
    assert filled.sql("SELECT state FROM v_video WHERE task_id = 't0'") == [("done",)]
    age(-3650)  # or `db check` finds that the links do not end when their answers say


@pytest.mark.parametrize("named", [True, False])
def test_a_pruned_link_is_queried_again(filled, named):
    (filled.videos / "t0.mp4").unlink()
    assert filled("db", "prune", "--older-than", "0").code == 0
    queries = len(filled.gateway.queries())
    if not named:
        assert "1 missing video will be downloaded" in filled("verify", "--requeue").err
    result = filled.run(filled.gateway, filled.csv("t0") if named else "--pending")
    assert result.code == 0 and len(filled.gateway.queries()) == queries + 1, result
    assert filled("verify", "--deep").code == 0


def test_requeue_is_refused_during_a_run(filled):
    with open(str(filled.ledger) + ".lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert filled("verify", "--requeue").code == 11
        assert filled("verify").code == 0


def test_a_run_in_progress_is_no_difference(reeltally, make_gateway):
    gateway = make_gateway(default={"vendor": "happyhorse", "video": {"size": 20000}})
    process = reeltally.start("run", *reeltally.flags(gateway), "--limit-rate", "2MB", "--sidecar",
                              reeltally.csv(*(f"t{i}" for i in range(150))))
    while not reeltally.ledger.exists() or not gateway.fetches():
        assert process.poll() is None
        time.sleep(0.01)
    looks = 0
    while process.poll() is None:
        result = reeltally("verify")
        assert result.code == 0, result
        looks += 1
    assert looks >= 5 and reeltally.finish(process).code == 0
    (reeltally.videos / "stranger.mp4").write_bytes(b"x")
    assert reeltally("verify").code == 3


def test_dangling_links_are_unknown_files(filled):
    (filled.videos / "loop").symlink_to("loop")
    (filled.videos / "nowhere").symlink_to("/nowhere")
    result = filled("verify", "--json")
    assert result.code == 3 and findings(result)[0] == [("unknown", "loop"), ("unknown", "nowhere")], result


def test_without_a_ledger(reeltally):
    for flags in ([], ["--requeue"]):
        assert reeltally("verify", *flags).code == 10
    assert not reeltally.ledger.parent.exists()
