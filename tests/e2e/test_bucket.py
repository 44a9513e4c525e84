"""Videos in a bucket: --output s3://BUCKET/PREFIX against the strict S3 server of the tests.

With REELTALLY_TEST_S3=URL the tests that need no faults run on that server instead, in the bucket
REELTALLY_TEST_S3_BUCKET, with the keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
"""
import hashlib
import json
import signal
import time

import pytest

import proof
from s3 import SECRET, keys, make_bucket, make_s3  # noqa: F401

LARGE = 70 << 20  # more than one PUT takes: five parts
CANARIES = (SECRET, "secret-canary", "token-canary")


@pytest.fixture
def cloud(reeltally):
    """reeltally with the usual keys; afterwards no secret is found in anything it wrote."""
    reeltally.env.update(keys(), AWS_EC2_METADATA_DISABLED="true")
    yield reeltally
    for result in reeltally.output:
        for canary in CANARIES:
            assert canary not in result.out and canary not in result.err, "a secret was printed"
    for path in reeltally.folder.rglob("*"):
        if path.is_file() and path.stat().st_size < 50_000_000 and path.name != "s3.json":
            content = path.read_bytes()
            assert not any(canary.encode() in content for canary in CANARIES), path


def run(program, gateway, bucket, *arguments, **more):
    return program.run(gateway, "--output", bucket.place, "--s3-endpoint", bucket.url, *arguments, **more)


def verify(program, bucket, *arguments):
    return program("verify", "--output", bucket.place, "--s3-endpoint", bucket.url, *arguments)


def recorded(program):
    return dict(program.sql("SELECT path, lower(hex(sha256)) FROM video WHERE state = 1"))


def assert_exact(program, bucket, gateway=None):
    """Bucket and ledger name the same objects with the same bytes, and nothing is left elsewhere; what `gateway` sent."""
    found = {f"{bucket.place}/{key}": value["sha256"] for key, value in bucket.objects().items()}
    assert found == recorded(program)
    assert bucket.uploads() == []
    parts = program.folder / ".cache/reeltally/parts"
    assert not parts.exists() or list(parts.iterdir()) == []
    if gateway is not None:
        objects = {f"{bucket.place}/{key}": (one["bytes"], one["sha256"]) for key, one in bucket.objects().items()}
        proof.prove(program, gateway, found=objects, ids=program.states())


def ids(count):
    return [f"t{i:02}" for i in range(count)]


def small(count, **more):
    return {task: {"vendor": "happyhorse", "video": {"size": 40000 + 100 * i, **more}} for i, task in enumerate(ids(count))}


def test_sixty_videos(cloud, make_gateway, make_bucket):
    bucket, gateway = make_bucket(), make_gateway(tasks=small(60))
    result = run(cloud, gateway, bucket, cloud.csv(*ids(60)))
    assert result.code == 0 and result.summary["videos_downloaded"] == 60, result
    assert_exact(cloud, bucket)
    assert sorted(bucket.objects()) == [f"{task}.mp4" for task in ids(60)]
    for flags in ([], ["--deep"]):
        result = verify(cloud, bucket, *flags)
        assert result.code == 0 and result.out == "" and "60 videos whole" in result.err, result
    again = run(cloud, gateway, bucket, cloud.csv(*ids(60)))
    assert again.code == 0 and again.summary["videos_downloaded"] == 0 and len(gateway.fetches()) == 60, again
    assert cloud("db", "check").code == 0


