"""The test gateway's lists for a user, as gateway.md G12, G13 and the captures have them.

A scenario's "user" is {"token": T, "id": N, "needs_id": BOOL, "error": ERROR of all its lists, "refusal": TEXT of a 200 that
refuses, "listed": LISTED, "log": [ROW, ...], "flaky": N: each Nth request is a 500}. Without it these lists do not exist.
LISTED is {"tasks": [ID, ...] newest first, or "count": N and "prefix": P; "submitted_ago": seconds of the newest, each next
one is "apart" seconds older; "arriving", "leaving": as many tasks come or go in front with each of the first "moves" requests; "platform": {ID: P};
"shape": a body instead of a page; "page_size": a largest one below 100}.
A ROW is a row of the log without `id` and `user_id`, the oldest first.
"""
import json
import urllib.parse

UNAUTHORISED = {"code": "AUTH_UNAUTHORIZED", "message": "Unauthorized, invalid access token", "success": False}
NO_USER = {"message": "Unauthorized, New-Api-User header not provided", "success": False}


class UserApi:
    def __init__(self, gateway, user):
        self.gateway, self.user = gateway, user
        self.requests = 0

    def answer(self, path, query, headers):
        """(status, body) of a list; None: there is no such list."""
        if path not in ("/api/task/self", "/api/log/self"):
            return None
        if headers.get("authorization") != f"Bearer {self.user['token']}":
            return 401, UNAUTHORISED
        if self.user.get("needs_id", True) and headers.get("new-api-user") != str(self.user["id"]):
            return 401, NO_USER
        if "refusal" in self.user:
            return 200, {"success": False, "message": self.user["refusal"]}
        self.requests += 1
        if self.requests % self.user.get("flaky", self.requests + 1) == 0:
            return 500, {"success": False, "message": "db"}
        wanted = {k: v[0] for k, v in urllib.parse.parse_qs(query).items()}
        if path == "/api/task/self":
            return self.tasks(wanted)
        return self.log(wanted)

    @staticmethod
    def page(wanted, entries, item_of, size_max=100):
        number, size = max(int(wanted.get("p", 1)), 1), min(int(wanted.get("page_size", 10)), size_max)
        shown = entries[(number - 1) * size:number * size]
        return 200, {"data": {"page": number, "page_size": size, "total": len(entries), "items": [item_of(e) for e in shown]},
                     "message": "", "success": True}

    @staticmethod
    def in_time(wanted, at):
        return int(wanted.get("start_timestamp", 0)) <= at <= int(wanted.get("end_timestamp", 2**62))

    # ---- tasks

    def listed(self):
        """(ID, submit time), newest first."""
        spec, now = self.user.get("listed", {}), self.gateway.now()
        ids = spec.get("tasks") or [f"{spec.get('prefix', 'listed-')}{n}" for n in range(spec.get("count", 0), 0, -1)]
        newest = now - spec.get("submitted_ago", 100)
        entries = [(task_id, newest - n * spec.get("apart", 1)) for n, task_id in enumerate(ids)]
        moved = min(self.requests - 1, spec.get("moves", 5))
        arrived = [(f"new-{n}", newest) for n in range(moved * spec.get("arriving", 0), 0, -1)]
        return arrived + entries[moved * spec.get("leaving", 0):]

    def item(self, entry):
        """The object of envelope A, with the fields of a stock build around it."""
        task_id, at = entry
        plan = self.gateway.plan(task_id) or {}
        step = self.gateway.step(task_id, plan)
        body = self.gateway.body_of(task_id, plan, step)
        task = body.get("data") if isinstance(body.get("data"), dict) and "submit_time" in body["data"] else body
        platform = self.user["listed"].get("platform", {}).get(task_id, "17")
        return {"id": 1, "created_at": at, "updated_at": at, "platform": platform, "user_id": self.user["id"], "group": "default",
                "channel_id": 0, "quota": 0, **task, "submit_time": at}

    def tasks(self, wanted):
        spec = self.user.get("listed", {})
        if "shape" in spec:
            return 200, spec["shape"]
        entries = [e for e in self.listed() if self.in_time(wanted, e[1])]
        return self.page(wanted, entries, self.item, spec.get("page_size", 100))

    # ---- log

    def log(self, wanted):
        kind = int(wanted.get("type", 0))
        rows = [row for row in reversed(self.user.get("log", []))
                if self.in_time(wanted, row["created_at"]) and kind in (0, row["type"])]
        number = (max(int(wanted.get("p", 1)), 1) - 1) * int(wanted.get("page_size", 10))

        def row_of(row):
            nonlocal number
            number += 1  # a number on the page, never the task's
            other = row.get("other", {})
            return {"id": number, "user_id": self.user["id"], "content": "", "username": "alice", "token_name": "main",
                    "model_name": "m", "prompt_tokens": 0, "completion_tokens": 0, "use_time": 0, "is_stream": False,
                    "channel": 7, "channel_name": "", "token_id": 1, "group": "default", "ip": "", "request_id": "",
                    **row, "other": json.dumps(other, separators=(",", ":")) if isinstance(other, dict) else other}
        return self.page(wanted, rows, row_of)
