"""A taste of tools/torture; the whole of it takes hours."""
import pytest

import torture


def test_nothing_is_lost():
    skipped = torture.torture({"kill": 6, "double": 3, "calls": 10, "memory": 4, "power": 3}, seed=3, tell=print)
    if skipped:
        pytest.skip("; ".join(skipped))