def test_verify_looks_at_differences_alone(cloud, make_gateway, make_s3):
    bucket, gateway = make_s3(page=7), make_gateway(tasks=small(30))
    assert run(cloud, gateway, bucket, "--sidecar", cloud.csv(*ids(30))).code == 0
    before = bucket.control()["counts"].get("HeadObject", 0)
    assert verify(cloud, bucket).code == 0
    assert bucket.control()["counts"].get("HeadObject", 0) == before, "a listing is enough"
    whole = bytes(40200)
    bucket.delete("t00.mp4")
    bucket.put("t01.mp4", b"short")
    bucket.put("t02.mp4", whole + bytes(100000))
    bucket.put("stranger.mp4", b"x")
    bucket.put("zz.json", b"{}")
    size = bucket.objects()["t03.mp4"]["bytes"]
    bucket.put("t03.mp4", bytes(size))

    def findings(*flags):
        result = verify(cloud, bucket, "--json", *flags)
        assert result.code == 3, result
        lines = [json.loads(line) for line in result.out.splitlines()[:-1]]
        return sorted((line["result"], line["path"].rsplit("/", 1)[1]) for line in lines)
    assert findings() == [("changed", "t02.mp4"), ("missing", "t00.mp4"), ("short", "t01.mp4"),
                          ("unknown", "stranger.mp4"), ("unknown", "zz.json")]
    assert ("changed", "t03.mp4") in findings("--deep")
    bucket.delete("stranger.mp4")
    result = verify(cloud, bucket, "--requeue")
    assert result.code == 3 and "1 missing video will be downloaded" in result.err, result
    assert run(cloud, gateway, bucket, "--pending").code == 0
    assert bucket.objects()["t00.mp4"]["sha256"] == recorded(cloud)[bucket.place + "/t00.mp4"]


FAULTS = [("PutObject", kind) for kind in ("503", "500", "409", "412", "cut", "cut-after", "spoil")]


def test_faults_of_small_uploads(cloud, make_gateway, make_s3):
    bucket, gateway = make_s3(), make_gateway(tasks=small(len(FAULTS)))
    for task, (op, kind) in zip(ids(len(FAULTS)), FAULTS):
        bucket.fault(op=op, kind=kind, key=task)
    result = run(cloud, gateway, bucket, cloud.csv(*ids(len(FAULTS))))
    assert result.code == 0, result
    assert sorted(bucket.objects()) == [f"{task}.mp4" for task in ids(len(FAULTS))]
    assert_exact(cloud, bucket)


def test_faults_of_each_part(cloud, make_gateway, make_s3):
    bucket = make_s3()
    gateway = make_gateway(tasks={"big": {"vendor": "happyhorse", "video": {"size": LARGE}}})
    for part, kind in enumerate(("503", "cut", "cut-after", "spoil", "500"), start=1):
        bucket.fault(op="UploadPart", part=part, kind=kind)
    bucket.fault(op="CompleteMultipartUpload", kind="cut-after")
    result = run(cloud, gateway, bucket, cloud.csv("big"))
    assert result.code == 0 and len(gateway.fetches()) == 1, result
    assert_exact(cloud, bucket)


def wait_for(what, process):
    end = time.monotonic() + 60
    while not what():
        assert process.poll() is None and time.monotonic() < end
        time.sleep(0.02)


