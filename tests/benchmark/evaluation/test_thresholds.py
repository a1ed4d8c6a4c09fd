import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_score, recall_score

from benchmark.evaluation.evidence import Evidence
from benchmark.evaluation.intervals import wilson
from benchmark.evaluation.threshold_table import COLUMNS, FIGURES, threshold_table
from benchmark.evaluation.thresholds import KINDS, Rule, choose
from benchmark.experiment import load
from benchmark.settings import Evaluation
from features.errors import InputError
from features.findings import FINDINGS

SCORED = st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=2, max_size=30)

#: Ten scores from .1 to 1; those with the finding are .4, .8 and 1.
PRESENT = np.isin(np.arange(1, 11), (4, 8, 10)).astype(float)
TENTHS = np.arange(1, 11) / 10


def decide(rule, truth=PRESENT, scores=TENTHS):
    return choose(truth, scores, prevalence=0.3, min_positives=1, rule=rule)


@given(SCORED)
def test_no_threshold_has_a_higher_f1_on_valid(pairs):
    truth = np.array([float(present) for present, _ in pairs])
    scores = np.array([score / 4 for _, score in pairs])
    decision = choose(truth, scores, prevalence=0.3, min_positives=1)
    if decision.rule != "f1":
        assert truth.sum() in (0, len(truth))
        return
    best = max(f1_score(truth, scores >= cut) for cut in np.unique(scores))
    assert f1_score(truth, scores >= decision.threshold) == pytest.approx(best)


@given(SCORED, st.sampled_from(["youden", "cost=3", "cost=0.2", "recall=0.7", "precision=0.6"]))
def test_no_threshold_serves_a_rule_better(pairs, rule):
    truth = np.array([float(present) for present, _ in pairs])
    scores = np.array([score / 4 for _, score in pairs])
    decision = decide(rule, truth, scores)
    if decision.rule == "prevalence":
        assert truth.sum() in (0, len(truth))
        return

    def worth(cut):
        called = scores >= cut
        found, alarms = (called & (truth == 1)).sum(), (called & (truth == 0)).sum()
        recall, fall_out = found / truth.sum(), alarms / (truth == 0).sum()
        precision = found / max(found + alarms, 1)
        kind, value = Rule.parse(rule).kind, Rule.parse(rule).value
        return {
            "youden": recall - fall_out,
            "cost": -alarms - value * (truth.sum() - found),
            "recall": -alarms if recall >= value else -np.inf,
            "precision": (precision >= value, recall if precision >= value else precision),
        }[kind]

    cuts = [*np.unique(scores), 2.0]
    assert worth(decision.threshold) == pytest.approx(max(map(worth, cuts)))


@pytest.mark.parametrize(
    ("rule", "threshold"),
    [
        ("f1", 0.8),  # two found, one alarm: .67; all found at .4 with four alarms: .6
        ("youden", 0.8),
        ("recall=0.6", 0.8),
        ("recall=0.7", 0.4),
        ("recall=1", 0.4),
        ("precision=0.9", 1.0),
        ("precision=0.6", 0.8),
        ("precision=0.4", 0.4),
        ("cost=1", 1.0),  # two missed; at 0.8 one missed and one alarm cost as much
        ("cost=5", 0.4),
        ("fixed=0.25", 0.25),
    ],
)
def test_each_rule_by_hand(rule, threshold):
    decision = decide(rule)
    assert (decision.threshold, decision.rule, decision.note) == (threshold, rule, "")


def test_of_thresholds_that_serve_equally_well_the_highest_is_taken():
    truth, scores = np.array([1.0, 0, 1, 0]), np.array([0.9, 0.7, 0.5, 0.3])
    assert decide("youden", truth, scores).threshold == 0.9
    assert decide("cost=1", truth, scores).threshold == 0.9


def test_where_it_costs_least_to_call_nothing_that_is_done_and_said():
    inverted = np.array([0.0, 1]), np.array([0.9, 0.1])
    for rule in ("cost=0.1", "youden"):
        decision = decide(rule, *inverted)
        assert decision.threshold > 0.9
        assert "calls nothing on valid" in decision.note


def test_a_precision_that_is_reached_nowhere_gives_way_to_the_highest_and_says_so():
    truth, scores = np.array([0.0, 1, 0, 0, 1, 0]), np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    decision = decide("precision=0.8", truth, scores)
    assert (decision.threshold, decision.rule) == (0.8, "highest precision")
    assert "no threshold has a precision of 0.8 on valid: the highest, 0.500" in decision.note


def test_a_rule_that_reads_no_label_needs_none():
    nothing = np.array([])
    decision = choose(nothing, nothing, prevalence=np.nan, min_positives=10, rule="fixed=0.5")
    assert (decision.threshold, decision.rule, decision.note) == (0.5, "fixed=0.5", "")


@pytest.mark.parametrize("rule", [kind.form for kind in KINDS.values() if kind.pick])
def test_too_few_positives_fall_back_to_the_prevalence_of_train_and_say_so(rule):
    truth, scores = np.zeros(100), np.linspace(0, 1, 100)
    truth[[3, 50]] = 1
    decision = choose(truth, scores, prevalence=0.07, min_positives=10, rule=rule)
    assert decision.rule == "prevalence"
    assert (scores >= decision.threshold).sum() == 7
    assert f"2 positives in valid, {rule} needs 10" in decision.note


def test_without_a_negative_nothing_is_optimised_either():
    decision = decide("f1", np.ones(10))
    assert decision.rule == "prevalence"
    assert "no negative in valid" in decision.note


