import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from sklearn.calibration import calibration_curve
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss

from benchmark.evaluation.calibration import EPSILON, Bins, cox, logits, recalibrate
from benchmark.evaluation.calibration_tables import (
    AS_IS,
    BIN_COLUMNS,
    COLUMNS,
    CURVE_COLUMNS,
    calibration_table,
    net_benefit_table,
    reliability_table,
)
from benchmark.evaluation.evidence import Evidence
from benchmark.evaluation.intervals import wilson
from benchmark.evaluation.net_benefit import GRID, net_benefit
from benchmark.evaluation.prevalence import prevalence_table
from benchmark.evaluation.row import metrics_table
from benchmark.settings import Evaluation
from features.findings import FINDINGS


def draw(n, *, shift=0.0, slope=1.0, seed=0):
    """Scores, and labels that are right for `expit(shift + slope * logit(score))`."""
    random = np.random.default_rng(seed)
    scores = expit(random.normal(-2, 1.5, n))
    truth = random.random(n) < expit(shift + slope * logit(scores))
    return truth, scores, np.arange(n) // 4


def test_the_error_of_two_bins_by_hand():
    truth = np.array([0, 0, 1, 1, 0, 1], dtype=bool)
    scores = np.array([0.1, 0.2, 0.3, 0.6, 0.7, 0.8])
    bins = Bins.of(truth, scores, bins=2)
    assert bins.count.tolist() == [3, 3]
    assert bins.score == pytest.approx([0.2, 0.7])
    assert bins.observed == pytest.approx([1 / 3, 2 / 3])
    assert bins.error == pytest.approx((1 / 3 - 0.2) / 2 + (0.7 - 2 / 3) / 2)


def test_bins_are_scikit_learns_quantiles_where_scores_differ():
    truth, scores, _ = draw(400)
    bins = Bins.of(truth, scores, bins=10)
    observed, score = calibration_curve(truth, scores, n_bins=10, strategy="quantile")
    assert bins.count.tolist() == [40] * 10
    assert bins.score == pytest.approx(score)
    assert bins.observed == pytest.approx(observed)


def test_equal_scores_share_a_bin():
    truth = np.arange(100) % 4 == 0
    assert Bins.of(truth, np.full(100, 0.3), bins=10).count.tolist() == [100]
    tied = np.r_[np.zeros(85), np.linspace(0.1, 0.9, 15)]
    assert Bins.of(truth, tied, bins=10).count.tolist() == [85, 5, 10]


def test_nothing_has_no_bins():
    bins = Bins.of(np.array([], dtype=bool), np.array([]), bins=10)
    assert len(bins.count) == 0
    assert np.isnan(bins.error)


def test_calibrated_scores_have_intercept_0_and_slope_1():
    found = cox(*draw(10_000), level=0.999)
    assert found["intercept_low"] < 0 < found["intercept_high"]
    assert found["slope_low"] < 1 < found["slope_high"]
    assert found["intercept"] == pytest.approx(0, abs=0.12)
    assert found["slope"] == pytest.approx(1, abs=0.12)
    assert found["note"] == ""


def test_what_was_done_to_the_scores_is_found_again():
    shifted = cox(*draw(10_000, shift=-0.8))
    assert shifted["intercept"] == pytest.approx(-0.8, abs=0.12)
    assert shifted["slope"] == pytest.approx(1, abs=0.12)
    spread = cox(*draw(10_000, shift=0.3, slope=0.5))
    assert spread["slope"] == pytest.approx(0.5, abs=0.06)
    assert spread["intercept_low"] < spread["intercept"] < spread["intercept_high"]


