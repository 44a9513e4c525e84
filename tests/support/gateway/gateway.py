#!/usr/bin/env python3
"""A real HTTP server that plays the gateway and the storage hosts, on loopback only.

Usage: gateway.py --scenario FILE.json [--log FILE.jsonl] [--lifetime SECONDS]

Prints one JSON line with its ports when it is ready: {"api": PORT, "storage": PORT}. The storage
host has its own port, so that a key that leaks to it is noticed. Ends at SIGTERM, when standard
input closes (if it is a pipe), and after its lifetime.

A scenario is {"key": "...", "default": PLAN, "tasks": {ID: PLAN}, "rules": [[PREFIX, PLAN], ...],
"latency_ms": N, "jitter_ms": N, "faults": {"every": N, "kind": KIND}, "rate": N, "burst": [FIRST, COUNT, KIND],
"usage": FIELDS of the answer about the key, or an ERROR; without it that endpoint does not exist,
"user": lists for a user access token, see user_api.py}.
A PLAN is {"vendor": V, "polls": [STEP, ...], "video": {"size": N, "life": SECONDS, "faults": [...]}, "finished_ago":
SECONDS, "quota": [N, ...], "fields": what replaces fields of envelope A's object}.
A STEP is a status word, "success", "failure", a name of answers.ERRORS, "401:", "429:RETRY_AFTER", or one of
the KINDs of raw faults below; the last one is repeated for ever. Each request of a video uses the next of its
faults, then none: see StorageFaults.
"""
import argparse
import asyncio
import base64
import calendar
import functools
import hashlib
import json
import os
import random
import signal
import socket
import struct
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import answers  # noqa: E402
import user_api  # noqa: E402

TINY = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "data", "tiny.mp4"), "rb").read()
REASONS = {200: "OK", 204: "No Content", 206: "Partial Content", 302: "Found", 400: "Bad Request",
           401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 416: "Range Not Satisfiable",
           429: "Too Many Requests", 500: "Internal Server Error", 502: "Bad Gateway",
           503: "Service Unavailable", 504: "Gateway Timeout"}


@functools.lru_cache(maxsize=None)
def crc64_table():
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0xC96C5795D7870F42 if crc & 1 else 0)
        table.append(crc)
    return table


def crc64(data):
    """CRC-64/XZ, as OSS and TOS send it."""
    table, crc = crc64_table(), 0xFFFFFFFFFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFFFFFFFFFF


