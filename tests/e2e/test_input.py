"""Lists and inputs with the real binary."""
import csv
import os
import re
import subprocess
import urllib.parse

import pytest


def dry_run(reeltally, data, *arguments):
    path = reeltally.folder / "in"
    path.write_bytes(data)
    return reeltally("run", "--dry-run", *arguments, path)


@pytest.mark.parametrize("data, ids", [
    (b"task_id\na\nb\n", ["a", "b"]),
    (b"a\nb\n", ["a", "b"]),
    (b"\xef\xbb\xbfTask ID;x\r\na;1\r\nb;2", ["a", "b"]),
    ("task_id\tx\na\t1\n".encode("utf-16"), ["a"]),
    (b"\xfe\xff" + "id\nä😀\n".encode("utf-16-be"), ["ä😀"]),
    (b"sep=|\nid|x\na|1\n", ["a"]),
    (b"x,taskId\r1,a\r2,b\r", ["a", "b"]),
    (b'id,note\n"a","line\nbreak, ""quoted"""\nb,\n', ["a", "b"]),
    (b"# comment\n\nid\n# another\na\n\n\n", ["a"]),
    (b"id\n a \n\xe2\x80\x8bb\xef\xbb\xbf\na\n", ["a", "b"]),
    (b"860260753860210752\nsora-2:task_01\n", ["860260753860210752", "sora-2:task_01"]),
])
def test_what_is_read(reeltally, data, ids):
    result = dry_run(reeltally, data)
    assert result.code == 0 and result.out.splitlines() == ids, result


@pytest.mark.parametrize("data, line, said", [
    (b"id\na\n8.60E+17\n", 3, "spreadsheet"),
    (b'id,x\na,1\n,2\n', 3, "empty"),
    (b"id\n" + b"x" * 192 + b"\n", 2, "191"),
    (b"id\na\x01b\n", 2, "control"),
    (b"id\n..\n", 2, "path"),
    (b'id,x\na,1\nb,"open\nc,1\n', 3, "never closed"),
    (b"id\n" + b"y" * 200_000 + b"\nb\n", 2, "64 KiB"),
    (b"id\n" + b"y" * 2_000_000 + b"\nb\n", 2, "64 KiB"),
], ids=lambda value: str(value)[:30] if isinstance(value, str) else "")
def test_what_is_rejected(reeltally, data, line, said):
    result = dry_run(reeltally, data, "-q")
    assert result.code == 3 and f":{line}: rejected" in result.err and said in result.err, result


HOSTILE = ["../", "..\\", "/", "//", "/../../", "./", "?", "?a=b", "#", "%", "%2e%2e", "%2F", "%00", "%0d%0aX: 1", "%25", ";",
           ";a=b", "&", "=", "=cmd|' /C calc'!A0", "+", "-", "--db", "@", ":", "//host.test/", "http://host.test/", "$(id)", "`id`",
           "|", "'", "''", "*", "{}", "[1-3]", "<b>", "~", "^", "!", ",", "ü", "日本", "😀", "a b", '"']
BROKEN = ["\0", "\r\nX-Evil: 1", "\n", "\x1b[31m", "\x7f", "\x85", "\u202e", "x" * 191, "x" * 1000]


def test_hostile_ids_never_leave_the_path(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["failure"]})
    whole, broken = ({shape.format(f) for f in fragments for shape in ("{}", "a{}", "{}a", "a{}b", "{0}a{0}")}
                     for fragments in (HOSTILE, BROKEN))
    assert len(whole | broken) >= 200
    path = reeltally.folder / "hostile.csv"
    with open(path, "w", encoding="utf-8", newline="") as f:
        csv.writer(f, quoting=csv.QUOTE_ALL).writerows([["id"]] + [[i] for i in sorted(whole | broken)])
    result = reeltally.run(gateway, path)
    refused = {i for i in broken if i != "x" * 191}
    assert result.code == 3 and result.summary["rows_rejected"] == len(refused), result
    asked = [request["path"] for request in gateway.log(event="request")]
    prefix = "/v1/video/generations/"
    assert all(re.fullmatch(prefix + r"(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+", one) for one in asked)
    assert sorted(urllib.parse.unquote(one[len(prefix):]) for one in asked) == sorted(whole | (broken - refused))
    assert not [request for request in gateway.log(event="request") if request["query"]]
    assert set(reeltally.states()) == whole | (broken - refused)


