import numpy as np
import pytest

from models.auc import macro_auc


def test_macro_auc_is_the_mean_over_findings_with_both_classes():
    labels = np.array([[1, 0, 0], [0, 0, 1], [1, 0, np.nan], [0, 0, 0]], "float32")
    scores = np.array([[0.9, 0.5, 0.2], [0.1, 0.5, 0.1], [0.4, 0.5, 0.9], [0.6, 0.5, 0.3]])

    assert macro_auc(labels, scores, 3) == pytest.approx((0.75 + 0) / 2)
    assert macro_auc(labels, scores, 1) == pytest.approx(0.75)
    assert np.isnan(macro_auc(labels[:, 1:2], scores[:, 1:2], 1))
