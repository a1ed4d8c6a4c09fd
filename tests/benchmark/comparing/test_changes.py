"""Changes between runs: differences of their figures, on the draws of the first."""

import numpy as np
import pytest

from benchmark.comparing.changes import COLUMNS, changes_table
from benchmark.evaluation.row import metrics_table
from benchmark.run_folder import RunFolder
from benchmark.runner import evidence_of


def opened(*folders):
    runs = [RunFolder(folder) for folder in folders]
    return {run.path.name: evidence_of(run, run.experiment()) for run in runs}


@pytest.fixture(scope="module")
def evidence(study, tmp_path_factory):
    """Two runs: `hog` got better, `floor` is what it was, `cnn6` and `lbp` stand in one alone."""
    folder = tmp_path_factory.mktemp("runs")
    floor, weak, strong = (study.scores(signal) for signal in (0, 0.3, 4))
    study.write(folder / "a", {"floor": floor, "hog": weak, "cnn6": weak})
    mixed = {name: table.sample(frac=1, random_state=1) for name, table in {"hog": strong}.items()}
    study.write(folder / "b", {"lbp": weak, **mixed, "floor": floor}, **{"split.seed": 7})
    return opened(folder / "a", folder / "b")


@pytest.fixture(scope="module")
def table(evidence):
    return changes_table(evidence)


def test_each_row_that_both_have_stands_once_a_metric_finding_and_mean(table):
    assert list(table.columns) == list(COLUMNS)
    assert len(table) == 2 * 2 * (14 + 2)
    assert set(table["row"]) == {"floor", "hog"}
    assert set(table["run"]) == {"b"}


def test_a_change_is_that_of_the_metrics_that_each_run_reports(table, evidence):
    for name, column in (("a", "before"), ("b", "after")):
        metrics = (
            metrics_table(evidence[name]).query("part == 'test'").set_index(["row", "finding"])
        )
        for metric in ("auc", "ap"):
            found = table[table["metric"] == metric].set_index(["row", "finding"])[column]
            reported = metrics.loc[found.index, metric].astype(float)
            assert found.to_numpy() == pytest.approx(reported.to_numpy(), abs=1e-12)
    assert (table["after"] - table["before"]).to_numpy() == pytest.approx(
        table["difference"].to_numpy()
    )


def test_figures_before_have_the_intervals_of_the_first_run_s_own_report(table, evidence):
    metrics = metrics_table(evidence["a"]).query("part == 'test' and finding == 'macro'")
    own = metrics.set_index("row")
    for line in table.query("metric == 'auc' and finding == 'macro'").to_dict("records"):
        assert line["before_low"] == pytest.approx(own.loc[line["row"], "auc_low"])
        assert line["before_high"] == pytest.approx(own.loc[line["row"], "auc_high"])


def test_what_got_better_is_found_and_the_same_scores_are_called_so(table):
    macro = table.query("finding == 'macro'").set_index(["metric", "row"])
    assert set(macro.loc[(slice(None), "hog"), "verdict"]) == {"better"}
    assert not macro.loc[(slice(None), "hog"), "same_scores"].any()
    same = table[table["row"] == "floor"]
    assert same["same_scores"].all()
    assert (same[["difference", "low", "high", "se"]].to_numpy() == 0).all()
    assert (same["p"] == 1).all()


def test_the_other_way_round_is_the_opposite(table, evidence):
    draws_of_a = {"b": evidence["b"], "a": evidence["a"]}
    turned = changes_table(draws_of_a).set_index(["metric", "row", "finding"])
    found = table.set_index(["metric", "row", "finding"]).loc[turned.index]
    assert np.allclose(turned["difference"], -found["difference"])


def test_every_later_run_is_held_against_the_first(study, evidence, tmp_path):
    third = study.write(tmp_path / "c", {"hog": study.scores(0.3)})
    table = changes_table(evidence | opened(third))
    macro = table.query("metric == 'auc' and finding == 'macro'").set_index(["run", "row"])
    assert set(macro.index) == {("b", "floor"), ("b", "hog"), ("c", "hog")}
    assert macro.loc[("c", "hog"), "same_scores"]


def test_runs_without_a_common_row_have_no_change(study, tmp_path):
    one = study.write(tmp_path / "a", {"hog": study.scores(1)})
    other = study.write(tmp_path / "b", {"lbp": study.scores(1)})
    table = changes_table(opened(one, other))
    assert list(table.columns) == list(COLUMNS)
    assert len(table) == 0
