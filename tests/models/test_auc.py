from dataclasses import replace

import numpy as np
import pytest

from features.findings import FINDINGS, NO_FINDING
from models.auc import Standing, auc
from models.conformance import tiny_radiographs


def test_unknown_labels_do_not_count_and_one_class_has_no_area():
    truth = np.array([1, 0, np.nan, 1, 0])
    assert auc(truth, np.array([0.9, 0.1, 0.0, 0.4, 0.6])) == pytest.approx(0.75)
    assert np.isnan(auc(np.array([0.0, 0.0]), np.array([0.1, 0.2])))


def test_findings_not_fitted_yet_rank_by_chance_and_no_finding_does_not_count(tmp_path):
    valid = tiny_radiographs(tmp_path)  # the last finding is absent
    labels = np.column_stack([valid.labels, valid.labels[:, 0]])
    valid = replace(valid, labels=labels, findings=(*FINDINGS, NO_FINDING))
    heard = []
    standing = Standing(valid, lambda step, mean: heard.append((step, mean)))
    standing(1, labels[:, 1])
    standing(14, labels[:, 0])  # No Finding
    standing(13, labels[:, 0])  # the absent one
    assert heard == [(step, pytest.approx((1 + 12 * 0.5) / 13)) for step in (1, 2, 3)]
