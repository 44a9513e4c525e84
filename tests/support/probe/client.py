#!/usr/bin/python3
"""What one would write in Python for this job, for tools/bench to compare with: aiohttp asks, a task of the loop writes answers
and tasks to SQLite in transactions. Usage: client.py IDS.csv BASE_URL LEDGER IN_FLIGHT"""
import asyncio
import csv
import json
import sqlite3
import sys

import aiohttp

BATCH_MAX = 500


async def ask(session, base, tasks, answers):
    for task in tasks:
        async with session.get(f"{base}/v1/video/generations/{task}", headers={"Authorization": "Bearer probe"}) as response:
            response.raise_for_status()
            body = await response.read()
        await answers.put((task, body, json.loads(body)["data"]))


async def write(db, answers):
    while (first := await answers.get()) is not None:
        batch = [first]
        while len(batch) < BATCH_MAX and not answers.empty():
            if (one := answers.get_nowait()) is None:
                answers.put_nowait(None)
                break
            batch.append(one)
        with db:
            db.executemany("INSERT INTO task VALUES (?, ?, ?, ?)",
                           [(task, data["status"], data["finish_time"], data["data"]["usage"]["duration"])
                            for task, _, data in batch])
            db.executemany("INSERT INTO snapshot (task_id, body) VALUES (?, ?)", [(task, body) for task, body, _ in batch])


async def main(ids, base, ledger, in_flight):
    db = sqlite3.connect(ledger)
    db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                     "CREATE TABLE task (task_id TEXT PRIMARY KEY, state TEXT, finished INTEGER, seconds INTEGER);"
                     "CREATE TABLE snapshot (id INTEGER PRIMARY KEY, task_id TEXT, body BLOB)")
    answers = asyncio.Queue(4096)
    with open(ids, newline="") as file:
        tasks = (row["task_id"] for row in csv.DictReader(file))
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=in_flight)) as session:
            writer = asyncio.create_task(write(db, answers))
            await asyncio.gather(*(ask(session, base, tasks, answers) for _ in range(in_flight)))
            await answers.put(None)
            await writer
    db.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
