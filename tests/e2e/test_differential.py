"""A small part of `tools/torture differential`: other implementations read the same."""
import pytest

import differential


@pytest.mark.parametrize("kind", differential.KINDS)
def test_others_read_the_same(kind):
    differential.compare(kind, seed=7, count=200)


@pytest.mark.parametrize("kind, document, got", [
    ("json", b'{"a":1e0}', {"o": [["a", {"n": "1.0"}]]}), ("json", b"[1", {"o": []}), ("csv", b'a,"b"', [["a", "b "]]),
    ("decimal", b"* 0.1 0.1", "0.010000000000000001"), ("decimal", b"0 0.5 1", "1"),
    ("period", b"2026-03-29 Europe/Berlin", [1774738800000, 1774825200000]), ("instant", b"0 Asia/Kolkata", "1970-01-01T05:30:00Z")])
def test_a_difference_is_seen(kind, document, got):
    _, is_same = differential.KINDS[kind][1](document, got)
    assert not is_same


def test_a_difference_names_its_seed(monkeypatch):
    monkeypatch.setattr(differential, "read_all", lambda kind, documents: [["9"]] * len(documents))
    with pytest.raises(differential.Difference, match="csv, seed 3: "):
        differential.compare("csv", seed=3, count=5)