@functools.lru_cache(maxsize=512)
def video(seed, size):
    """A playable MP4 of about `size` bytes, different for each seed: the clip and a free box."""
    padding = max(size - len(TINY) - 8, 32)
    filler = hashlib.sha256(seed.encode()).digest()
    filler = (filler * (padding // len(filler) + 1))[:padding]
    data = TINY + struct.pack(">I", padding + 8) + b"free" + filler
    # CRC-64 in Python is slow: large files go without it.
    return data, crc64(data) if size <= 65536 else None, hashlib.sha256(data).hexdigest()


class Gateway:
    def __init__(self, scenario, log):
        self.scenario = scenario
        self.log = log
        self.polls = {}
        self.fetches = {}
        self.requests = 0
        self.connections = 0
        self.offset = 0.0  # of the servers' clock
        self.random = random.Random(scenario.get("seed", 1))
        self.window = []
        self.api_port = self.storage_port = 0
        self.user_api = user_api.UserApi(self, scenario["user"]) if "user" in scenario else None

    # ---- scenario

    def plan(self, task_id):
        """The task's plan; None when the gateway knows no such task."""
        plan = self.scenario.get("tasks", {}).get(task_id)
        if plan is None:
            for prefix, rule in self.scenario.get("rules", []):
                if task_id.startswith(prefix):
                    plan = rule
                    break
        if plan is None and "default" not in self.scenario:
            return None
        return dict(self.scenario.get("default", {}), **(plan or {}))

    def now(self):
        return int(time.time() + self.offset)

    def note(self, **what):
        if self.log:
            self.log.write(json.dumps(dict(what, t=time.time())) + "\n")
            self.log.flush()

    # ---- signed links

    def link(self, task_id, plan, family, index, now):
        if family is None:
            return f"http://127.0.0.1:{self.api_port}/v1/videos/{urllib.parse.quote(task_id, safe='')}/content"
        life = plan.get("video", {}).get("life", 86400)
        finished = now - 14
        # A terminal task is never polled again: its link stays the same (gateway.md T24).
        born = self.fetches.setdefault(("born", task_id), finished)
        if plan.get("video", {}).get("fresh_links"):
            born = finished + self.polls.get(task_id, 0)
        if life < 0:  # a link that died so long ago
            born, life = born - 86400 + life, 86400
        expires = born + life
        path = f"/{family}/{urllib.parse.quote(task_id, safe='')}/{index}.mp4"
        base = f"http://127.0.0.1:{self.storage_port}{path}"
        signature = urllib.parse.quote(base64.b64encode(hashlib.sha1(f"{task_id}{index}{expires}".encode()).digest()), safe="")
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(born))
        return base + {
            "oss1": f"?Expires={expires}&OSSAccessKeyId=EXAMPLE&Signature={signature}",
            "oss2": f"?x-oss-signature-version=OSS2&x-oss-expires={expires}&x-oss-signature={signature}",
            "oss4": f"?x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-date={stamp}&x-oss-expires={life}&x-oss-signature={signature}",
            "tos": f"?X-Tos-Algorithm=TOS4-HMAC-SHA256&X-Tos-Date={stamp}&X-Tos-Expires={life}&X-Tos-SignedHeaders=host&X-Tos-Signature={signature}",
            "s3v4": f"?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={stamp}&X-Amz-Expires={life}&X-Amz-Signature={signature}",
            "s3v2": f"?AWSAccessKeyId=EXAMPLE&Expires={expires}&Signature={signature}",
            "kling": f"?ksTime={expires:x}&sig={signature}",
        }[family]

    @staticmethod
    def expiry(query):
        if "Expires" in query:
            return int(query["Expires"])
        if "ksTime" in query:
            return int(query["ksTime"], 16)
        if query.get("x-oss-signature-version") == "OSS2":
            return int(query["x-oss-expires"])
        for date, life in (("x-oss-date", "x-oss-expires"), ("X-Tos-Date", "X-Tos-Expires"), ("X-Amz-Date", "X-Amz-Expires")):
            if date in query:
                return calendar.timegm(time.strptime(query[date], "%Y%m%dT%H%M%SZ")) + int(query[life])
        return None

    # ---- answers to queries

    def step(self, task_id, plan):
        count = self.polls[task_id] = self.polls.get(task_id, 0) + 1
        polls = plan.get("polls", ["success"])
        return polls[min(count, len(polls)) - 1]

    def body_of(self, task_id, plan, step):
        body = self.plain_body_of(task_id, plan, step)
        if "fields" in plan:
            body["data"].update(plan["fields"])
        return body

    def plain_body_of(self, task_id, plan, step):
        vendor, now = plan.get("vendor", "happyhorse"), self.now()
        if step in ("success", "failure"):  # an end does not move: each answer tells the times of the first one
            now = self.fetches.setdefault(("end", task_id, step), now)
        if step == "failure":
            return answers.failure(vendor, task_id, now)
        if step == "other":
            return answers.happyhorse("somebody-else", now, "http://127.0.0.1:1/x.mp4")
        if step != "success":
            return answers.unfinished(vendor, task_id, now, step)
        family, make = answers.SUCCESS[vendor]
        url = plan.get("url") or self.link(task_id, plan, family, 1, self.now())
        more = [self.link(task_id, plan, family, 2, self.now())] if vendor in ("kling", "ultra") else []
        body = make(task_id, now, url, *more)
        if "finished_ago" in plan:
            finish = now - plan["finished_ago"]
            body["data"].update(finish_time=finish, submit_time=finish - 100, start_time=finish - 90)
        if "quota" in plan:  # one for each poll, the last one for ever
            body["data"]["quota"] = plan["quota"][min(self.polls[task_id], len(plan["quota"])) - 1]
        return body

    def over_rate(self):
        rate = self.scenario.get("rate")
        if not rate:
            return False
        now = time.monotonic()
        self.window = [t for t in self.window if now - t < 1]
        self.window.append(now)
        return len(self.window) > rate

    def chosen_step(self, task_id, plan):
        first, count, kind = self.scenario.get("burst", [0, 0, ""])
        if first <= self.requests < first + count:
            return kind
        faults = self.scenario.get("faults")
        if faults and self.requests % faults["every"] == 0:
            return faults["kind"]
        if self.over_rate():
            return "429"
        return self.step(task_id, plan)


class Connection(asyncio.Protocol):
    """One client connection; HTTP/1.1 with keep-alive, written by hand to control every byte."""

    def __init__(self, gateway, is_storage):
        self.gateway, self.is_storage = gateway, is_storage
        self.data = b""
        self.busy = False

    def connection_made(self, transport):
        self.transport = transport
        self.gateway.connections += 1
        self.number = self.gateway.connections
        self.gateway.note(event="open", connection=self.number, storage=self.is_storage)

    def data_received(self, data):
        self.data += data
        if not self.busy and b"\r\n\r\n" in self.data:
            head, self.data = self.data.split(b"\r\n\r\n", 1)
            self.busy = True
            self.handle(head.decode("latin-1"))

    def handle(self, head):
        lines = head.split("\r\n")
        method, target, _ = lines[0].split(" ", 2)
        headers = {k.strip().lower(): v.strip() for k, v in (line.split(":", 1) for line in lines[1:] if ":" in line)}
        path, _, query = target.partition("?")
        self.request = {"method": method, "path": path, "query": query, "headers": headers, "target": target}
        self.gateway.requests += 0 if self.is_storage else 1
        latency = self.gateway.scenario.get("latency_ms", 0) / 1000
        jitter = self.gateway.scenario.get("jitter_ms", 0) / 1000
        if latency:
            delay = max(0, latency + self.gateway.random.uniform(-jitter, jitter))
            asyncio.get_running_loop().call_later(delay, self.respond)
        else:
            self.respond()

    def respond(self):
        try:
            if self.is_storage:
                self.storage()
            else:
                self.api()
        except Exception as error:  # a mistake in a scenario must be seen, not time out
            self.send(500, f"test gateway: {error!r}".encode())
            raise

    # ---- writing

    def send(self, status, body=b"", headers=(), kind="application/json", close=False, length=None, send=None):
        head = [f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}", f"Content-Type: {kind}",
                "Date: " + time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(self.gateway.now()))]
        if not self.is_storage:
            head.append(f"X-Oneapi-Request-Id: {self.gateway.requests:014}")
        if status != 204:
            head.append(f"Content-Length: {len(body) if length is None else length}")
        head += [f"{k}: {v}" for k, v in headers]
        sent = body if send is None else body[:send]
        self.log_request(status, len(sent), None if self.is_storage else hashlib.sha256(sent).hexdigest())
        if not self.transport.is_closing():
            self.transport.write("\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + sent)
        self.done(close)

    def raw(self, data, close=True, status=0):
        self.log_request(status, len(data))
        self.transport.write(data)
        self.done(close)

    def done(self, close):
        if close:
            self.transport.close()
        self.busy = False
        if b"\r\n\r\n" in self.data:
            asyncio.get_running_loop().call_soon(self.data_received, b"")

    def reset(self):
        self.log_request(0, 0)
        sock = self.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def log_request(self, status, sent, sha256=None):
        r = self.request
        self.gateway.note(event="request", storage=self.is_storage, connection=self.number, method=r["method"],
                          path=r["path"], query=r["query"], status=status, sent=sent, sha256=sha256, object=r.get("object"),
                          authorization=r["headers"].get("authorization"), user=r["headers"].get("new-api-user"), range=r["headers"].get("range"),
                          if_range=r["headers"].get("if-range"), agent=r["headers"].get("user-agent"))

    # ---- the gateway

    def api(self):
        path, gateway = self.request["path"], self.gateway
        if path == "/control/clock":
            gateway.offset = float(self.request["query"])
            return self.send(200, b"{}")
        if path == "/control/stats":
            return self.send(200, json.dumps({"requests": gateway.requests, "connections": gateway.connections}).encode())
        if gateway.user_api and (listed := gateway.user_api.answer(path, self.request["query"], self.request["headers"])):
            status, body = listed
            return self.send(status, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())
        if self.request["headers"].get("authorization") != f"Bearer {gateway.scenario.get('key', 'test-key')}":
            return self.error("401")
        if path.startswith("/v1/videos/") and path.endswith("/content"):
            return self.content(urllib.parse.unquote(path[len("/v1/videos/"):-len("/content")]))
        if path == "/api/usage/token/" and "usage" in gateway.scenario:
            return self.key_usage(gateway.scenario["usage"])
        prefix = "/v1/video/generations/"
        if not path.startswith(prefix) or "/" in path[len(prefix):] or path == prefix:
            return self.error("404url")
        task_id = urllib.parse.unquote(path[len(prefix):])
        plan = gateway.plan(task_id)
        if plan is None:
            return self.error("400")
        step = gateway.chosen_step(task_id, plan)
        name, _, detail = step.partition(":")
        if name in answers.ERRORS:
            return self.error(name, detail)
        fault = getattr(self, "fault_" + name, None)
        if fault:
            return fault(task_id, plan)
        body = json.dumps(gateway.body_of(task_id, plan, step), ensure_ascii=False, separators=(",", ":")).encode()
        self.send(200, body)

    def key_usage(self, usage):
        """An error by name, or the fields in which the key's standing differs from a good one's."""
        if isinstance(usage, str):
            return self.error(usage)
        data = {"expires_at": 0, "model_limits": {}, "model_limits_enabled": False, "name": "main", "object": "token_usage",
                "total_available": 500000, "total_granted": 900000, "total_used": 400000, "unlimited_quota": False}
        self.send(200, json.dumps({"code": True, "data": dict(data, **usage), "message": "ok"}).encode())

    def error(self, name, detail=""):
        status, body = answers.ERRORS[name]
        headers = [("Retry-After", detail)] if detail else []
        if isinstance(body, str):
            return self.send(status, body.encode(), headers, kind="text/html")
        self.send(status, b"" if body is None else json.dumps(body, ensure_ascii=False).encode(), headers)

    def good_body(self, task_id, plan):
        return json.dumps(self.gateway.body_of(task_id, plan, "success")).encode()

    # Raw faults of the API (design.md, H2 to H18).
    def fault_reset(self, *_): self.reset()

    def fault_reset_mid(self, task_id, plan):
        body = self.good_body(task_id, plan)
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:50])
        asyncio.get_running_loop().call_later(0.05, self.reset)

    def fault_stall(self, *_): self.log_request(0, 0)

    def fault_loris(self, task_id, plan):
        body = self.good_body(task_id, plan)
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
        self.log_request(200, 0)

        def drip(position):
            if position < len(body) and not self.transport.is_closing():
                self.transport.write(body[position:position + 1])
                asyncio.get_running_loop().call_later(0.2, drip, position + 1)
        drip(0)

    def fault_truncated(self, task_id, plan): self.send(200, self.good_body(task_id, plan)[:100])

    def fault_short(self, task_id, plan):
        body = self.good_body(task_id, plan)
        self.send(200, body, length=len(body) + 500, close=True)

    def fault_long(self, task_id, plan):
        self.send(200, self.good_body(task_id, plan), length=20, close=True)

    def fault_two_lengths(self, *_): self.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 9\r\n\r\nhello")
    def fault_negative_length(self, *_): self.raw(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello")
    def fault_nul_header(self, *_): self.raw(b"HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 2\r\n\r\n{}")
    def fault_http09(self, *_): self.raw(b"garbage without a head\r\n")
    def fault_bad_chunk(self, *_): self.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nZZ\r\nx\r\n")
    def fault_cut_chunk(self, *_): self.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nwo")
    def fault_header_flood(self, *_): self.raw(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (i, b"a" * 1000) for i in range(1000)))

    def fault_gzip_bomb(self, *_):
        import gzip
        self.send(200, gzip.compress(b"\0" * 50_000_000), [("Content-Encoding", "gzip")])

    def fault_endless(self, *_):
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[")
        self.log_request(200, 0)

        def more(left):
            if left and not self.transport.is_closing():
                self.transport.write(b'"x",' * 16384)
                asyncio.get_running_loop().call_later(0.001, more, left - 1)
            else:
                self.transport.close()
        more(400)

    def fault_redirect(self, *_): self.send(302, headers=[("Location", f"http://127.0.0.1:{self.gateway.storage_port}/stolen")])
    def fault_redirect_file(self, *_): self.send(302, headers=[("Location", "file:///etc/passwd")])
    def fault_redirect_meta(self, *_): self.send(302, headers=[("Location", "http://169.254.169.254/latest")])
    def fault_close(self, task_id, plan): self.send(200, self.good_body(task_id, plan), [("Connection", "close")], close=True)

    # Hostile JSON (H16).
    def json_fault(self, body): self.send(200, body)
    def fault_deep(self, *_): self.json_fault(b"[" * 100000)
    def fault_duplicate_keys(self, *_): self.json_fault(b'{"code":"success","code":"success","data":{}}')
    def fault_big_number(self, *_): self.json_fault(b'{"code":"success","data":{"status":"SUCCESS","x":1e999}}')
    def fault_lone_surrogate(self, *_): self.json_fault(b'{"code":"success","data":{"status":"\\ud800"}}')
    def fault_latin1(self, *_): self.json_fault(b'{"code":"success","data":{"status":"\xe9"}}')
    def fault_odd_status(self, task_id, plan): self.json_fault(json.dumps(self.gateway.body_of(task_id, plan, "TELEPORTING")).encode())
    def fault_odd_success(self, task_id, plan):
        self.json_fault(json.dumps(self.gateway.body_of(task_id, plan, "success")).replace('"SUCCESS"', '"done"').encode())
    def fault_bad_token(self, task_id, _):
        self.json_fault(b'{"code":"success","data":{"task_id":"%s","status":"SUCCESS","data":{"usage":{"n":nan}}}}' % task_id.encode())
    def fault_odd_shape(self, *_): self.json_fault(b'{"hello":"world"}')

    # ---- the content endpoint and the storage hosts

    def content(self, task_id):
        plan = self.gateway.plan(task_id)
        mode = "none" if plan is None else plan.get("content", "bytes")
        if mode == "none":
            return self.send(404, b'{"error":{"message":"Task not found","type":"invalid_request_error"}}')
        if mode == "json":
            url = self.gateway.link(task_id, plan, "oss1", 1, self.gateway.now())
            return self.send(200, json.dumps({"id": task_id, "url": url}).encode())
        if mode in ("to", "names"):  # plan["elsewhere"], by a redirect or in JSON
            url = plan["elsewhere"]
            return self.send(302, headers=[("Location", url)]) if mode == "to" else self.send(200, json.dumps({"url": url}).encode())
        if mode == "redirect":
            return self.send(302, headers=[("Location", self.gateway.link(task_id, plan, "oss1", 1, self.gateway.now()))])
        self.file(task_id, plan, 1, "gateway")

    def storage(self):
        parts = self.request["path"].split("/")
        if len(parts) != 4 or not parts[3].endswith(".mp4"):
            return self.send(404, b"<Error><Code>NoSuchKey</Code></Error>", kind="application/xml")
        family, task_id, index = parts[1], urllib.parse.unquote(parts[2]), int(parts[3][:-4])
        query = dict(urllib.parse.parse_qsl(self.request["query"]))
        expiry = self.gateway.expiry(query)
        if expiry is None or self.gateway.now() > expiry:
            return self.expired(family, expiry)
        self.file(task_id, self.gateway.plan(task_id) or {}, index, family)

    def expired(self, family, expiry):
        if family == "tos":
            return self.send(403, json.dumps({"Error": {"Code": "AccessDenied", "RequestId": "1", "HostId": "h",
                                                        "Message": "Request has expired", "EC": "0002-00000069"}}).encode(),
                             [("x-tos-ec", "0002-00000069")])
        body = (f"<Error><Code>AccessDenied</Code><Message>Request has expired.</Message><Expires>{expiry}</Expires>"
                "<EC>0002-00000069</EC></Error>").encode()
        self.send(403, body, [("x-oss-ec", "0002-00000069")], kind="application/xml")

    def file(self, task_id, plan, index, family):
        spec = plan.get("video", {})
        data, crc, self.request["object"] = video(f"{spec.get('seed', task_id)}-{index}", spec.get("size", 20000))
        key = ("fetch", task_id, index)
        count = self.gateway.fetches[key] = self.gateway.fetches.get(key, 0) + 1
        faults = spec.get("faults", [])
        fault = faults[count - 1] if count <= len(faults) else spec.get("always")
        etag = '"' + hashlib.md5(data).hexdigest().upper() + '"'
        headers = [("ETag", etag), ("Accept-Ranges", "bytes")]
        if crc is not None and family in ("oss1", "oss2", "oss4", "tos"):
            headers.append(("x-tos-hash-crc64ecma" if family == "tos" else "x-oss-hash-crc64ecma", str(crc)))
        if fault:
            return getattr(self, "storage_" + fault)(data, headers, etag)
        self.serve(data, headers, etag, family)

    def serve(self, data, headers, etag, family="oss1"):
        wanted = self.request["headers"].get("range", "")
        if_range = self.request["headers"].get("if-range", etag)
        first = int(wanted[6:].split("-")[0]) if wanted.startswith("bytes=") else 0
        if wanted and if_range == etag and first < len(data):
            headers = headers + [("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")]
            return self.send(206, data[first:], headers, kind="video/mp4")
        # OSS answers a range outside the object with the whole object (gateway.md T25).
        if not wanted:
            headers = headers + [("Content-MD5", base64.b64encode(hashlib.md5(data).digest()).decode())]
        self.send(200, data, headers, kind="video/mp4")

    # Faults of a video (design.md, D1 to D11).
    def storage_denied(self, *_): self.send(403, b"<Error><Code>AccessDenied</Code></Error>", kind="application/xml")
    def storage_gone(self, *_): self.send(404, b"<Error><Code>NoSuchKey</Code></Error>", kind="application/xml")
    def storage_500(self, *_): self.send(500, b"oops", kind="text/plain")
    def storage_429(self, *_): self.send(429, b"", [("Retry-After", "1")])
    def storage_reset(self, *_): self.reset()
    def storage_html(self, *_): self.send(200, b"<html>sorry</html>", kind="video/mp4")
    def storage_xml(self, *_): self.send(200, b"<?xml version='1.0'?><Error/>", kind="video/mp4")
    def storage_empty(self, *_): self.send(200, b"", kind="video/mp4")
    def storage_half(self, data, headers, etag): self.send(200, data[:len(data) // 2], headers[:2], kind="video/mp4")
    def storage_short(self, data, headers, etag): self.send(200, data, headers, kind="video/mp4", send=len(data) // 2, close=True)
    def storage_bad_crc(self, data, headers, etag): self.send(200, data, headers[:2] + [("x-oss-hash-crc64ecma", "12345")], kind="video/mp4")
    def storage_bad_md5(self, data, headers, etag): self.send(200, data, headers[:2] + [("Content-MD5", base64.b64encode(b"0" * 16).decode())], kind="video/mp4")
    def storage_stall(self, data, headers, etag):
        self.transport.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(data)}\r\nETag: {etag}\r\n\r\n".encode() + data[:100])
        self.log_request(200, 100)

    def storage_cut(self, data, headers, etag):
        """Half the bytes, then a reset: what a later request may resume."""
        self.transport.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(data)}\r\nETag: {etag}\r\n\r\n".encode() + data[:len(data) // 2])
        self.log_request(200, len(data) // 2)
        asyncio.get_running_loop().call_later(0.1, self.transport.close)

    def storage_no_range(self, data, headers, etag): self.send(200, data, headers, kind="video/mp4")
    def storage_wrong_range(self, data, headers, etag):
        self.send(206, data[10:], headers + [("Content-Range", f"bytes 10-{len(data) - 1}/{len(data)}")], kind="video/mp4")

    def storage_other_etag(self, data, headers, etag):
        first = int(self.request["headers"].get("range", "bytes=0-")[6:].split("-")[0])
        self.send(206, data[first:], [("ETag", '"changed"'), ("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")], kind="video/mp4")

    def storage_416(self, data, headers, etag): self.send(416, b"", [("Content-Range", f"bytes */{len(data)}")])
    def storage_huge(self, data, headers, etag): self.send(200, data, length=10 * 2**30, kind="video/mp4", close=True)

    def storage_endless(self, *_):
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n\r\n" + TINY)
        self.log_request(200, 0)

        def more(left):
            if left and not self.transport.is_closing():
                self.transport.write(b"\0" * 65536)
                asyncio.get_running_loop().call_later(0.001, more, left - 1)
            else:
                self.transport.close()
        more(2000)

    def storage_to_file(self, *_): self.send(302, headers=[("Location", "file:///etc/passwd")])
    def storage_to_meta(self, *_): self.send(302, headers=[("Location", "http://169.254.169.254/latest")])
    def storage_loop(self, *_): self.send(302, headers=[("Location", self.request["target"])])
    def storage_disposition(self, data, headers, etag):
        self.send(200, data, headers + [("Content-Disposition", 'attachment; filename="../../evil.sh"')], kind="video/mp4")


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--scenario", required=True)
    parser.add_argument("--log")
    parser.add_argument("--lifetime", type=float, default=900)
    arguments = parser.parse_args()
    with open(arguments.scenario) as f:
        scenario = json.load(f)
    gateway = Gateway(scenario, open(arguments.log, "a") if arguments.log else None)
    loop = asyncio.get_running_loop()
    stop = loop.create_future()
    end = lambda: stop.done() or stop.set_result(None)  # noqa: E731
    loop.add_signal_handler(signal.SIGTERM, end)
    loop.call_later(arguments.lifetime, end)
    if not sys.stdin.closed and os.isatty(0) is False:
        try:
            loop.add_reader(0, lambda: end() if not os.read(0, 1) else None)
        except (PermissionError, OSError):
            pass  # a file or /dev/null: nothing to wait for
    api = await loop.create_server(lambda: Connection(gateway, False), "127.0.0.1", 0, backlog=2048)
    storage = await loop.create_server(lambda: Connection(gateway, True), "127.0.0.1", 0, backlog=2048)
    gateway.api_port = api.sockets[0].getsockname()[1]
    gateway.storage_port = storage.sockets[0].getsockname()[1]
    print(json.dumps({"api": gateway.api_port, "storage": gateway.storage_port}), flush=True)
    await stop
    api.close()
    storage.close()


if __name__ == "__main__":
    asyncio.run(main())
