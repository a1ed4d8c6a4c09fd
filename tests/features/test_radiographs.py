import numpy as np
import pandas as pd
import pytest

from features.findings import FINDINGS
from features.radiographs import Radiographs


@pytest.fixture
def four() -> Radiographs:
    images = pd.Index([f"{k:08d}_000.png" for k in range(4)], name="image")
    table = pd.DataFrame(
        {"patient": ["1", "1", "2", "3"], "age": [40.0, 41.0, 60.0, np.nan]}, images
    )
    boxes = pd.DataFrame(
        {"image": [images[0], images[2]], "finding": "Mass"}
        | {"x": [512.0, 0.0], "y": [256.0, 0.0], "width": [128.0, 64.0], "height": [1024.0, 64.0]}
    )
    labels = np.eye(4, len(FINDINGS), dtype=np.float32)
    return Radiographs(table, labels, FINDINGS, boxes, None, np.arange(10, 14))


@pytest.mark.parametrize("chosen", [[2, 0], np.array([True, False, True, False])])
def test_taking_some_keeps_labels_boxes_and_pixels_together(four, chosen):
    some = four.take(chosen)
    positions = np.flatnonzero(chosen) if np.asarray(chosen).dtype == bool else chosen
    assert list(some.images) == [four.images[k] for k in positions]
    assert some.labels.tolist() == four.labels[positions].tolist()
    assert some.rows.tolist() == [10 + k for k in positions]
    assert set(some.boxes["image"]) == {four.images[0], four.images[2]}
    assert len(four.take([1, 3]).boxes) == 0
    assert len(four.take([])) == len(four.take([]).labels) == 0


def test_what_a_model_predicts_on_carries_no_truth(four):
    blind = four.without_truth()
    assert blind.labels is None
    assert blind.boxes is None
    assert list(blind.patients) == list(four.patients)
    with pytest.raises(ValueError, match="withheld"):
        blind.boxes_at(256)
    assert blind.take([1]).labels is None


def test_boxes_are_mapped_from_the_1024_pixel_frame_to_any_size(four):
    sides = ["x", "y", "width", "height"]
    assert four.boxes_at(256)[sides].to_numpy().tolist() == [[128, 64, 32, 256], [0, 0, 16, 16]]
    assert four.boxes_at(1024)[sides].equals(four.boxes[sides])


def test_radiographs_from_tables_alone_have_no_pixels(four):
    with pytest.raises(ValueError, match="no pixels"):
        four.pixels(64)
