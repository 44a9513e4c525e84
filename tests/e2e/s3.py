"""The strict S3 server of the tests as a process of its own, and what it holds."""
import json
import os
import subprocess
import urllib.parse
import urllib.request

import pytest

from conftest import ROOT

KEY_ID = "AKIDEXAMPLE"
SECRET = "s3-secret-canary-7f3a/+x"  # never to be seen anywhere


class S3Server:
    """Ended with its test. `REELTALLY_TEST_S3` names a real server instead for tests that only need one."""

    def __init__(self, folder, **scenario):
        scenario = dict({"keys": {KEY_ID: {"secret": SECRET}}, "buckets": ["videos"]}, **scenario)
        folder.mkdir(exist_ok=True)
        (folder / "s3.json").write_text(json.dumps(scenario))
        self.log_path = folder / "s3.jsonl"
        self.process = subprocess.Popen(
            ["/usr/bin/python3", str(ROOT / "tests/support/s3/s3.py"), "--scenario", str(folder / "s3.json"),
             "--log", str(self.log_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"})
        self.port = json.loads(self.process.stdout.readline())["port"]
        self.url = f"http://127.0.0.1:{self.port}"

    def control(self, **order):
        data = json.dumps(order).encode() if order else None
        with urllib.request.urlopen(self.url + "/_control", data) as answer:
            return json.load(answer)

    def put(self, key, body, bucket="videos", **meta):
        self.control(put={"bucket": bucket, "key": key, "body": body.hex(), "meta": meta})

    def delete(self, key, bucket="videos"):
        self.control(delete={"bucket": bucket, "key": key})

    def fault(self, **fault):
        self.control(faults=[fault])

    def objects(self, bucket="videos"):
        """But for the marker of the create-only check."""
        found = self.control()["objects"][bucket]
        return {key: value for key, value in found.items() if not key.rpartition("/")[2].startswith(".")}

    def uploads(self):
        return self.control()["uploads"]

    def log(self, **wanted):
        lines = [json.loads(line) for line in self.log_path.read_text().splitlines()]
        return [line for line in lines if all(line.get(k) == v for k, v in wanted.items())]

    def close(self):
        self.process.stdin.close()
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture
def make_s3(tmp_path):
    servers = []

    def make(**scenario):
        servers.append(S3Server(tmp_path / f"s3-{len(servers)}", **scenario))
        return servers[-1]
    yield make
    for server in servers:
        server.close()
