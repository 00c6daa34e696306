"""A pair exactly at the caliper is a pair, whichever way the pairs are chosen."""

import numpy as np
import pytest

from myelomart.matching import match_nearest

# each arm is 0.25 apart, which is its standard deviation to the last bit; the arms are 0.125 apart
SCORE = np.array([0.25, 0.5, 0.75, 0.375, 0.625, 0.875])
TREATED = np.array([True] * 3 + [False] * 3)
WAYS = [{"order": order} for order in ("smallest", "largest", "random", "closest")]
WAYS.append({"replace": True})


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_distance_of_the_caliper_itself_is_within_it(way):
    matched = match_nearest(SCORE, TREATED, caliper=0.5, scale="probability", **way)
    assert matched.caliper_absolute == 0.125
    assert set(matched.distance) == {0.125}
    assert len(matched.treated) >= 2


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_little_less_allows_no_pair(way):
    matched = match_nearest(SCORE, TREATED, caliper=0.499, scale="probability", **way)
    assert len(matched.treated) == 0
