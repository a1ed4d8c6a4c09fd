"""The split of the full data set, against a grouped shuffle, which balances nothing."""

import pytest
from sklearn.model_selection import GroupShuffleSplit

from benchmark.datasets.nih import read_nih
from benchmark.splits import make_split

pytestmark = pytest.mark.slow


def test_splitting_the_full_tables(nih, side_by_side):
    radiographs, _ = read_nih(nih, need_images=False)
    assert len(radiographs) == 112_120

    def plain():
        shuffle = GroupShuffleSplit(1, test_size=0.2, random_state=0)
        return next(shuffle.split(radiographs.labels, groups=radiographs.patients))

    found = side_by_side(
        "balanced split of 112,120 images, over a plain grouped shuffle",
        lambda: make_split(radiographs),
        plain,
    )
    assert found > 0.01  # balancing 14 findings may cost, but not a hundred times a shuffle