def kill_in(program, gateway, bucket, task, what):
    process = program.start("run", *program.flags(gateway), "--output", bucket.place, "--s3-endpoint", bucket.url,
                            program.csv(task))
    wait_for(what, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_a_run_killed_in_an_upload_goes_on_with_it(cloud, make_gateway, make_s3):
    bucket = make_s3()
    gateway = make_gateway(tasks={"big": {"vendor": "happyhorse", "video": {"size": LARGE}}})
    bucket.fault(op="UploadPart", part=4, kind="hang")
    kill_in(cloud, gateway, bucket, "big", lambda: bucket.hangs())
    assert len(bucket.uploads()) == 1 and bucket.uploads()[0]["parts"] == [1, 2, 3]
    result = run(cloud, gateway, bucket, cloud.csv("big"))
    assert result.code == 0 and len(gateway.fetches()) == 1, result
    assert_exact(cloud, bucket, gateway)
    sent = [line["query"] for line in bucket.log(op="UploadPart", status=200)]
    assert len(sent) == 5, sent


def test_a_run_killed_before_it_recorded_adopts_its_object(cloud, make_gateway, make_s3):
    bucket, gateway = make_s3(), make_gateway(tasks=small(1))
    bucket.fault(op="PutObject", key="t00", kind="hang-after")
    kill_in(cloud, gateway, bucket, "t00", lambda: bucket.objects())
    result = run(cloud, gateway, bucket, cloud.csv("t00"))
    assert result.code == 0, result
    assert list(bucket.objects()) == ["t00.mp4"]
    assert_exact(cloud, bucket, gateway)


def test_uploads_of_others_are_aborted_and_objects_of_others_stay(cloud, make_gateway, make_s3):
    bucket = make_s3()
    gateway = make_gateway(tasks={"big": {"vendor": "happyhorse", "video": {"size": LARGE}}, **small(1)})
    bucket.fault(op="UploadPart", part=2, kind="hang")
    kill_in(cloud, gateway, bucket, "big", lambda: bucket.hangs())
    for path in (cloud.folder / ".cache/reeltally/parts").iterdir():
        path.unlink()  # the next run is of another machine
    bucket.put("t00.mp4", b"somebody else's")
    result = run(cloud, gateway, bucket, cloud.csv("big", "t00"))
    assert result.code == 0 and bucket.uploads() == [], result
    assert sorted(bucket.objects()) == ["big.mp4", "t00-2.mp4", "t00.mp4"]
    assert bucket.objects()["t00.mp4"]["sha256"] == hashlib.sha256(b"somebody else's").hexdigest()


def test_expired_keys(cloud, make_gateway, make_s3):
    bucket, gateway = make_s3(credentials={"token": "agent"}), make_gateway(tasks=small(8))
    fixed = {name: cloud.env.pop(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    cloud.env.update({"AWS_CONTAINER_CREDENTIALS_FULL_URI": bucket.url + "/container",
                      "AWS_CONTAINER_AUTHORIZATION_TOKEN": "agent"})
    bucket.fault(op="PutObject", key="t0", kind="expired")
    result = run(cloud, gateway, bucket, cloud.csv(*ids(4)))
    assert result.code == 0, result
    assert bucket.log(op="credentials") and len(bucket.objects()) == 4
    del cloud.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    cloud.env.update(fixed)
    bucket.fault(op="PutObject", key="t0", kind="expired", times=99)
    result = run(cloud, gateway, bucket, cloud.csv(*ids(8)))
    assert result.code == 1 and "ExpiredToken" in result.err and len(bucket.objects()) == 4, result
    assert set(cloud.states().values()) == {"succeeded"}, "queries go on"
    bucket.control(forget_faults=True)
    assert run(cloud, gateway, bucket, "--pending").code == 0
    assert_exact(cloud, bucket)


def test_names_sidecars_and_hooks(cloud, make_gateway, make_bucket):
    bucket, gateway = make_bucket(), make_gateway(tasks=small(3))
    hook = cloud.folder / "hook"
    hook.write_text(f'#!/bin/sh\necho "$1 $REELTALLY_PATH" >> {cloud.folder}/hooked\n')
    hook.chmod(0o755)
    rows = cloud.folder / "rows.csv"
    rows.write_text("task_id,customer\n" + "".join(f"{task},acme & söhne\n" for task in ids(3)))
    flags = ["--name", "{label:customer}/{task_id}.{ext}", "--sidecar", "--exec", hook]
    assert run(cloud, gateway, bucket, *flags, rows).code == 0
    names = [f"acme & söhne/{task}.mp4" for task in ids(3)]
    assert sorted(bucket.objects()) == sorted(names + [name + ".json" for name in names])
    assert sorted((cloud.folder / "hooked").read_text().splitlines()) == [
        f"{bucket.place}/{name} {bucket.place}/{name}" for name in names]
    assert verify(cloud, bucket, "--deep").code == 0
    bucket.delete(names[0] + ".json")
    assert run(cloud, gateway, bucket, *flags, rows).code == 0
    assert len(bucket.objects()) == 6, "a sidecar that is missing is written"


def test_room_for_parts(cloud, make_gateway, make_bucket):
    bucket, gateway = make_bucket(), make_gateway(tasks=small(2))
    result = run(cloud, gateway, bucket, "--min-free", "900TiB", "--part-dir", cloud.folder / "parts", cloud.csv(*ids(2)))
    assert result.code == 3 and "--min-free" in result.err and bucket.objects() == {}, result
    assert (cloud.folder / "parts").is_dir()


@pytest.mark.parametrize("dialect, option, way", [
    ("if-none-match", "auto", "if-none-match"), ("oss", "auto", "oss"), ("cos", "auto", "cos"), ("gcs", "gcs", "gcs"),
    ("none", "none", None), ("none", "auto", False), ("if-none-match", "oss", False)])
def test_how_a_bucket_keeps_what_is_there(cloud, make_gateway, make_s3, dialect, option, way):
    bucket, gateway = make_s3(dialect=dialect), make_gateway(tasks=small(1))
    flags = ["--s3-create-only", option]
    checked = cloud("doctor", *[f for f in cloud.flags(gateway) if f not in ("--allow-private-hosts", "--json")],
                    "--output", bucket.place, "--s3-endpoint", bucket.url, *flags)
    result = run(cloud, gateway, bucket, *flags, cloud.csv("t00"))
    if way is False:
        assert result.code == 2 and "replaces an object" in result.err and "none" in result.err, result
        assert checked.code == 1 and "replaces an object" in checked.out, checked
        assert bucket.objects() == {} and not gateway.queries("t00"), result
        return
    assert result.code == 0 and checked.code == 0, (result, checked)
    assert (f"refuses to replace an object ({way})" if way else "not asked to keep") in checked.out, checked
    assert_exact(cloud, bucket)


def test_what_cannot_be_a_bucket(cloud, make_gateway, make_s3):
    bucket, gateway = make_s3(), make_gateway(tasks=small(1))
    for flags, why in [(["--output", "s3://"], "names no bucket"),
                       (["--output", bucket.place, "--s3-endpoint", "minio"], "no address of an S3 service"),
                       (["--output", bucket.place, "--s3-header", "authorization: x"], "no header that is passed on"),
                       (["--output", bucket.place, "--s3-header",
                         "x-amz-server-side-encryption-customer-key: x"], "no header that is passed on")]:
        flags = [*flags, *([] if "--s3-endpoint" in flags else ["--s3-endpoint", bucket.url])]
        result = cloud.run(gateway, *flags, cloud.csv("t00"))
        assert result.code == 2 and why in result.err, (flags, result)
    plain = cloud("run", "--base-url", gateway.base, "--output", bucket.place, "--s3-endpoint", "http://192.0.2.1",
                  cloud.csv("t00"))
    assert plain.code == 2 and "plain http" in plain.err, plain
    cloud.env["AWS_SECRET_ACCESS_KEY"] = "wrong"
    for result in (run(cloud, gateway, bucket, cloud.csv("t00")), verify(cloud, bucket)):
        assert result.code in (1, 10) and bucket.objects() == {}, result
    assert "SignatureDoesNotMatch" in cloud.output[-2].err
    del cloud.env["AWS_SECRET_ACCESS_KEY"]
    result = run(cloud, gateway, bucket, cloud.csv("t00"))
    assert result.code == 1 and "AWS_SECRET_ACCESS_KEY is not" in result.err, result


def test_headers_and_addresses(cloud, make_gateway, make_s3):
    bucket, gateway = make_s3(), make_gateway(tasks=small(1))
    cloud.env["AWS_ENDPOINT_URL_S3"] = f"http://localhost:{bucket.port}"
    result = cloud.run(gateway, "--output", bucket.place, "--s3-addressing", "host",
                       "--s3-header", "x-amz-server-side-encryption: aws:kms",
                       "--s3-header", "x-amz-storage-class: STANDARD_IA", cloud.csv("t00"))
    assert result.code == 0, result
    meta = bucket.objects()["t00.mp4"]["meta"]
    assert meta["x-amz-server-side-encryption"] == "aws:kms" and meta["x-amz-storage-class"] == "STANDARD_IA"
    assert bucket.log(op="PutObject")[-1]["headers"]["host"].startswith("videos.localhost:")
