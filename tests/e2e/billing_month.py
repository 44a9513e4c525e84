"""A ledger with very many tasks of June 2026, made by a real run against a private nginx."""
import random

import pytest

from nginx import Nginx

PRICES = """model,unit,min_sr,max_sr,price,currency,valid_from,valid_to
happy*,second,,720,0.90,CNY,,2026-06-14
happy*,second,,720,0.95,CNY,2026-06-15,
happy*,second,721,,1.60,CNY,,
wan*,second,,,0.4375,CNY,,
veo*,second,,,0.15,USD,,
*seedance*,mtoken,,,46.125,CNY,,
*seedance*,sr_mtoken,,,2.5,USD,,
"""
TIMES = '"submit_time":$sub,"start_time":$sta,"finish_time":$fin'
SECONDS = ('{"code":"success","message":"","data":{"task_id":"$tid","status":"SUCCESS","progress":"100%",' + TIMES + ','
           '"properties":{"origin_model_name":"$model"},"data":{"output":{"task_status":"SUCCEEDED"},'
           '"usage":{"SR":$sr,"duration":$dur,"video_count":1}}}}')
TOKENS = ('{"code":"success","message":"","data":{"task_id":"$tid","status":"SUCCESS","progress":"100%",' + TIMES + ','
          '"data":{"id":"cgt-1","model":"seedance-2","status":"succeeded","resolution":"1080p",'
          '"usage":{"completion_tokens":$tokens,"total_tokens":$tokens}}}}')
FAILED = ('{"code":"success","message":"","data":{"task_id":"$tid","status":"FAILURE","progress":"100%",' + TIMES + ','
          '"properties":{"origin_model_name":"$model"},"fail_reason":"$why","data":{"usage":{"duration":9}}}}')
ID = "(?<sub>[0-9]+)-(?<sta>[0-9]+)-(?<fin>[0-9]+)"
LOCATIONS = f"""
    location ~ ^/v1/video/generations/(?<tid>d-{ID}-(?<model>[a-z0-9.]+)-(?<dur>[0-9.]+)-(?<sr>[0-9]+)-[0-9]+)$ {{ return 200 '{SECONDS}'; }}
    location ~ ^/v1/video/generations/(?<tid>s-{ID}-(?<tokens>[0-9]+)-[0-9]+)$ {{ return 200 '{TOKENS}'; }}
    location ~ ^/v1/video/generations/(?<tid>f-{ID}-(?<model>[a-z0-9.]+)-(?<why>[a-z_]+)-[0-9]+)$ {{ return 200 '{FAILED}'; }}
"""
BEGIN, DAYS = 1780272000, 30  # 2026-06-01T00:00:00Z
MODELS = ["happyhorse1.0"] * 5 + ["wan2.5"] * 3 + ["veo3.1"] * 2
WHY = ["sensitive_content"] * 4 + ["upstream_timeout"] * 2 + ["invalid_picture"]


def month_of_tasks(count):
    """IDs that decide what nginx answers; some tasks are outside the month."""
    dice = random.Random(7)
    for number in range(count):
        day = dice.randrange(-1, DAYS + 1)
        if day % 7 in (5, 6) and dice.random() < 0.6:  # weekends are quieter
            day -= 3
        finish = BEGIN + day * 86400 + dice.randrange(86400)
        start = finish - int(dice.gammavariate(4, 25)) - 20
        times = f"{start - int(dice.expovariate(1 / 9))}-{start}-{finish}"
        kind = dice.random()
        if kind < 0.65:
            yield (f"d-{times}-{dice.choice(MODELS)}-{dice.choice(['4', '5.0', '7.25', '12.125'])}-"
                   f"{dice.choice([480, 720, 1080])}-{number}")
        elif kind < 0.93:
            yield f"s-{times}-{dice.randrange(1, 10**6)}-{number}"
        else:
            yield f"f-{times}-{dice.choice(MODELS)}-{dice.choice(WHY)}-{number}"


@pytest.fixture
def nginx(tmp_path):
    folder = tmp_path / "nginx"
    folder.mkdir()
    server = Nginx(folder, LOCATIONS)
    yield server
    server.close()


CUSTOMERS = ["Northlight <film>", "Tom & Co", "Atelier Süd", "Paper Boats", "Studio 7"]


@pytest.fixture
def month(reeltally, nginx):
    """Fills the ledger with so many tasks, and writes prices.csv."""
    def fill(count):
        path = reeltally.csv(*(f"{task},{CUSTOMERS[index % 5]}" for index, task in enumerate(month_of_tasks(count))),
                             header="task_id,customer")
        result = reeltally("run", "--base-url", f"http://127.0.0.1:{nginx.port}", "--no-download", "--json",
                           "--concurrency", "64", path)
        assert result.code == 0, result
        (reeltally.folder / "prices.csv").write_text(PRICES)
        return reeltally
    return fill