def test_the_fallback_reads_no_label_of_valid():
    scores = np.random.default_rng(0).random(100)
    few, none = np.zeros(100), np.zeros(100)
    few[:5] = 1
    options = {"prevalence": 0.2, "min_positives": 10}
    assert choose(few, scores, **options).threshold == choose(none, scores, **options).threshold


def test_unknown_labels_are_left_out_and_an_empty_valid_has_no_threshold():
    unknown = np.full(20, np.nan)
    decision = choose(unknown, np.ones(20), prevalence=0.1, min_positives=1)
    assert np.isnan(decision.threshold)
    assert "no image with a known label" in decision.note


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("f2", r"unknown threshold rule 'f2'; did you mean 'f1'\? Available: cost=10, f1"),
        ("reccall=0.8", "did you mean 'recall=0.9'"),
        (0.5, "did you mean 'fixed=0.5'"),
        ("recall", "write a number above 0 and at most 1, as in recall=0.9"),
        ("recall=1.5", "write a number above 0 and at most 1, as in recall=0.9"),
        ("cost=nan", "write a number above 0 and at most 1,000,000, as in cost=10"),
        ("cost=-1", "write a number above 0"),
        ("f1=2", "f1 takes no number"),
    ],
)
def test_what_is_no_rule_is_told_in_one_line(given, message):
    with pytest.raises(InputError, match=message) as caught:
        load("demo").replace({"evaluation.threshold": given})
    assert "\n" not in str(caught.value)
    assert "evaluation.threshold" in str(caught.value)


def test_a_rule_is_kept_as_it_was_written_but_for_blanks():
    assert str(Rule.parse(" recall = 0.90 ")) == "recall=0.90"
    assert load("demo").replace({"evaluation.threshold": "cost = 10"}).evaluation.threshold == (
        "cost=10"
    )


def test_every_rule_says_what_it_does():
    assert "recall on valid is at least 0.9, then" in Rule.parse("recall=0.9").sentence(10)
    assert "fewer than 10 positives" in Rule.parse("f1").sentence(10)
    assert Rule.parse("fixed=0.5").sentence(10).endswith("0.5, whatever valid says.")


@pytest.fixture(scope="module")
def study():
    """600 images of 150 patients and two rows; nobody has Hernia in test, Mass is rare."""
    random = np.random.default_rng(0)
    images = pd.Index([f"{k:08d}.png" for k in range(600)], name="image")
    part = np.repeat(["train", "valid", "test"], [200, 200, 200])
    split = pd.DataFrame({"patient": np.arange(600) // 4, "part": part}, index=images).astype(str)
    chance = np.where(np.array(FINDINGS) == "Mass", 0.03, 0.3)
    truth = pd.DataFrame(random.random((600, 14)) < chance, images, list(FINDINGS)).astype(float)
    truth.loc[part == "test", "Hernia"] = 0
    truth.iloc[450, 1] = np.nan
    noise = random.random((600, 14))
    scores = {
        "good": (0.3 * truth.fillna(0) + 0.5 * noise).clip(0, 1),
        "bad": pd.DataFrame(noise / 3, images, list(FINDINGS)),
    }
    return truth, split, scores


def tabulate(study, **settings):
    return threshold_table(Evidence(*study, Evaluation(draws=100, **settings)))


def test_the_table_says_what_each_threshold_and_what_a_half_would_do(study):
    truth, split, scores = study
    table = tabulate(study).set_index(["row", "finding"])
    test = split["part"] == "test"
    present, given = truth.loc[test, "Edema"], scores["good"].loc[test, "Edema"]
    line = table.loc["good", "Edema"]
    called = given >= line["threshold"]
    assert line["recall"] == pytest.approx(recall_score(present, called))
    assert line["precision"] == pytest.approx(precision_score(present, called))
    assert line["recall_05"] == pytest.approx(recall_score(present, given >= 0.5))
    assert line["f1_05"] == pytest.approx(f1_score(present, given >= 0.5))
    for name in FIGURES:
        assert line[f"{name}_low"] <= line[name] <= line[f"{name}_high"]
    low, high = wilson(int((called & (present == 1)).sum()), int(called.sum()))
    assert line["precision_wilson_low"] == pytest.approx(float(low))
    assert line["precision_wilson_high"] == pytest.approx(float(high))


def test_the_table_has_a_line_for_each_finding_and_the_mean(study):
    table = tabulate(study)
    assert list(table.columns) == list(COLUMNS)
    assert len(table) == 2 * 15
    mean = table[(table["row"] == "bad") & (table["finding"] == "macro")].iloc[0]
    each = table[(table["row"] == "bad") & (table["finding"] != "macro")]
    assert mean["recall"] == pytest.approx(each["recall"].mean())
    assert mean["f1_05"] == each["f1_05"].mean() == 0
    assert "precision over 13 findings, without Hernia" in mean["note"]
    assert np.isnan(mean["precision_wilson_low"])
    assert table.iloc[1]["n"] == 199


def test_the_tables_rule_is_the_experiments(study):
    table = tabulate(study, threshold="recall=0.9").query("finding != 'macro'")
    mass = table["finding"] == "Mass"
    assert (table.loc[~mass, "rule"] == "recall=0.9").all()
    assert table.loc[mass, "note"].str.contains("positives in valid, recall=0.9 needs 10").all()


def test_without_a_row_or_without_test_images_the_table_is_empty_or_says_nothing(study):
    truth, split, scores = study
    assert len(threshold_table(Evidence(truth, split, {}))) == 0
    kept = split["part"] != "test"
    table = tabulate((truth[kept], split[kept], scores))
    assert (table["n"] == 0).all()
    assert table[list(FIGURES)].isna().all(axis=None)