def test_stdin_columns_and_shards(reeltally):
    rows = b"x;the id\n1;a\n2;b\n3;c\n4;d\n"
    assert reeltally("run", "--dry-run", "--column", "the id", "-", stdin=rows).out.split() == list("abcd")
    assert reeltally("run", "--dry-run", "--column", "2", "-", stdin=b"1;a\n2;b\n").out.split() == list("ab")
    shards = [reeltally("run", "--dry-run", "--column", "the id", "--shard", f"{i}/3", "-", stdin=rows).out.split()
              for i in (1, 2, 3)]
    assert sorted(sum(shards, [])) == list("abcd")


def test_finished_tasks_are_not_in_a_dry_run(reeltally, make_gateway):
    gateway = make_gateway(tasks={"a": {"polls": ["failure"]}, "b": {"polls": ["IN_PROGRESS"]}})
    reeltally.run(gateway, reeltally.csv("a", "b"))
    result = reeltally("run", "--dry-run", reeltally.csv("a", "b", "c"))
    assert result.out.split() == ["b", "c"]


def test_a_dry_run_shows_what_is_pending(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["IN_PROGRESS"]}, tasks={"done": {"vendor": "seedance", "polls": ["success"]}})
    reeltally.run(gateway, reeltally.csv("a", "b", "done"))
    assert reeltally("run", "--dry-run", "--pending").out.split() == ["a", "b"]
    assert reeltally("run", "--dry-run", "--pending", reeltally.csv("c", "b")).out.split() == ["c", "b", "a"]
    assert reeltally("run", "--dry-run", "--pending", "--stale-after", "1m").out == "", "they began two minutes ago"
    (reeltally.videos / "done.mp4").unlink()
    assert reeltally("run", "--dry-run", reeltally.csv("done")).out == "done\n"
    assert reeltally("run", "--dry-run", "--no-download", reeltally.csv("done")).out == ""


def test_a_dry_run_and_a_run_agree_on_the_file_of_a_failed_task(reeltally, make_gateway):
    gateway = make_gateway(tasks={"a": {"vendor": "seedance", "polls": ["success", "failure"]}})
    path = reeltally.csv("a")
    reeltally.run(gateway, path)
    reeltally.run(gateway, "--refresh", path)
    assert reeltally.states() == {"a": "failed"}
    (reeltally.videos / "a.mp4").unlink()
    assert reeltally("run", "--dry-run", path).out == "", "a failed task has no video to fetch"
    assert reeltally.run(gateway, path).summary["requests"] == 0


def test_a_million_rows_in_bounded_memory(reeltally):
    script = "import sys\nfor i in range(1000000): sys.stdout.write('asyntask_%032d,acme\\n' % i)"
    generator = subprocess.Popen(["/usr/bin/python3", "-c", "print('task_id,customer')\n" + script], stdout=subprocess.PIPE)
    process = reeltally.start("run", "--dry-run", "-", stdin=generator.stdout, wrapper=["/usr/bin/time", "-f", "%M"])
    result = reeltally.finish(process)
    generator.wait()
    assert result.code == 0 and result.out.count("\n") == 1000000
    if "asan" not in process.args[3]:
        # 16 MiB are shared libraries; the table of IDs is doubled while the old one stands, because a pipe has no size.
        assert int(result.err.split()[-1]) < 72 * 1024, "KiB resident"


def test_inputs_are_checked_before_the_first_query(reeltally, make_gateway):
    gateway = make_gateway()
    good = reeltally.csv("a")
    assert reeltally.run(gateway, good, reeltally.folder / "missing.csv").code == 2
    assert gateway.log(event="request") == [] and not reeltally.ledger.exists()


