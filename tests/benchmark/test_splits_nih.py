"""The splits of the whole of NIH ChestX-ray14: golden values, so that groups can name theirs."""

import numpy as np
import pandas as pd
import pytest

from benchmark.datasets.nih import read_nih
from benchmark.splits import balance, make_split
from features.findings import FINDINGS

pytestmark = pytest.mark.nih

PATIENT = {
    0: "f896c2ce008da264",
    1: "868c38823a7ddf09",
    2: "7d33add95f717ef2",
    3: "cc5e9da2091c4542",
    4: "8a4e6db48f76cc5b",
}
OFFICIAL = "52bb80237c5a9df2"


@pytest.fixture(scope="module")
def full(nih):
    return read_nih(nih, need_images=False)[0]


@pytest.mark.parametrize("seed", PATIENT)
def test_split_by_patient(full, seed):
    split = make_split(full, seed=seed)
    assert split.fingerprint == PATIENT[seed]
    assert pd.Series(split.part).groupby(split.patients).nunique().eq(1).all()
    counts = balance(full, split)
    assert counts["images"].tolist() == [78_484, 11_212, 22_424]
    assert counts["Hernia"].tolist() == [159, 23, 45]
    assert counts["Pneumonia"].tolist() == [1002, 143, 286]
    shares = counts[list(FINDINGS)] / counts[list(FINDINGS)].sum()
    assert shares.sub([0.7, 0.1, 0.2], axis=0).abs().max(axis=None) < 0.002


def test_official_split(full, nih):
    split = make_split(full, kind="official", folder=nih)
    assert split.fingerprint == OFFICIAL
    counts = balance(full, split)
    assert counts["images"].tolist() == [75_312, 11_212, 25_596]
    assert counts["patients"].tolist() == [24_332, 3_676, 2_797]
    assert counts["Hernia"].tolist() == [123, 18, 86]


def test_the_same_labels_in_the_format_of_2017_and_another_order_give_the_same_split(nih, tmp_path):
    text = (nih / "Data_Entry_2017_v2020.csv").read_text()
    header, *lines = text.splitlines()
    cells = [line.split(",") for line in lines]
    for line in cells[:16]:
        line[4] = "414"
    order = np.random.default_rng(0).permutation(len(cells))
    old = "\r\n".join([header + ",", *(",".join(cells[i]) + "," for i in order)])
    (tmp_path / "DataEntry2017.csv").write_text("\ufeff" + old, newline="")
    radiographs, report = read_nih(tmp_path, need_images=False)
    assert report.ages_mended == 16
    assert make_split(radiographs).fingerprint == PATIENT[0]
    fifteen = read_nih(tmp_path, need_images=False, labels=15)[0]
    assert make_split(fifteen).fingerprint == PATIENT[0]
