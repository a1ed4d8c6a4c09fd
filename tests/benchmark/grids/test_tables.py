"""Means and SDs over cells, held to figures worked out by hand."""

from itertools import product
from statistics import mean, stdev

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.grids.cells import Axes
from benchmark.grids.tables import METRICS, aggregate


def cells(lines):
    """One figure, macro test AUC, of row `a` in each cell."""
    blank = dict.fromkeys(METRICS, float("nan"))
    return pd.DataFrame(
        [blank | {"row": "a", "part": "test", "finding": "macro"} | line for line in lines]
    )


def auc(table):
    lines = table[table["metric"] == "auc"]
    return lines.to_dict("records")


def test_over_splits_alone_the_sd_is_that_of_the_splits():
    lines = [{"split.seed": seed, "auc": value} for seed, value in enumerate((0.6, 0.7, 0.65))]
    (line,) = auc(aggregate(cells(lines), Axes({"split.seed": [0, 1, 2]})))
    assert (line["cells"], line["min"], line["max"]) == (3, 0.6, 0.7)
    assert line["mean"] == pytest.approx(0.65)
    assert line["sd"] == line["sd_split"] == pytest.approx(0.05)
    assert pd.isna(line["sd_training"])


def test_over_trainings_alone_the_sd_is_that_of_training():
    lines = [{"training.seed": seed, "auc": value} for seed, value in enumerate((0.6, 0.7))]
    (line,) = auc(aggregate(cells(lines), Axes({"training.seed": [0, 1]})))
    assert line["sd"] == pytest.approx(line["sd_training"])
    assert pd.isna(line["sd_split"])


def test_over_both_each_has_its_own():
    values = {(0, 0): 0.60, (0, 1): 0.62, (1, 0): 0.70, (1, 1): 0.76}
    lines = [{"split.seed": s, "training.seed": t, "auc": v} for (s, t), v in values.items()]
    axes = Axes({"split.seed": [0, 1], "training.seed": [0, 1]})
    (line,) = auc(aggregate(cells(lines), axes))
    assert line["sd_split"] == pytest.approx(stdev([0.61, 0.73]))
    assert line["sd_training"] == pytest.approx(((0.02**2 / 2 + 0.06**2 / 2) / 2) ** 0.5)
    assert line["sd"] == pytest.approx(stdev(values.values()))


@given(st.lists(st.lists(st.floats(0, 1), min_size=1, max_size=4), min_size=2, max_size=4))
def test_the_squares_of_all_cells_are_those_within_and_between_splits(splits):
    """As in an analysis of variance, also where a split lacks trainings."""
    lines = [
        {"split.seed": s, "training.seed": t, "auc": value}
        for s, of_split in enumerate(splits)
        for t, value in enumerate(of_split)
    ]
    axes = Axes({"split.seed": list(range(4)), "training.seed": list(range(4))})
    (line,) = auc(aggregate(cells(lines), axes))
    means = [mean(of_split) for of_split in splits]
    freedom = len(lines) - len(splits)
    within = freedom * line["sd_training"] ** 2 if freedom else 0
    between = sum(
        len(of_split) * (m - line["mean"]) ** 2 for of_split, m in zip(splits, means, strict=True)
    )
    assert within + between == pytest.approx((len(lines) - 1) * line["sd"] ** 2, abs=1e-9)
    assert line["sd_split"] == pytest.approx(stdev(means), abs=1e-9)


def test_one_cell_has_no_sd_and_a_figure_that_a_cell_lacks_does_not_count():
    lines = [{"split.seed": 0, "auc": 0.6}, {"split.seed": 1, "auc": float("nan")}]
    (line,) = auc(aggregate(cells(lines), Axes({"split.seed": [0, 1]})))
    assert (line["cells"], line["mean"]) == (1, 0.6)
    assert pd.isna(line["sd"])


def test_settings_are_not_averaged_over():
    lines = [
        {"data.size": size, "split.seed": seed, "auc": size / 1000 + seed / 10}
        for size, seed in product((64, 128), (0, 1))
    ]
    axes = Axes({"data.size": [64, 128], "split.seed": [0, 1]})
    found = {line["data.size"]: line["mean"] for line in auc(aggregate(cells(lines), axes))}
    assert found == {64: pytest.approx(0.114), 128: pytest.approx(0.178)}


def test_what_has_no_bearing_on_a_row_gives_it_one_line_and_counts_no_cell_twice():
    place = "models.b.rounds"
    lines = [
        {place: "", "split.seed": seed, "auc": 0.5 + seed / 10}
        for _, seed in product((100, 200), (0, 1))
    ]
    axes = Axes({place: [100, 200], "split.seed": [0, 1]})
    (line,) = auc(aggregate(cells(lines), axes))
    assert (line["cells"], line["mean"]) == (2, pytest.approx(0.55))
