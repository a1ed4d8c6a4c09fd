"""What the reader makes of NIH's own tables, held to counts that are known."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from benchmark.datasets.files import stem
from benchmark.datasets.nih import read_nih, read_official
from benchmark.datasets.nih_tables import read_labels
from benchmark.evaluation.evidence import Evidence
from benchmark.evaluation.prevalence import prevalence_table

pytestmark = pytest.mark.nih

#: Of the table of 2020: images, % of all, % of train_val, % of test, patients in test.
FACTS = {
    "Infiltration": (19894, 17.74, 15.93, 23.88, 924),
    "Effusion": (13317, 11.88, 10.01, 18.20, 773),
    "Atelectasis": (11559, 10.31, 9.57, 12.81, 799),
    "Nodule": (6331, 5.65, 5.44, 6.34, 539),
    "Mass": (5782, 5.16, 4.66, 6.83, 453),
    "Pneumothorax": (5302, 4.73, 3.05, 10.41, 407),
    "Consolidation": (4667, 4.16, 3.30, 7.09, 533),
    "Pleural_Thickening": (3385, 3.02, 2.59, 4.47, 447),
    "Cardiomegaly": (2776, 2.48, 1.97, 4.18, 338),
    "Emphysema": (2516, 2.24, 1.64, 4.27, 284),
    "Edema": (2303, 2.05, 1.59, 3.61, 326),
    "Fibrosis": (1686, 1.50, 1.45, 1.70, 257),
    "Pneumonia": (1431, 1.28, 1.01, 2.17, 311),
    "Hernia": (227, 0.20, 0.16, 0.34, 32),
    "No Finding": (60361, 53.84, 58.37, 38.53, 2557),
}


@pytest.fixture(scope="module")
def full(nih):
    return read_nih(nih, need_images=False, labels=15)


@pytest.fixture(scope="module")
def lists(nih):
    return read_official(nih)


def test_counts_of_images_and_patients(full):
    radiographs, report = full
    assert (len(radiographs), report.images_in_table) == (112_120, 112_120)
    images = pd.Series(radiographs.patients).value_counts()
    assert (len(images), images.min(), images.max()) == (30_805, 1, 184)
    assert report.ages_mended == 0
    assert report.copies == 34  # which matter to nobody who reads tables alone
    assert report.warnings == [
        "images with other labels in sample_labels.csv than in Data_Entry_2017_v2020.csv: 10",
    ]


def test_counts_of_the_official_lists(full, lists):
    radiographs, report = full
    assert report.official == {"train_val": 86_524, "test": 25_596}
    patients = dict(zip(map(stem, radiographs.images), radiographs.patients, strict=True))
    of = {k: {patients[s] for s in names} for k, names in lists.items()}
    assert {kind: len(names) for kind, names in of.items()} == {
        "train_val": 28_008,
        "test": 2_797,
    }
    assert not of["train_val"] & of["test"]


@pytest.mark.parametrize("finding", FACTS)
def test_counts_of_a_finding(full, lists, finding):
    radiographs, _ = full
    has = radiographs.labels[:, radiographs.findings.index(finding)] == 1
    test = np.array([stem(image) in lists["test"] for image in radiographs.images])
    shares = (100 * part.mean() for part in (has, has[~test], has[test]))
    patients = len(set(radiographs.patients[has & test]))
    assert (has.sum(), *(round(share, 2) for share in shares), patients) == FACTS[finding]


def test_findings_are_more_common_in_the_official_test_list(full, lists):
    radiographs, _ = full
    images = list(radiographs.images)
    test = [stem(image) in lists["test"] for image in images]
    parts = {"patient": radiographs.patients, "part": np.where(test, "test", "train")}
    truth = pd.DataFrame(radiographs.labels, images, list(radiographs.findings))
    table = prevalence_table(Evidence(truth, pd.DataFrame(parts, images), {}))
    ratios = table.set_index("finding").filter(like="ratio").round(2)
    assert tuple(ratios.loc["Pneumothorax"]) == (3.42, 2.94, 3.96)
    assert tuple(ratios.loc["Emphysema"]) == (2.60, 2.14, 3.15)
    assert tuple(ratios.loc["Nodule"]) == (1.17, 1.03, 1.32)


def test_counts_of_boxes(full, lists):
    radiographs, report = full
    assert (report.boxes, report.boxed_images) == (984, 880)
    assert set(map(stem, radiographs.boxes["image"])) <= lists["test"]
    assert radiographs.boxes["finding"].nunique() == 8


def test_the_sample_differs_in_the_labels_of_ten_images(nih):
    sample = read_labels(nih / "sample_labels.csv")
    full = read_labels(nih / "Data_Entry_2017_v2020.csv")
    assert (len(sample), full.differences(sample)) == (5_606, 10)
    assert sample.ages_mended == 1
    assert sample.table["age"].between(0, 100).sum() == 5_605


def test_images_on_disk_and_the_table_that_names_them(nih, tmp_path):
    radiographs, report = read_nih(nih, cache=tmp_path)
    assert report.why == "it names 1,050 of 1,050 images on disk; sample_labels.csv 51"
    assert (len(radiographs), report.missing, report.copies) == (1_050, 111_070, 34)
    assert {file.parent.name for file in radiographs.archive.files} == {"images"}


def test_the_sample_table_when_asked_for(nih):
    report = read_nih(nih, table="sample_labels.csv")[1]
    assert (report.read, report.surplus) == (51, 999)


def test_the_originals_alone_are_read_too(nih, tmp_path):
    (tmp_path / "originals").symlink_to(nih / "originals", target_is_directory=True)
    radiographs, _ = read_nih(
        tmp_path, table=nih / "Data_Entry_2017_v2020.csv", cache=tmp_path / "cache"
    )
    modes = [Image.open(file).mode for file in radiographs.archive.files]
    assert (len(modes), modes.count("RGBA")) == (34, 5)
    assert np.asarray(radiographs.pixels(32)).std(axis=(1, 2)).min() > 1
