"""What the test gateway answers: one body for each vendor, outcome and envelope of gateway.md.

Everything is made from the task ID alone, so that any number of tasks needs no table. Vendors are
the keys of SUCCESS; `url` is the signed link that the caller made.
"""
import hashlib
import json
import time


def digest(task_id, salt=""):
    return hashlib.sha256((salt + task_id).encode()).hexdigest()


def seconds_of(task_id, low, high):
    return low + int(digest(task_id, "seconds")[:8], 16) % (high - low + 1)


# Long enough ago for the quota to be settled (gateway.md G3).
FINISHED_AGO = 70


def times(now):
    return {"submit_time": now - 190, "start_time": now - 186, "finish_time": now - FINISHED_AGO}


def beijing(at):
    """DashScope's own form: UTC+8 without saying so (gateway.md T1)."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at + 8 * 3600)) + ".010"


def envelope_a(task_id, status, now, url, data, action="generate", progress=None, fail_reason="", extra=None):
    final = status in ("SUCCESS", "FAILURE", "FAILED")
    stamp = times(now)
    body = {"task_id": task_id, "action": action, "status": status}
    if url is not None:
        body["result_url"] = url
    body.update(extra or {})
    body.update({
        "fail_reason": fail_reason,
        "submit_time": stamp["submit_time"],
        "start_time": 0 if status == "NOT_START" else stamp["start_time"],
        "finish_time": stamp["finish_time"] if final else 0,
        "progress": progress or ("100%" if final else "0%" if status == "NOT_START" else "30%"),
        "request_id": time.strftime("%Y%m%d%H%M%S", time.gmtime(now - 190)) + digest(task_id)[:17],
        "data": data,
    })
    return {"code": "success", "message": "", "data": body}


def dashscope_output(task_id, status, now, url=None, **more):
    output = {"task_id": digest(task_id, "up")[:32], "task_status": status}
    if url:
        output["video_url"] = url
    output.update(more)
    output.update({"submit_time": beijing(now - 190), "end_time": beijing(now - FINISHED_AGO - 4)})
    return {"output": output, "request_id": digest(task_id, "rq")[:32]}


def happyhorse(task_id, now, url):
    seconds = seconds_of(task_id, 3, 15)
    data = dashscope_output(task_id, "SUCCEEDED", now, url, orig_prompt="a paper boat")
    data["usage"] = {"SR": 1080, "duration": seconds, "input_video_duration": 0,
                     "output_video_duration": seconds, "ratio": "9:16", "video_count": 1}
    return envelope_a(task_id, "SUCCESS", now, url, data, fail_reason=url)


def wan_old(task_id, now, url):
    data = dashscope_output(task_id, "SUCCEEDED", now, url)
    data["usage"] = json.dumps({"video_duration": 5.0, "video_ratio": "16:9", "video_count": 1, "SR": 720})
    return envelope_a(task_id, "SUCCESS", now, url, data)


def seedance(task_id, now, url, ultra_url=None):
    usage = {"completion_tokens": 108900, "total_tokens": 108900}
    data = {"content": {"video_url": ultra_url or url}, "created_at": now - 190, "duration": 5,
            "framespersecond": 24, "generate_audio": True, "id": "cgt-20260601113340-abcde",
            "model": "doubao-seedance-2-0-260128", "ratio": "16:9", "resolution": "720p", "seed": 7,
            "service_tier": "default", "status": "succeeded", "updated_at": now - 14, "usage": usage}
    extra = {}
    if ultra_url:
        usage["super_resolution_tokens"] = 245025
        data["super_resolution"] = "1080p"
        extra["original_result_url"] = ultra_url
    return envelope_a(task_id, "SUCCESS", now, url, data, action="omniGenerate", extra=extra)


def kling(task_id, now, url, second_url):
    videos = [{"id": "1", "url": url, "duration": "5.041"}, {"id": "2", "url": second_url, "duration": "5.041"}]
    data = {"code": 0, "message": "SUCCEED", "request_id": digest(task_id)[:32], "data": {
        "task_id": task_id, "task_status": "succeed", "task_status_msg": "", "created_at": (now - 190) * 1000 + 161,
        "updated_at": (now - FINISHED_AGO - 4) * 1000 + 496, "final_unit_deduction": "3.6", "task_result": {"videos": videos}}}
    return envelope_a(task_id, "SUCCESS", now, None, data, action="/kling/v1/videos/omni-video_POST")


def vidu(task_id, now, url):
    data = {"state": "success", "credits": 12, "creations": [{"id": "c1", "url": url, "cover_url": url + "&cover=1",
                                                              "watermarked_url": url + "&mark=1"}]}
    return envelope_a(task_id, "SUCCESS", now, url, data)


def minimax(task_id, now, url):
    data = {"task": {"id": "u1", "status": "success", "content": {"url": url}, "resolution": "1080P", "duration": 6,
                     "usage": {"total_seconds": 6, "input_seconds": 0, "output_seconds": 6, "input_image_count": 1}}}
    return envelope_a(task_id, "SUCCESS", now, url, data)


def hailuo(task_id, now, url):
    data = {"task_id": "176843862716480", "status": "Success", "file_id": "176844028768320", "video_width": 1920,
            "video_height": 1080, "base_resp": {"status_code": 0, "status_msg": "success"}}
    return envelope_a(task_id, "SUCCESS", now, url, data)


def jimeng(task_id, now, url):
    data = {"code": 10000, "message": "Success", "time_elapsed": "1.2s",
            "data": {"status": "done", "video_url": url}}
    return envelope_a(task_id, "SUCCESS", now, url, data)


def sora(task_id, now, url):
    data = {"id": task_id, "object": "video", "model": "sora-2", "status": "completed", "progress": 100,
            "created_at": now - 190, "completed_at": now - FINISHED_AGO - 4, "seconds": "12", "size": "1280x720"}
    return envelope_a(task_id, "SUCCESS", now, url, data)


def veo(task_id, now, url):
    return {"code": "success", "message": "", "data": {
        "task_id": task_id, "status": "succeeded", "url": url, "format": "mp4", "metadata": None, "error": None}}


def nested(task_id, now, url):
    inner = happyhorse("inner-" + task_id, now, url)
    return envelope_a(task_id, "SUCCESS", now, url, inner)


def envelope_c(task_id, now, url):
    return {"id": task_id, "model": "seedance-1-5-pro", "status": "completed", "video_url": url,
            "created_at": now - 190}


def envelope_d(task_id, now, url):
    return {"task_id": task_id, "status": "completed", "url": url, "format": "mp4",
            "metadata": {"duration": 5, "fps": 24, "width": 1280, "height": 720, "seed": 1},
            "error": {"code": 0, "message": ""}}


def envelope_e(task_id, now, url):
    return {"id": task_id, "task_id": task_id, "object": "video", "model": "wan2.6", "status": "completed",
            "progress": 100, "created_at": now - 190, "completed_at": now - FINISHED_AGO - 4, "metadata": {"url": url},
            "error": None}


def envelope_f(task_id, now, url):
    return {"task_id": task_id, "status": "SUCCESS", "progress": "100%", "platform": "1", "created_at": now - 190,
            "finished_at": now - FINISHED_AGO, "fail_reason": ""}


# vendor -> (signing family of its links, maker); `None`: the gateway's own content endpoint.
SUCCESS = {
    "happyhorse": ("oss1", happyhorse),
    "wan": ("oss4", wan_old),
    "seedance": ("tos", seedance),
    "ultra": ("tos", seedance),
    "kling": ("kling", kling),
    "vidu": ("s3v4", vidu),
    "minimax": ("oss2", minimax),
    "hailuo": ("oss1", hailuo),
    "jimeng": ("tos", jimeng),
    "sora": (None, sora),
    "veo": (None, veo),
    "nested": ("oss1", nested),
    "envelope_c": ("tos", envelope_c),
    "envelope_d": ("oss1", envelope_d),
    "envelope_e": ("s3v2", envelope_e),
    "envelope_f": (None, envelope_f),
}


def unfinished(vendor, task_id, now, status):
    if vendor == "veo":
        return {"code": "success", "message": "", "data": {"task_id": task_id, "status": status.lower(), "url": "",
                                                           "format": "", "metadata": None, "error": None}}
    if vendor in ("envelope_c", "envelope_d", "envelope_e", "envelope_f"):
        return {"id": task_id, "task_id": task_id, "status": status.lower(), "progress": 30}
    return envelope_a(task_id, status, now, None, None if vendor == "kling" else
                      dashscope_output(task_id, "RUNNING", now) if vendor in ("happyhorse", "wan") else {"id": "up"})


def failure(vendor, task_id, now):
    if vendor in ("veo", "envelope_c", "envelope_d", "envelope_e", "envelope_f"):
        return {"task_id": task_id, "status": "failed", "error": {"code": "bad", "message": "upstream failed"}}
    data = dashscope_output(task_id, "FAILED", now, code="DataInspectionFailed",
                            message="Output data may contain inappropriate content.")
    return envelope_a(task_id, "FAILURE", now, None, data, fail_reason="task failed")


ERRORS = {
    "400": (400, {"code": "task_not_exist", "message": "task_not_exist", "data": None}),
    "404": (404, {"code": "task_not_exist", "message": "任务不存在", "data": None}),
    "404html": (404, "<html><head><title>404 Not Found</title></head></html>"),
    "404empty": (404, None),
    "404url": (404, {"error": {"message": "Invalid URL (GET /v1/x)", "type": "invalid_request_error", "param": "",
                               "code": ""}}),
    "401": (401, {"error": {"message": "Invalid API key provided. (request id: 1)", "type": "new_api_error",
                            "code": ""}}),
    "403": (403, {"error": {"message": "This token has no access to model x", "type": "new_api_error"}}),
    "429": (429, None),
    "500": (500, {"code": "get_task_failed", "message": "db", "data": None}),
    "502": (502, "<html><head><title>502 Bad Gateway</title></head></html>"),
    "503": (503, {"error": {"message": "no channel", "type": "new_api_error", "code": "model_not_found"}}),
    "504": (504, None),
    "200error": (200, {"code": "oops", "message": "no", "data": None}),
    "null": (200, {"code": "success", "data": None}),
    "empty": (200, None),
    "204": (204, None),
    "portal": (200, "<!DOCTYPE html><html><body>Please log in to the WiFi</body></html>"),
    "list": (200, [1, 2, 3]),
}
