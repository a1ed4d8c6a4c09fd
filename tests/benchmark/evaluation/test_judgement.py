"""What the tables of subgroups and labels share."""

import numpy as np
import pandas as pd
import pytest

from benchmark.evaluation.evidence import Evidence
from benchmark.evaluation.judgement import Judgement, tabled
from benchmark.settings import Evaluation
from features.findings import FINDINGS


@pytest.fixture
def evidence():
    random = np.random.default_rng(1)
    truth = pd.DataFrame((random.random((120, 14)) < 0.4) * 1.0, columns=list(FINDINGS))
    truth["Hernia"] = 0.0
    scores = {"a": 0.5 * truth + random.random(truth.shape)}
    split = pd.DataFrame({"patient": [f"p{k // 3}" for k in range(120)], "part": "test"})
    return Evidence(truth, split, scores, Evaluation(draws=100))


def test_judging_anew_gives_what_was_estimated_for_all_tables(evidence):
    anew, whole = Judgement.of(evidence.test, evidence.weights), Judgement.whole(evidence)
    for name in ("auc", "ap"):
        np.testing.assert_array_equal(getattr(anew, name).value, getattr(whole, name).value)
        np.testing.assert_array_equal(getattr(anew, name).draws, getattr(whole, name).draws)
    macro = list(FINDINGS).index("Hernia") + 1
    expected = evidence.estimates["auc"].value[0, macro]
    assert anew.figures(evidence.settings)["auc"][0, -1] == pytest.approx(expected)


def test_counts_are_of_known_labels_and_patients_count_once(evidence):
    evidence.truth.loc[:11, "Mass"] = [1, 1, 1, 0, 0, 0, np.nan, 1, 0, np.nan, np.nan, np.nan]
    part = evidence.test.take(np.arange(120) < 12)
    counts = Judgement.of(part, evidence.weights).counts()
    assert counts[FINDINGS.index("Mass")] == {"n": 8, "positives": 4, "patients": 2}
    assert counts[FINDINGS.index("Hernia")] == {"n": 12, "positives": 0, "patients": 0}
    assert counts[-1]["n"] == 12
    assert counts[-1]["positives"] == sum(line["positives"] for line in counts[:-1])


def test_a_table_without_lines_has_its_columns(evidence):
    table = tabled(evidence, [], ("row", "n", "auc"), counts=("n",))
    assert (list(table.columns), len(table)) == (["row", "n", "auc"], 0)
