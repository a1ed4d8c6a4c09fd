"""A second label file is read as its authors wrote it, and evaluated beside the first."""

import numpy as np
import pandas as pd
import pytest

from benchmark.api import open_run
from benchmark.console import Console
from benchmark.runner import run_experiment
from benchmark.second_labels import read_second_labels
from features.errors import InputError
from features.findings import FINDINGS, label_set


def write(tmp_path, *lines):
    file = tmp_path / "panel.csv"
    file.write_text("\n".join(lines) + "\n")
    return file


def test_findings_have_many_spellings_and_cells_few(tmp_path):
    file = write(
        tmp_path,
        "Image Index,Reader,pleural thickening,INFILTRATE",
        "images/a.png,7,1,0.0",
        "b,7,YES,no",
        "c.jpg,8,,-1",
    )
    read = read_second_labels(file)
    assert list(read.table.columns) == ["Pleural_Thickening", "Infiltration"]
    assert list(read.table.index) == ["a", "b", "c"]
    np.testing.assert_array_equal(read.table, [[1, 0], [1, 0], [np.nan, np.nan]])
    assert read.unread == ("reader",)


def test_a_comma_within_a_header_parts_nothing(tmp_path):
    file = write(tmp_path, 'image,"remark, free",mass,edema', "a.png,none,1,0", "b.png,none,0,1")
    table = read_second_labels(file).table
    assert table["Mass"].to_dict() == {"a": 1, "b": 0}
    assert table["Edema"].to_dict() == {"a": 0, "b": 1}


def test_a_list_of_findings_says_of_all_of_them(tmp_path):
    file = write(
        tmp_path, "Image Index,Finding Labels", "a.png,Mass|Nodule", "b.png,No Finding", "c.png,"
    )
    table = read_second_labels(file).table
    assert list(table.columns) == list(label_set(15))
    assert table.loc["a", table.loc["a"] == 1].index.tolist() == ["Mass", "Nodule"]
    assert table.loc["b"].to_dict() == dict.fromkeys(FINDINGS, 0.0) | {"No Finding": 1.0}
    assert table.loc["c"].isna().all()


def test_images_are_matched_by_stem_and_those_elsewhere_are_counted(tmp_path):
    file = write(tmp_path, "image,mass,fracture", "a,1,0", "b.png,0,0", "z.png,1,1", "d,-1,0")
    read = read_second_labels(file)
    labels = read.of(pd.Index(["b.jpg", "c.jpg", "a.jpg", "d.jpg"]), FINDINGS)
    assert labels["Mass"].dropna().to_dict() == {"b.jpg": 0, "a.jpg": 1}
    assert read.told(labels) == (
        "panel.csv labels 1 finding on 2 images of this run; names 1 that the run does not have; "
        "columns not read: fracture"
    )


def test_lines_that_say_the_same_of_an_image_are_one(tmp_path):
    file = write(tmp_path, "image,reader,mass", "a.png,1,1", "a.png,2,1", "b.png,1,")
    assert len(read_second_labels(file).table) == 2


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["image,atelectsis", "a,1"], "unknown column 'atelectsis'.*mean 'Atelectasis'"),
        (["image,mass", "a,1", "b,perhaps"], "line 3, column Mass: 'perhaps' is no label"),
        (["image,mass,Mass", "a,1,1"], "two columns of Mass"),
        (
            ["image,fracture", "a,1"],
            r"no column of a finding; it has 2 columns \(image, frac",
        ),
        (["picture,mass", "a,1"], "has no column image or"),
        (["image,mass", "a,1", "a,0"], "labels a in several ways: lines 2, 3"),
        (["image,mass", ",1"], "line 2 names no image"),
        (
            ["image,finding labels", "a,Mas"],
            "unknown finding 'Mas' in .*line 2; did you mean 'Mass'",
        ),
        (["image,finding labels", "a,Mass|No Finding"], "line 2: .* says No Finding and a finding"),
        (["image,mass"], "has no line below its header"),
        (["image;mass", "a;1"], "parts its columns by semicolons"),
    ],
)
def test_a_broken_label_file_is_an_error(tmp_path, lines, message):
    with pytest.raises(InputError, match=message):
        read_second_labels(write(tmp_path, *lines))


def test_a_label_file_that_is_missing_or_of_other_images_is_an_error(tmp_path):
    with pytest.raises(InputError, match="there is no label file"):
        read_second_labels(tmp_path / "none.csv")
    read = read_second_labels(write(tmp_path, "image,mass", "a,1"))
    with pytest.raises(InputError, match=r"names no image of this run, but 1 image \(a\)"):
        read.of(pd.Index(["b.png"]), FINDINGS)
    with pytest.raises(InputError, match="labels none of Edema"):
        read.of(pd.Index(["a.png"]), ("Edema",))


def test_a_run_is_judged_by_second_labels_too_and_keeps_them(small, tiny_nih, tmp_path):
    labels = pd.read_csv(tiny_nih / "Data_Entry_2017.csv")[["Image Index", "Finding Labels"]]
    file = tmp_path / "panel.csv"
    labels.to_csv(file, index=False)
    experiment = small.replace({"evaluation.labels": str(file), "evaluation.draws": 100})
    run_experiment(experiment, tmp_path / "run", console=Console(quiet=True))
    run = open_run(tmp_path / "run")
    before = run.summary["tables"]["second_labels"]
    assert {line["labels"] for line in before} == {"first", "panel.csv"}
    assert {line["kappa"] for line in before if line["labels"] != "first"} <= {1.0, None}
    assert "14 findings on 120 images of this run" in run.summary["data"]["second_labels"]

    file.unlink()
    run.evaluate()
    assert open_run(tmp_path / "run").summary["tables"]["second_labels"] == before

    without = experiment.replace({"evaluation.labels": ""})
    run_experiment(without, tmp_path / "run", console=Console(quiet=True))
    assert open_run(tmp_path / "run").summary["tables"]["second_labels"] == []
    assert not (tmp_path / "run" / "second_labels.csv").exists()


def test_a_broken_label_file_stops_a_run_before_anything_is_fitted(small, tmp_path, counter):
    file = write(tmp_path, "image,mass", "a,maybe")
    experiment = small.replace({"evaluation.labels": str(file)})
    with pytest.raises(InputError, match="is no label"):
        run_experiment(experiment, tmp_path / "run", console=Console(quiet=True))
    assert counter.read_text() == ""
