#!/usr/bin/env python3
"""Writes a demo's input: a CSV and the scenario that the test gateway plays.

Usage: demo.py [fleet] CSV SCENARIO [SMALL_CSV]
240 mixed tasks with failures and faults; with `fleet` 600 tasks that all succeed, each in its own time. SMALL_CSV gets ten
more tasks, which succeed without a fault.
"""
import json
import random
import sys

VENDORS = ["happyhorse", "wan", "seedance", "ultra", "kling", "vidu", "minimax", "hailuo", "jimeng", "sora", "veo",
           "nested", "envelope_c", "envelope_d", "envelope_e", "envelope_f"]
MODELS = {"happyhorse": "happyhorse-1.0-t2v", "wan": "wan2.5-t2v", "kling": "kling-v3", "vidu": "vidu-q2",
          "minimax": "minimax-h3", "hailuo": "hailuo-02", "jimeng": "jimeng-3.0", "sora": "sora-2", "veo": "veo-3",
          "ultra": "doubao-seedance-2-0-ultra", "seedance": "doubao-seedance-2-0"}
# Each of these heals with the next try.
ANSWER_FAULTS = ["500", "reset", "429:1", "truncated", "other", "portal", "odd_status", "502", "short", "reset_mid", "204",
                 "gzip_bomb", "deep", "duplicate_keys"]
VIDEO_FAULTS = ["cut", "html", "500", "bad_crc", "short", "429", "xml", "half", "bad_md5", "reset", "empty", "disposition"]


def plan_of(number, random):
    vendor = VENDORS[number % len(VENDORS)]
    plan = {"vendor": vendor, "video": {"size": 6000 + random.randrange(40000)}}
    if number % 11 == 3 and vendor != "veo":  # which is asked once a minute at most
        plan["polls"] = ["NOT_START", "IN_PROGRESS", "success"]
    if number % 13 == 5:
        plan["polls"] = ["failure"]
    if number % 17 == 7:
        plan["polls"] = [ANSWER_FAULTS[number // 17 % len(ANSWER_FAULTS)], "success"]
    if number % 19 == 9:
        plan["video"]["faults"] = [VIDEO_FAULTS[number // 19 % len(VIDEO_FAULTS)]]
    if number % 60 == 21:
        plan["polls"] = ["400"]
    if number % 80 == 33:
        plan["video"]["life"] = -3600
    if number % 160 == 63:
        plan["content"] = "none"  # an envelope F: a success without a link, and no copy at the gateway
    return plan


def small(generator):
    tasks, rows = {}, ["task_id,customer"]
    for number in range(10):
        task_id = f"asyntask_{generator.getrandbits(128):032x}"
        tasks[task_id] = {"vendor": VENDORS[number], "polls": ["IN_PROGRESS"] * (number % 2) + ["success"],
                          "video": {"size": 40000 + generator.randrange(40000)}}
        rows.append(f"{task_id},{['acme', 'globex'][number % 2]}")
    return tasks, rows


def fleet(generator):
    tasks, rows = {}, ["task_id,customer"]
    for number in range(600):
        task_id = f"asyntask_{generator.getrandbits(128):032x}"
        tasks[task_id] = {"polls": ["IN_PROGRESS"] * (number % 3) + ["success"],
                          "video": {"size": 6000 + generator.randrange(40000)}}
        rows.append(f"{task_id},{['acme', 'globex', 'initech'][number % 3]}")
    return tasks, rows


def mixed(generator):
    tasks, rows = {}, ["task_id,model,customer,project"]
    for number in range(240):
        digits = f"{generator.getrandbits(128):032x}"
        vendor = VENDORS[number % len(VENDORS)]
        task_id = {"kling": str(860260753860210752 + number), "sora": f"sora-2:task_{digits}"}.get(vendor, "asyntask_" + digits)
        tasks[task_id] = plan_of(number, generator)
        rows.append(f"{task_id},{MODELS.get(vendor, '')},{['acme', 'globex', 'initech'][number % 3]},p{number % 5}")
    rows += ["8.60E+17,kling-v3,acme,p1", ",,globex,p2"]
    return tasks, rows


def write_list(path, rows):
    with open(path, "w") as f:
        f.write("\n".join(rows) + "\n")


def main():
    arguments = sys.argv[1:]
    kind = fleet if arguments[0] == "fleet" else mixed
    csv_path, scenario_path, *small_path = arguments[1:] if kind is fleet else arguments
    tasks, rows = kind(random.Random(20260601))
    write_list(csv_path, rows)
    for path in small_path:
        more, rows = small(random.Random(20260602))
        tasks |= more
        write_list(path, rows)
    with open(scenario_path, "w") as f:
        json.dump({"key": "demo-key", "latency_ms": 20, "jitter_ms": 15, "tasks": tasks}, f)


if __name__ == "__main__":
    main()
