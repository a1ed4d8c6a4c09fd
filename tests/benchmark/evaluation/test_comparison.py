from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, t

from benchmark.evaluation.comparison import (
    COLUMNS,
    compare,
    comparison_table,
    holm,
    wins_table,
)
from benchmark.evaluation.estimates import Estimates
from benchmark.evaluation.evidence import Evidence
from benchmark.evaluation.intervals import draw_patients, interval
from benchmark.evaluation.ranked import Ranked
from benchmark.experiment import Experiment
from benchmark.settings import Evaluation
from features.errors import InputError
from features.findings import FINDINGS

ROWS = ("good", "twin", "fair", "chance")


def study(*, labels=FINDINGS, rows=ROWS, **settings):
    """500 test images of 200 patients; `twin` ranks as `good` does, `fair` nearly so.

    Fibrosis is unknown on some images, Hernia absent, Edema on one patient alone.
    """
    random = np.random.default_rng(1)
    images = pd.Index([f"{k}.png" for k in range(500)], name="image")
    truth = pd.DataFrame((random.random((500, len(labels))) < 0.3) * 1.0, images, list(labels))
    noise, other = random.normal(size=(2, *truth.shape))
    good = truth + noise
    scores = {
        "good": good,
        "twin": 1 / (1 + np.exp(-good)),
        "fair": truth + 0.9 * noise + 0.5 * other,
        "chance": truth * 0 + other,
    }
    truth.iloc[::7, truth.columns.get_loc("Fibrosis")] = np.nan
    truth["Hernia"] = 0.0
    truth["Edema"] = 0.0
    truth.loc["0.png", "Edema"] = 1.0
    split = pd.DataFrame({"patient": np.arange(500) * 2 // 5, "part": "test"}, images)
    judged = Evaluation(**{"draws": 400} | settings)
    return Evidence(truth, split, {name: scores[name] for name in rows}, judged)


@pytest.fixture(scope="module")
def evidence():
    return study()


@pytest.fixture(scope="module")
def table(evidence):
    return comparison_table(evidence)


def line(table, row, other, finding="Mass", metric="auc"):
    found = table.query("row == @row and other == @other and metric == @metric")
    return found.set_index("finding").loc[finding]


def test_every_pair_has_a_line_for_each_finding_and_both_means(table):
    assert list(table.columns) == list(COLUMNS)
    assert len(table) == 2 * 6 * (14 + 2)
    pairs = list(dict.fromkeys(zip(table["row"], table["other"], strict=True)))
    assert pairs == list(combinations(ROWS, 2))


def test_a_difference_is_that_of_the_figures_and_its_interval_that_of_the_draws(evidence, table):
    auc = evidence.estimates["auc"]
    k = FINDINGS.index("Mass")
    apart = auc[0] - auc[3]
    found = line(table, "good", "chance")
    assert found["difference"] == auc.value[0, k] - auc.value[3, k]
    assert found["se"] == pytest.approx((auc.draws[0, k] - auc.draws[3, k]).std(ddof=1))
    low, high = interval(apart)
    assert (found["low"], found["high"]) == (low[k], high[k])
    macro = line(table, "good", "chance", "macro")
    assert macro["difference"] == pytest.approx(auc.value[0, 14] - auc.value[3, 14])


def test_pairing_makes_the_interval_of_like_rows_narrow(evidence, table):
    single = evidence.estimates["auc"].standard_error[0, FINDINGS.index("Mass")]
    assert line(table, "good", "fair")["se"] < 0.8 * single


def test_p_values_and_detectable_differences_follow_from_the_standard_error(evidence, table):
    found = line(table, "fair", "chance", "Nodule", "ap")
    ill = evidence.truth["Nodule"] == 1
    rarer = min(evidence.split["patient"][chosen].nunique() for chosen in (ill, ~ill))
    ours = t(rarer - 1)
    assert found["p"] == pytest.approx(2 * ours.sf(abs(found["difference"] / found["se"])))
    assert found["mdd"] == pytest.approx((ours.ppf(0.975) + ours.ppf(0.8)) * found["se"])
    mean = line(table, "fair", "chance", "macro")
    assert mean["p"] == pytest.approx(2 * t(199).sf(abs(mean["difference"] / mean["se"])))


def test_rows_that_rank_alike_are_equivalent_and_their_p_is_one(table):
    twins = table.query("row == 'good' and other == 'twin'")
    judged = twins[~twins["finding"].isin(["Hernia", "Edema", "micro"])]
    assert (judged["difference"].abs() < 1e-12).all()
    assert (judged[["p", "p_holm"]] == 1).all(axis=None)
    assert (judged["verdict"] == "equivalent").all()


def test_the_findings_of_all_pairs_are_one_family_and_each_mean_one_of_its_own(table):
    for _, of_metric in table.groupby("metric"):
        findings = of_metric[of_metric["finding"].isin(FINDINGS)]
        families = [findings, *(of_metric.query("finding == @m") for m in ("macro", "micro"))]
        for family in families:
            assert family["p_holm"].to_numpy() == pytest.approx(
                by_hand(family["p"].to_numpy()), nan_ok=True
            )
    assert findings["p"].notna().sum() == 6 * 12


def by_hand(p):
    """Holm's adjustment, one p-value after the other."""
    adjusted, highest = np.full(len(p), np.nan), 0.0
    order = [k for k in np.argsort(p) if not np.isnan(p[k])]
    for place, k in enumerate(order):
        highest = max(highest, min(1, (len(order) - place) * p[k]))
        adjusted[k] = highest
    return adjusted


def test_holms_own_kind_of_example():
    assert holm(np.array([0.01, np.nan, 0.04, 0.03])) == pytest.approx(
        [0.03, np.nan, 0.06, 0.06], nan_ok=True
    )
    assert np.isnan(holm(np.array([[np.nan], [np.nan]]))).all()


def test_what_cannot_be_judged_is_undecided_and_in_no_family(table):
    for finding, known in (("Hernia", []), ("Edema", ["difference"])):
        found = line(table, "good", "chance", finding)
        empty = ["difference", "low", "high", "se", "p", "p_holm", "mdd"]
        assert found[[name for name in empty if name not in known]].isna().all()
        assert found[known].notna().all()
        assert not found["within_margin"]
        assert found["verdict"] == "undecided"


def made(*places):
    """Differences of one pair with draws that are normal to the last digit: (value, se) each."""
    value, se = np.array(places).T
    draws = value[:, None] + se[:, None] * norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    return Estimates(value[None], draws[None], np.zeros((1, len(value), 2)))


def judge(*places, patients=100_000, **settings):
    alone, many = [[k] for k in range(len(places))], np.full(len(places), patients)
    return compare(made(*places), many, families=alone, settings=Evaluation(**settings))


def test_each_verdict_has_its_case():
    found = judge((0.1, 0.01), (-0.1, 0.01), (0.001, 0.005), (0.001, 0.05), (0.012, 0.003))
    assert found["verdict"].tolist() == [["better", "worse", "equivalent", "undecided", "better"]]
    assert found["within_margin"].tolist() == [[False, False, True, False, True]]


def test_equivalence_is_two_one_sided_tests():
    # At the edge both tests are at 5 %: 1.645 standard errors from the difference to the margin.
    se = 0.012 / norm.ppf(0.95)
    inside, outside = judge((0.008, 0.999 * se), (0.008, 1.002 * se))["within_margin"][0]
    assert inside
    assert not outside
    assert judge((0.008, 1.002 * se), margin=0.021)["within_margin"].all()


def test_few_patients_are_not_as_sure_as_many_with_the_same_standard_error():
    places = ((0.1, 0.03), (0.001, 0.008))
    assert judge(*places)["verdict"].tolist() == [["better", "equivalent"]]
    few = judge(*places, patients=3)
    assert few["verdict"].tolist() == [["undecided", "undecided"]]
    assert few["p"][0, 0] == pytest.approx(2 * t(2).sf(0.1 / 0.03), rel=1e-3)
    assert few["mdd"][0, 0] == pytest.approx((t(2).ppf(0.975) + t(2).ppf(0.8)) * 0.03, rel=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("carriers", [2, 3, 5, 10])
def test_rows_that_are_equally_good_are_told_apart_no_more_often_than_alpha(carriers, capsys):
    random, weights = np.random.default_rng(carriers), draw_patients(100, draws=200, seed=0)
    pairs = [_apart_by_chance(random, carriers, weights) for _ in range(1000)]
    value, draws = (np.array(each)[:, None] for each in zip(*pairs, strict=True))
    made = Estimates(value, draws, np.zeros((1000, 1, 1)))
    found = compare(made, np.array([carriers]), families=[[0]], settings=Evaluation())
    false = (found["p"] < 0.05).mean()
    with capsys.disabled():
        print(f"\n{carriers} patients with the finding: p below .05 in {false:.1%} of 1,000 pairs")
    assert false <= 0.065


def _apart_by_chance(random, carriers, weights):
    """Take the AUC of 100 patients from that of a row whose scores have the same distribution."""
    patients = np.repeat(np.arange(100), random.integers(1, 4, size=100))
    truth = (patients < carriers) * 1.0
    rows = []
    for _ in range(2):
        own = random.normal(size=100)[patients]
        ranked = Ranked.of(truth, truth + own + random.normal(size=len(own)), patients, count=100)
        rows.append([ranked.weighted(each)[0] for each in (np.ones((100, 1)), weights)])
    (value, draws), (other, others) = rows
    return value[0] - other[0], draws - others


def test_a_large_p_value_alone_is_no_equivalence():
    found = judge((0.0, 0.2))
    assert found["p"][0, 0] == 1
    assert found["verdict"][0, 0] == "undecided"


def test_the_level_sets_what_counts_as_shown():
    places = (0.1, 0.04)  # p = .012
    assert judge(places, level=0.95)["verdict"][0, 0] == "better"
    assert judge(places, level=0.99)["verdict"][0, 0] == "undecided"


def test_wins_count_the_verdicts_over_the_14_findings(evidence, table):
    wins = wins_table(evidence)
    assert len(wins) == 2 * 6
    assert (wins[["win", "loss", "equivalent", "undecided"]].sum(axis=1) == 14).all()
    counts = wins.set_index(["row", "other", "metric"])
    assert counts.loc[("good", "twin", "auc"), "equivalent"] == 12
    assert counts.loc[("good", "chance", "auc"), "win"] == 12
    found = table.query("row == 'good' and other == 'fair' and metric == 'ap'")
    verdicts = found[found["finding"].isin(FINDINGS)]["verdict"].value_counts()
    assert counts.loc[("good", "fair", "ap"), "win"] == verdicts.get("better", 0)


def test_no_finding_is_compared_but_counts_nowhere(table):
    more = study(labels=(*FINDINGS, "No Finding"), rows=("good", "chance"))
    assert line(comparison_table(more), "good", "chance", "No Finding")["verdict"] == "better"
    assert (wins_table(more)[["win", "loss", "equivalent", "undecided"]].sum(axis=1) == 14).all()


@pytest.mark.parametrize("rows", [(), ("good",)])
def test_without_a_pair_there_are_no_lines(rows):
    none = study(rows=rows)
    assert list(comparison_table(none).columns) == list(COLUMNS)
    assert comparison_table(none).empty
    assert wins_table(none).empty


def test_bca_bounds_are_those_of_the_differences(evidence):
    bca = comparison_table(study(interval="bca"))
    found = line(bca, "good", "fair", "macro")
    auc = evidence.estimates["auc"]
    low, high = interval(auc[0] - auc[2], method="bca")
    assert (found["low"], found["high"]) == pytest.approx((low[14], high[14]))


@pytest.mark.parametrize("margin", [0, 0.5, -0.1])
def test_a_margin_that_means_nothing_is_refused(margin):
    with pytest.raises(InputError, match="margin"):
        Experiment.parse(
            {"name": "x", "rows": ["prevalence"], "evaluation": {"margin": margin}}, "x.toml"
        )