CHINESE = "task_id,客户,项目\r\ntask_a1,阿里,测试\r\ntask_a2,腾讯,生产\r\n"


@pytest.mark.parametrize("encoding, said", [("gb18030", "GB18030"), ("utf-16-le", "UTF-16, little"),
                                            ("utf-16-be", "UTF-16, big"), ("utf-8", None)])
def test_chinese_columns_arrive_however_they_are_written(reeltally, make_gateway, encoding, said):
    gateway = make_gateway(default={"polls": ["failure"]})
    path = reeltally.folder / "in.csv"
    path.write_bytes(CHINESE.encode(encoding))
    result = reeltally.run(gateway, path)
    assert result.code == 0 and (said in result.err if said else "read as" not in result.err), result
    assert reeltally.sql("SELECT labels FROM v_task ORDER BY task_id") == [
        ('{"客户":"阿里","项目":"测试"}',), ('{"客户":"腾讯","项目":"生产"}',)]


def test_another_encoding_is_never_read_silently(reeltally):
    result = dry_run(reeltally, "task_id,Kunde\nt1,Müller\nt2,Größe\n".encode("latin-1"))
    assert result.out.split() == ["t1", "t2"] and "line 2" in result.err and "neither UTF-8" in result.err, result


def test_no_line_vanishes_without_a_count(reeltally, make_gateway):
    data = b"# list of May\norder,task_id\n#1001,a1\n# checked\n1002,a2\norder,task_id\n1003,a3\n"
    result = dry_run(reeltally, data)
    assert result.out.split() == ["a1", "a2", "a3"] and "2 comment lines, 1 repeated header" in result.err, result
    gateway = make_gateway(default={"polls": ["failure"]})
    result = reeltally("run", *reeltally.flags(gateway)[:-1], reeltally.folder / "in")
    assert result.code == 0 and "3 rows, 2 comment lines, 1 repeated header" in result.err, result
    result = reeltally.run(gateway, reeltally.folder / "in")
    assert (result.summary["rows_read"], result.summary["comments"], result.summary["repeated_headers"]) == (3, 2, 1)


@pytest.mark.parametrize("data, said", [
    (b"PK\x03\x04....xl/workbook.xml", "Excel workbook"),
    (b'[{"task_id": "a"}]', "JSON"),
    (b"Auftrag,Kunde\n860260753860210752,Acme\n", "Auftrag, Kunde"),
])
def test_a_file_that_is_not_a_list_is_named_before_the_first_query(reeltally, make_gateway, data, said):
    gateway = make_gateway()
    path = reeltally.folder / "in"
    path.write_bytes(data)
    result = reeltally.run(gateway, path)
    assert result.code == 2 and said in result.err and len(result.err.splitlines()) == 1, result
    assert gateway.log(event="request") == [] and not reeltally.ledger.exists()


def test_a_headerless_list_is_reported_with_v(reeltally):
    assert "no header" not in dry_run(reeltally, b"t1,x\nt2,y\n").err
    assert "no header; column 1" in dry_run(reeltally, b"t1,x\nt2,y\n", "-v").err


def test_a_pipe_without_a_writer_is_waited_for_until_the_deadline(reeltally):
    os.mkfifo(reeltally.folder / "pipe")
    result = reeltally("run", "--dry-run", "--deadline", "200ms", reeltally.folder / "pipe")
    assert result.code == 4 and "the deadline passed" in result.err, result


@pytest.mark.parametrize("option", ["--failed-out", "--status-file", "--metrics-file"])
def test_an_output_never_replaces_a_list(reeltally, make_gateway, option):
    gateway = make_gateway(default={"polls": ["failure"]})
    tasks = reeltally.csv("a", "b")
    before = tasks.read_bytes()
    result = reeltally.run(gateway, option, tasks, tasks)
    assert result.code == 2 and "would replace the list" in result.err, result
    assert tasks.read_bytes() == before and not gateway.queries()
