"""The strict S3 server of the tests as a process of its own, and what it holds."""
import hashlib
import http.client
import json
import os
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import uuid

import pytest

from conftest import ROOT

sys.path.insert(0, str(ROOT / "tests/support/s3"))
import sigv4  # noqa: E402

KEY_ID = "AKIDEXAMPLE"
SECRET = "s3-secret-canary-7f3a/+x"  # never to be seen anywhere


def keys():
    """AWS's variables for the server of the tests, or for the real one."""
    real = "REELTALLY_TEST_S3" in os.environ
    return {"AWS_ACCESS_KEY_ID": os.environ["AWS_ACCESS_KEY_ID"] if real else KEY_ID,
            "AWS_SECRET_ACCESS_KEY": os.environ["AWS_SECRET_ACCESS_KEY"] if real else SECRET}


class Client:
    """Signs by the server's own code, and lets a test change what goes out afterwards."""

    def __init__(self, url, secret=SECRET, key_id=KEY_ID, token=None, region="us-east-1"):
        self.url, self.secret, self.key_id, self.token, self.region = urllib.parse.urlsplit(url), secret, key_id, token, region

    def __call__(self, method, target, body=b"", change=None, sent=None, date=None, **headers):
        path, _, query = target.partition("?")
        payload = hashlib.sha256(body).hexdigest()
        date = date or time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        signed = {"host": self.url.netloc, "x-amz-content-sha256": payload, "x-amz-date": date,
                  **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.token:
            signed["x-amz-security-token"] = self.token
        signed["authorization"] = sigv4.authorization(self.key_id, self.secret, self.region, "AWS4-HMAC-SHA256", date,
                                                      method, path, query, signed, payload)
        kind = http.client.HTTPSConnection if self.url.scheme == "https" else http.client.HTTPConnection
        connection = kind(self.url.netloc, timeout=20)
        connection.request(method, target, body if sent is None else sent, {**signed, **(change or {})})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, text, dict(answer.getheaders())


class RealBucket:
    """A prefix in the bucket of a real server, with what tests without faults need of S3Server."""

    def __init__(self):
        self.url = os.environ["REELTALLY_TEST_S3"]
        self.bucket = os.environ.get("REELTALLY_TEST_S3_BUCKET", "videos")
        self.prefix = f"reeltally-test-{uuid.uuid4()}"
        self.place = f"s3://{self.bucket}/{self.prefix}"
        self.client = Client(self.url, keys()["AWS_SECRET_ACCESS_KEY"], keys()["AWS_ACCESS_KEY_ID"],
                             region=os.environ.get("AWS_REGION", "us-east-1"))

    def target(self, key):
        return f"/{self.bucket}/{self.prefix}/" + "/".join(map(sigv4.encode, key.split("/")))

    def names(self):
        text = self.client("GET", f"/{self.bucket}?list-type=2&encoding-type=url&prefix={self.prefix}%2F")[1].decode()
        found = [urllib.parse.unquote_plus(key) for key in re.findall("<Key>([^<]*)</Key>", text)]
        return [key.removeprefix(self.prefix + "/") for key in found]

    def objects(self):
        found = {}
        for key in self.names():
            if not key.rpartition("/")[2].startswith("."):
                body = self.client("GET", self.target(key))[1]
                found[key] = {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        return found

    def uploads(self):
        text = self.client("GET", f"/{self.bucket}?prefix={self.prefix}%2F&uploads=")[1].decode()
        return re.findall("<UploadId>", text)

    def delete(self, key):
        self.client("DELETE", self.target(key))

    def close(self):
        for key in self.names():
            self.delete(key)


class S3Server:
    """The server of the tests; ended with its test."""

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
        self.place = "s3://videos/pre"

    def control(self, **order):
        data = json.dumps(order).encode() if order else None
        with urllib.request.urlopen(self.url + "/_control", data) as answer:
            return json.load(answer)

    def put(self, key, body):
        self.control(put={"bucket": "videos", "key": "pre/" + key, "body": body.hex()})

    def delete(self, key):
        self.control(delete={"bucket": "videos", "key": "pre/" + key})

    def fault(self, **fault):
        self.control(faults=[fault])

    def objects(self):
        """Those under the prefix, but for the marker of the create-only check."""
        return without_hidden(self.control()["objects"]["videos"])

    def hangs(self):
        return self.control()["hangs"]

    def uploads(self):
        return self.control()["uploads"]

    def log(self, **wanted):
        lines = [json.loads(line) for line in self.log_path.read_text().splitlines()]
        return [line for line in lines if all(line.get(k) == v for k, v in wanted.items())]

    def close(self):
        self.process.stdin.close()
        self.process.terminate()
        self.process.wait(10)


def without_hidden(objects):
    return {key.removeprefix("pre/"): value for key, value in objects.items()
            if not key.rpartition("/")[2].startswith(".")}


@pytest.fixture
def make_s3(tmp_path):
    servers = []

    def make(**scenario):
        servers.append(S3Server(tmp_path / f"s3-{len(servers)}", **scenario))
        return servers[-1]
    yield make
    for server in servers:
        server.close()


@pytest.fixture
def make_bucket(make_s3):
    """A bucket for tests without faults: of a real server where REELTALLY_TEST_S3 names one."""
    real = []

    def make():
        if "REELTALLY_TEST_S3" not in os.environ:
            return make_s3()
        real.append(RealBucket())
        return real[-1]
    yield make
    for bucket in real:
        bucket.close()
