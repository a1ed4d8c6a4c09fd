"""Judging eight rows on a test part of NIH's size, and one finding against a plain loop.

`python test_evaluation.py` judges once and prints what it cost.
"""

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmark.evaluation.comparison import comparison_table
from benchmark.evaluation.delong import delong_table
from benchmark.evaluation.estimates import Estimates
from benchmark.evaluation.estimating import estimate_ranking
from benchmark.evaluation.evidence import Evidence
from benchmark.evaluation.intervals import interval
from benchmark.evaluation.ranked import Ranked
from benchmark.settings import Evaluation
from features.findings import FINDINGS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

ROWS, IMAGES, PATIENTS = 8, 25_596, 2_797

#: Of each finding in NIH's test list: its share of the images, and how many patients have it.
CARRIED = {
    "Infiltration": (0.2388, 924),
    "Effusion": (0.1820, 773),
    "Atelectasis": (0.1281, 799),
    "Nodule": (0.0634, 539),
    "Mass": (0.0683, 453),
    "Pneumothorax": (0.1041, 407),
    "Consolidation": (0.0709, 533),
    "Pleural_Thickening": (0.0447, 447),
    "Cardiomegaly": (0.0418, 338),
    "Emphysema": (0.0427, 284),
    "Edema": (0.0361, 326),
    "Fibrosis": (0.0170, 257),
    "Pneumonia": (0.0217, 311),
    "Hernia": (0.0034, 32),
}


def simulate(rows: int = ROWS) -> Evidence:
    """Make a test part of NIH's size: findings lie with patients, and so do scores in part."""
    random = np.random.default_rng(0)
    share = random.dirichlet(np.full(PATIENTS, 0.6))  # a few patients have most of the images
    more = random.choice(PATIENTS, IMAGES - PATIENTS, p=share)
    patients = np.sort(np.concatenate([np.arange(PATIENTS), more]))
    index = pd.Index([f"{k:08}.png" for k in range(IMAGES)], name="image")
    truth = np.stack([labels(random, patients, *CARRIED[name]) for name in FINDINGS], axis=1)
    hard = random.normal(size=(PATIENTS, len(FINDINGS)))[patients]
    hard += random.normal(size=truth.shape)
    scores = {}
    for row in range(rows):
        own = random.normal(size=truth.shape)
        logits = (1 + row / 10) * truth + 0.5 * hard + 0.7 * own - 2
        read = (1 / (1 + np.exp(-logits))).astype("float32")  # as scores.csv gives them back
        scores[f"row {row}"] = pd.DataFrame(read.astype(float), index, list(FINDINGS))
    split = pd.DataFrame({"patient": patients, "part": "test"}, index)
    return Evidence(pd.DataFrame(truth, index, list(FINDINGS)), split, scores, Evaluation())


def labels(random, patients, share: float, carriers: int) -> np.ndarray:
    """Give a finding to so many patients, and to a share of all images, which are theirs."""
    images = np.bincount(patients)
    chosen = random.choice(PATIENTS, carriers, replace=False, p=images / IMAGES)
    theirs = np.isin(patients, chosen)
    return (theirs & (random.random(IMAGES) < share * IMAGES / theirs.sum())).astype(float)


def main() -> None:
    """Judge; print seconds, bytes and how many intervals there are."""
    evidence = simulate()
    part = evidence.test
    start = time.perf_counter()
    made = estimate_ranking(part, evidence.weights)
    bounds = [interval(estimates) for estimates in made.values()]
    ranked = time.perf_counter()
    evidence.__dict__["estimates"] = made  # so that what follows need not estimate them again
    comparison_table(evidence)
    compared = time.perf_counter()
    delong_table(evidence)
    said = {
        "images": len(part.truth),
        "intervals": sum(int(np.isfinite(high - low).sum()) for low, high in bounds),
        "ranking": ranked - start,
        "comparison": compared - ranked,
        "delong": time.perf_counter() - compared,
        "peak": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }
    print(json.dumps(said))


def test_intervals_of_eight_rows_on_nihs_test_part(capsys):
    here = Path(__file__)
    done = subprocess.run(
        [sys.executable, here],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(here.parents[2])},
        check=True,
    )
    said = json.loads(done.stdout)
    with capsys.disabled():
        print(
            f"\nAUC and AP of 8 rows by 14 findings and their means, 1,000 draws of {PATIENTS:,} "
            f"patients, {said['images']:,} images: intervals {said['ranking']:.1f} s, all pairs "
            f"{said['comparison']:.1f} s, DeLong {said['delong']:.1f} s, "
            f"peak {said['peak'] / 1e9:.2f} GB"
        )
    assert said["intervals"] == 2 * ROWS * (len(FINDINGS) + 2)
    assert said["ranking"] <= 90
    assert said["peak"] <= 2e9


def test_the_interval_of_an_auc_over_a_loop_of_scikit_learn(side_by_side):
    from sklearn.metrics import roc_auc_score

    evidence = simulate(rows=1)
    # Of the finding with the most positives: the fewer, the faster ours is.
    part, weights, k = evidence.test, evidence.weights, FINDINGS.index("Infiltration")
    truth, scores, patients = part.truth[:, k], part.scores[0][:, k], part.patients

    def ours():
        judged = Ranked.of(truth, scores, patients, count=PATIENTS)
        value, _ = judged.weighted(np.ones((PATIENTS, 1)))
        draws, _ = judged.weighted(weights)
        return draws, interval(Estimates(value, draws[None], np.zeros((1, PATIENTS))))

    def theirs():
        draws = np.empty(weights.shape[1])
        for draw, weight in enumerate(weights.T):
            drawn = np.repeat(np.arange(len(truth)), weight[patients].astype(int))
            draws[draw] = roc_auc_score(truth[drawn], scores[drawn])
        return draws, np.quantile(draws, [0.025, 0.975])

    (ours_draws, ours_bounds), (their_draws, their_bounds) = ours(), theirs()
    assert np.abs(ours_draws - their_draws).max() <= 1e-6
    assert np.abs(np.ravel(ours_bounds) - their_bounds).max() <= 1e-6
    title = f"AUC interval from {truth.sum():,.0f} positives, over a scikit-learn loop"
    assert side_by_side(title, ours, theirs, rounds=3) >= 30


if __name__ == "__main__":
    main()
