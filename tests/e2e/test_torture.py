"""A taste of tools/torture; the whole of it takes hours."""
import pytest

import torture


def test_nothing_is_lost():
    skipped = torture.torture({"kill": 4, "double": 2, "calls": 6, "memory": 3, "power": 2}, seed=3, tell=print)
    if skipped:
        pytest.skip("; ".join(skipped))
