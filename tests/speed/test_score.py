"""`score` from files to report, on NIH's whole official test list."""

import time

import numpy as np
import pandas as pd
import pytest

from benchmark.scoring import score
from features.findings import FINDINGS

pytestmark = [pytest.mark.slow, pytest.mark.nih, pytest.mark.timeout(1800)]

ROWS = 8


@pytest.fixture
def files(nih, tmp_path):
    """Simulated scores of eight models, better from one to the next."""
    table = pd.read_csv(nih / "Data_Entry_2017_v2020.csv").set_index("Image Index")
    listed = table.loc[(nih / "test_list.txt").read_text().split(), "Finding Labels"]
    truth = np.stack([listed.str.contains(finding) for finding in FINDINGS], axis=1)
    random = np.random.default_rng(0)
    for row in range(ROWS):
        logits = random.normal(size=truth.shape) + (0.5 + 0.2 * row) * truth - 3
        scores = pd.DataFrame(1 / (1 + np.exp(-logits)), listed.index, list(FINDINGS))
        scores.add_prefix("prob_").to_csv(tmp_path / f"team{row}.csv")
    return [tmp_path / f"team{row}.csv" for row in range(ROWS)]


def test_score_on_the_official_test_list_takes_minutes(files, nih, tmp_path, own_cache, capsys):
    begun = time.perf_counter()
    run = score(*files, data=nih, split="official", out=tmp_path / "run", quiet=True)
    seconds = time.perf_counter() - begun
    size = (run.path / "report.html").stat().st_size
    with capsys.disabled():
        print(f"\n{ROWS} files, 25,596 images: {seconds:.0f} s, report {size / 1e6:.1f} MB")
    assert len(run.truth) == 25_596
    assert seconds <= 180
    assert size <= 10e6
