"""Items evenly spread: as many as asked for, each once, in order, at even distances."""

from itertools import pairwise

import pytest

from erya.core.spread import spread


@pytest.mark.parametrize(("count", "most"), [(1014, 1000), (1014, 507), (10, 3), (7, 1), (5, 5), (3, 9), (0, 4)])
def test_as_many_as_asked_for_at_even_distances(count: int, most: int) -> None:
    taken = spread(range(count), most)
    assert len(taken) == min(count, most)
    gaps = {later - earlier for earlier, later in pairwise(taken)}
    assert all(gap > 0 for gap in gaps)
    assert max(gaps, default=0) - min(gaps, default=0) <= 1