@pytest.mark.slow
def test_the_intervals_cover_in_95_of_100_samples_of_patients():
    hits = np.zeros(2)
    for seed in range(1000):
        random = np.random.default_rng(seed)
        shown = random.normal(-2, 1, (500, 1)) + random.normal(0, 0.7, (500, 4))
        scores = expit(shown).ravel()
        truth = random.random(2000) < scores
        found = cox(truth, scores, np.arange(2000) // 4)
        hits += [
            found["intercept_low"] <= 0 <= found["intercept_high"],
            found["slope_low"] <= 1 <= found["slope_high"],
        ]
    assert (np.abs(hits / 1000 - 0.95) < 0.02).all()


def test_patients_and_not_images_are_what_varies():
    random = np.random.default_rng(0)
    truth, scores, _ = draw(500)
    each = cox(truth, scores, np.arange(500))
    places = np.repeat(np.arange(500), 6)  # six times the same image
    copied = cox(truth[places], scores[places], places)
    assert copied["slope"] == pytest.approx(each["slope"])
    width = each["slope_high"] - each["slope_low"]
    assert copied["slope_high"] - copied["slope_low"] == pytest.approx(width, rel=0.02)
    alone = cox(truth[places], scores[places], random.permutation(len(places)))
    assert alone["slope_high"] - alone["slope_low"] < 0.6 * width


@pytest.mark.parametrize(
    ("truth", "scores", "why"),
    [
        ([0, 0, 0, 0], [0.1, 0.2, 0.3, 0.4], "needs images with and without"),
        ([1, 1, 1, 1], [0.1, 0.2, 0.3, 0.4], "needs images with and without"),
        ([0, 1, 0, 1], [0.2, 0.2, 0.2, 0.2], "constant scores: no slope"),
        ([0, 0, 1, 1], [0.1, 0.2, 0.2, 0.4], "without a mistake: no slope"),
        ([1, 1, 0, 0], [0.1, 0.2, 0.3, 0.4], "without a mistake: no slope"),
    ],
)
def test_where_no_line_goes_through_the_reason_is_given(truth, scores, why):
    found = cox(np.array(truth, dtype=bool), np.array(scores), np.arange(4))
    assert np.isnan(found["slope"])
    assert why in found["note"]
    assert np.isnan(found["intercept"]) == ("needs images" in why)


def test_one_patient_alone_gives_no_interval():
    truth, scores, _ = draw(60)
    found = cox(truth, scores, np.where(truth, 0, np.arange(60)))
    assert np.isfinite([found["intercept"], found["slope"]]).all()
    assert np.isnan([found["intercept_low"], found["slope_high"]]).all()


def test_scores_of_0_and_1_are_kept_away_from_them():
    assert logits(np.array([0.0, 1.0])) == pytest.approx([logit(EPSILON), -logit(EPSILON)])
    truth, scores, patients = draw(400)
    found = cox(truth, np.where(scores > 0.9, 1.0, scores), patients)
    assert np.isfinite(found["slope"])


@pytest.mark.parametrize("low", [1e-9, 1e-6, 0.4])
def test_scores_that_are_far_off_are_still_fitted(low):
    truth, scores, patients = draw(2000)
    far = low * (1 + scores)
    found = cox(truth, far, patients)
    mean = expit(found["intercept"] + logits(far)).mean()
    assert mean == pytest.approx(truth.mean(), rel=1e-4)


def test_scores_in_two_clumps_are_fitted_where_newtons_steps_lead_away():
    low, middle = 1e-6, 0.1
    truth = np.r_[np.ones(7), np.zeros(33)] > 0
    scores = np.r_[[low] + [middle] * 6, [low] * 11, [middle] * 20, [0.5] * 2]
    found = cox(truth, scores, np.arange(40))
    assert expit(found["intercept"] + logits(scores)).sum() == pytest.approx(7)
    assert found["intercept_low"] < found["intercept"] < found["intercept_high"]
    assert np.isfinite(found["slope"])


def test_what_is_all_but_parted_has_a_slope_or_a_reason():
    truth = np.arange(40) >= 20
    scores = np.linspace(0.01, 0.99, 40)
    for gap in (1e-3, 1e-6, 1e-9, 1e-12):
        scores[[19, 20]] = 0.5 + gap, 0.5
        found = cox(truth, scores, np.arange(40))
        assert np.isfinite(found["slope"]) or "no slope" in found["note"]


def test_platt_is_scikit_learns_logistic_regression_on_the_logit():
    truth, scores, _ = draw(500, shift=-1, slope=0.6)
    given = np.linspace(0, 1, 21)
    made, note = recalibrate("platt", truth, scores, given, min_positives=10)
    model = LogisticRegression(C=np.inf, tol=1e-8).fit(logits(scores)[:, None], truth)
    assert made == pytest.approx(model.predict_proba(logits(given)[:, None])[:, 1], abs=1e-5)
    assert note == ""
    own, _ = recalibrate("platt", truth, scores, scores, min_positives=10)
    again = cox(truth, own, np.arange(500))
    assert (again["intercept"], again["slope"]) == (
        pytest.approx(0, abs=1e-6),
        pytest.approx(1, abs=1e-6),
    )


def test_isotonic_is_scikit_learns():
    truth, scores, _ = draw(500, shift=-1, slope=0.6)
    given = np.linspace(0, 1, 21)
    made, _ = recalibrate("isotonic", truth, scores, given, min_positives=10)
    expected = IsotonicRegression(out_of_bounds="clip").fit(scores, truth).predict(given)
    assert made == pytest.approx(expected)
    assert (np.diff(made) >= 0).all()


@pytest.mark.parametrize("kind", ["platt", "isotonic"])
def test_what_valid_cannot_tell_is_left_as_it_is(kind):
    truth, scores, _ = draw(200)
    few = truth & (np.cumsum(truth) <= 4)
    made, note = recalibrate(kind, few, scores, scores, min_positives=10)
    assert made is scores
    assert note == f"as is: 4 positives in valid, {kind} needs 10"
    _, note = recalibrate(kind, np.ones(20, dtype=bool), scores[:20], scores, min_positives=10)
    assert note == "as is: no negative in valid"
    _, note = recalibrate("platt", truth, np.full(200, 0.1), scores, min_positives=10)
    assert note == "as is: on valid constant scores"


def test_net_benefit_by_hand():
    truth = np.array([1, 0, 1, 0, 0], dtype=bool)
    scores = np.array([0.9, 0.6, 0.2, 0.2, 0.1])
    own, everybody = net_benefit(truth, scores, np.array([0.2, 0.5]))
    # From .2 on: two found, two alarms at a quarter. From .5 on: one found, one alarm at one.
    assert own == pytest.approx([(2 - 2 * 0.25) / 5, 0])
    assert everybody == pytest.approx([(2 - 3 * 0.25) / 5, (2 - 3) / 5])
    assert np.isnan(net_benefit(truth[:0], scores[:0], GRID)).all()


def test_the_grid_reaches_from_rare_findings_to_one_half():
    assert (GRID[0], GRID[-1]) == (0.005, 0.5)
    assert (np.diff(GRID) > 0).all()


@pytest.fixture(scope="module")
def study():
    """A calibrated row, one whose odds are four times too high, and the constant floor.

    800 images of 200 patients; Hernia has 4 positives in valid, and none in test.
    """
    random = np.random.default_rng(1)
    images = pd.Index([f"{k:08d}.png" for k in range(800)], name="image")
    part = np.repeat(["train", "valid", "test"], [300, 250, 250])
    split = pd.DataFrame({"patient": np.arange(800) // 4, "part": part}, index=images).astype(str)
    right = random.normal(-1.2, 1.2, (800, 14))
    truth = pd.DataFrame(random.random((800, 14)) < expit(right), images, list(FINDINGS))
    truth = truth.astype(float)
    truth.loc[part == "test", "Hernia"] = 0
    truth.loc[part == "valid", "Hernia"] = (np.arange(250) < 4).astype(float)
    truth.iloc[600, 0] = np.nan
    usual = truth[part == "train"].mean().to_numpy()
    made = {"right": expit(right), "high": expit(right + np.log(4)), "floor": [usual] * 800}
    scores = {row: pd.DataFrame(values, images, list(FINDINGS)) for row, values in made.items()}
    return truth, split, scores


def evidence(study, **settings):
    return Evidence(*study, Evaluation(draws=100, **settings))


def alone(study, row):
    """The same study with one row."""
    truth, split, scores = study
    return truth, split, {row: scores[row]}


@pytest.fixture(scope="module")
def made(study):
    """The table of the scores as they are."""
    return calibration_table(evidence(study))


def test_the_table_holds_scikit_learns_brier_and_the_skill_against_the_prevalence(study, made):
    truth, split, scores = study
    assert list(made.columns) == list(COLUMNS)
    assert len(made) == 3 * 15
    table = made.set_index(["row", "finding"])
    test = split["part"] == "test"
    line = table.loc["high", "Mass"]
    present = truth.loc[test, "Mass"]
    assert line["brier"] == pytest.approx(
        brier_score_loss(present, scores["high"].loc[test, "Mass"])
    )
    constant = np.full(len(present), truth.loc[split["part"] == "train", "Mass"].mean())
    assert line["brier_reference"] == pytest.approx(brier_score_loss(present, constant))
    assert line["skill"] == pytest.approx(1 - line["brier"] / line["brier_reference"])
    assert line["brier_low"] < line["brier"] < line["brier_high"]
    assert line["skill_low"] < line["skill"] < line["skill_high"]
    assert table.loc[("floor", "Mass"), "skill"] == pytest.approx(0)
    assert table.loc[("right", "Atelectasis"), "n"] == 249


def test_the_table_tells_the_calibrated_row_from_the_other(made):
    table = made.set_index(["row", "finding"])
    assert table.loc[("right", "macro"), "intercept"] == pytest.approx(0, abs=0.15)
    assert table.loc[("high", "macro"), "intercept"] == pytest.approx(-np.log(4), abs=0.15)
    assert table.loc[("high", "macro"), "ece"] > 3 * table.loc[("right", "macro"), "ece"]
    assert table.loc[("right", "macro"), "slope"] == pytest.approx(1, abs=0.15)
    assert table.loc[("right", "macro"), "note"] == "slope over 13 findings, without Hernia"
    assert np.isnan(table.loc[("right", "Hernia"), "slope"])
    each = table.loc["high"].drop("macro")
    assert table.loc[("high", "macro"), "brier"] == pytest.approx(each["brier"].mean())


def test_calibration_on_valid_is_shown_after_the_scores_as_they_are(study):
    table = calibration_table(evidence(alone(study, "high"), calibration="platt"))
    assert list(table["stage"].unique()) == [AS_IS, "platt"]
    table = table.set_index(["stage", "row", "finding"])
    assert table.loc[("platt", "high", "macro"), "intercept"] == pytest.approx(0, abs=0.25)
    before, after = (table.loc[(stage, "high", "Hernia")] for stage in (AS_IS, "platt"))
    assert before["brier"] == after["brier"]
    assert after["note"].startswith("as is: 4 positives in valid, platt needs 10")


def test_calibration_touches_no_other_table(study, made):
    plain, calibrated = (
        evidence(alone(study, "high"), calibration=kind) for kind in ("none", "isotonic")
    )
    both = calibration_table(calibrated)
    assert metrics_table(calibrated).equals(metrics_table(plain))
    before = both.query("stage == 'as is'").reset_index(drop=True)
    assert before.equals(made.query("row == 'high'").reset_index(drop=True))


def test_bins_and_curves_are_written_for_every_row_and_finding(study):
    given = evidence(study, bins=5)
    bins, curves = reliability_table(given), net_benefit_table(given)
    assert list(bins.columns) == list(BIN_COLUMNS)
    assert list(curves.columns) == list(CURVE_COLUMNS)
    of = bins.query("row == 'high' and finding == 'Mass'")
    assert of["bin"].tolist() == [1, 2, 3, 4, 5]
    low, high = wilson(of["positives"], of["n"])
    assert of["observed_low"].to_numpy() == pytest.approx(low)
    assert of["observed_high"].to_numpy() == pytest.approx(high)
    assert len(bins.query("row == 'floor' and finding == 'Mass'")) == 1
    assert len(curves) == 3 * 14 * len(GRID)
    everybody = curves.query("finding == 'Hernia'")["everybody"]
    assert (everybody < 0).all()


def test_the_interval_of_a_decision_curve_is_that_of_draws_of_patients(study):
    given = evidence(study)
    line = net_benefit_table(given).query("row == 'high' and finding == 'Mass'").iloc[12]
    test, k = given.test, FINDINGS.index("Mass")
    known = ~np.isnan(test.truth[:, k])
    truth, scores = test.truth[known, k] == 1, test.scores[given.rows.index("high")][known, k]
    drawn = []
    for weights in given.weights.T:
        images = np.repeat(np.arange(len(truth)), weights[test.patients[known]].astype(int))
        drawn.append(net_benefit(truth[images], scores[images], GRID)[0][12])
    found = [line["net_benefit_low"], line["net_benefit_high"]]
    assert found == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=1e-6)
    assert found[0] < line["net_benefit"] < found[1]


def test_the_shift_of_prevalence_has_an_interval_where_both_parts_have_the_finding(study):
    truth, split, _ = study
    table = prevalence_table(evidence(study)).set_index("finding")
    train, test = (truth.loc[split["part"] == part, "Mass"].mean() for part in ("train", "test"))
    mass = table.loc["Mass"]
    assert (mass["train"], mass["test"]) == (pytest.approx(train), pytest.approx(test))
    assert mass["ratio"] == pytest.approx(test / train)
    assert mass["ratio_low"] < mass["ratio"] < mass["ratio_high"]
    hernia = table.loc["Hernia"]
    assert hernia["ratio"] == 0
    assert np.isnan(hernia["ratio_low"])


def test_the_interval_of_the_shift_is_that_of_draws_of_patients(study):
    truth, split, _ = study
    random = np.random.default_rng(0)
    of = {
        part: truth.loc[split["part"] == part, "Edema"].to_numpy()[: 4 * count].reshape(-1, 4)
        for part, count in (("train", 75), ("test", 62))
    }
    drawn = [
        {part: sums[random.integers(len(sums), size=len(sums))].mean() for part, sums in of.items()}
        for _ in range(4000)
    ]
    low, high = np.quantile([it["test"] / it["train"] for it in drawn], [0.025, 0.975])
    line = prevalence_table(evidence(study)).set_index("finding").loc["Edema"]
    assert line["ratio_low"] == pytest.approx(low, rel=0.05)
    assert line["ratio_high"] == pytest.approx(high, rel=0.05)


@pytest.mark.parametrize("make", [calibration_table, reliability_table, net_benefit_table])
def test_without_rows_or_images_there_are_no_lines_or_no_figures(study, make):
    truth, split, scores = study
    assert len(make(Evidence(truth, split, {}))) == 0
    kept = split["part"] == "train"
    table = make(evidence((truth[kept], split[kept], scores), calibration="platt"))
    assert not len(table) or table[["brier", "skill", "ece", "slope"]].isna().all(axis=None)


def test_fifteen_findings_have_means_over_fourteen(study, made):
    truth, split, scores = alone(study, "high")
    normal = (truth.sum(axis=1) == 0).astype(float)
    more = {row: it.assign(**{"No Finding": 0.5}) for row, it in scores.items()}
    given = evidence((truth.assign(**{"No Finding": normal}), split, more))
    fifteen = calibration_table(given).set_index("finding")
    fourteen = made.query("row == 'high'").set_index("finding")
    assert len(fifteen) == 16
    for name in ("brier", "ece", "intercept"):
        assert fifteen.loc["macro", name] == pytest.approx(fourteen.loc["macro", name])
    assert len(prevalence_table(given)) == 15
