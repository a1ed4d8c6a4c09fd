"""Runs that are not judged alike are refused, and what differs is said."""

import shutil

import pytest

from benchmark.comparing.alike import open_runs
from features.errors import InputError


@pytest.fixture
def first(study, tmp_path):
    return study.write(tmp_path / "first", {"hog": study.scores(1)})


def refused(study, tmp_path, first, **other):
    second = study.write(tmp_path / "second", {"hog": study.scores(1)}, **other)
    with pytest.raises(InputError) as caught:
        open_runs([first, second])
    said = str(caught.value)
    assert "\n" not in said
    assert said.startswith("second cannot be compared with first: ")
    return said


def test_runs_judged_alike_are_opened_by_their_folders_names(study, tmp_path, first):
    train = study.truth.copy()
    train.iloc[100:] = 1 - train.iloc[100:]  # what is true on train judges nothing
    second = study.write(tmp_path / "second", {"cnn6": study.scores(1)}, truth=train)
    assert list(open_runs([first, second])) == ["first", "second"]


def test_folders_of_one_name_are_told_apart_by_their_paths(study, tmp_path, first):
    twin = study.write(tmp_path / "elsewhere" / "first", {"hog": study.scores(1)})
    assert list(open_runs([first, twin])) == ["first", "elsewhere/first"]


def test_another_test_part_is_refused_with_its_size(study, tmp_path, first):
    split = study.split.copy()
    split.loc[split.index[:10], "part"] = "train"
    split.loc[split.index[-4:], "part"] = "test"
    said = refused(study, tmp_path, first, split=split)
    assert "10 of 60 images only in first, 4 of 54 only in second" in said


def test_other_labels_are_refused_by_finding(study, tmp_path, first):
    truth = study.truth.astype(float)
    truth.iloc[:3, truth.columns.get_loc("Mass")] = 1 - truth["Mass"].iloc[:3]
    truth.iloc[0, truth.columns.get_loc("Edema")] = float("nan")
    said = refused(study, tmp_path, first, truth=truth)
    assert said.endswith("their labels of test images differ: Mass on 3, Edema on 1")


def test_other_findings_are_refused_by_name(study, tmp_path, first):
    said = refused(study, tmp_path, first, truth=study.truth.assign(**{"No Finding": 0}))
    assert "No Finding in one of them alone" in said


def test_other_patients_are_refused(study, tmp_path, first):
    split = study.split.copy()
    split.loc[split.index[:2], "patient"] = "somebody"
    assert "2 of 60 test images are of other patients" in refused(
        study, tmp_path, first, split=split
    )


def test_a_run_that_has_not_read_its_data_is_no_run_yet(first, tmp_path):
    begun = tmp_path / "begun"
    begun.mkdir()
    shutil.copy(first / "experiment.toml", begun)
    with pytest.raises(InputError, match=r"begun holds no provenance\.json"):
        open_runs([first, begun])


def test_one_run_alone_or_twice_is_no_comparison(first):
    for folders in ([first], [first, first / ".." / "first"]):
        with pytest.raises(InputError, match="two runs or more"):
            open_runs(folders)


def test_a_grid_and_an_audit_are_refused_with_what_to_give_instead(study, tmp_path, first):
    scores = {"hog": study.scores(1)}
    grid = study.write(tmp_path / "grid", scores, grid={"split.seed": [0, 1]})
    with pytest.raises(InputError, match="grid/cells"):
        open_runs([first, grid])
    audit = study.write(tmp_path / "audit", scores)
    (audit / "provenance.json").write_text('{"audit": {}}')
    with pytest.raises(InputError, match="is an audit"):
        open_runs([first, audit])
