import re

import pytest

from benchmark.row_names import name_rows
from benchmark.settings import FOLDER_NAME
from features.errors import InputError


def test_a_row_has_its_files_name_or_the_one_given():
    assert list(name_rows(["x/team7.csv", "net=x/team8.csv"])) == ["team7", "net"]


def test_files_of_one_name_are_numbered_whatever_their_letters():
    names = list(name_rows(["a/preds.csv", "b/Preds.csv", "c/preds.csv"]))
    assert names == ["preds", "Preds-2", "preds-3"]


@pytest.mark.parametrize(
    "file",
    ["<script>.csv", "../…/.csv", "a/" + "x" * 300 + ".csv", " .csv", "..csv", "a\udcff.csv"],
)
def test_hostile_files_get_names_that_may_be_folders(file):
    (name,) = name_rows([file])
    assert re.fullmatch(FOLDER_NAME, name)
    assert ".." not in name.split("/")


def test_a_file_whose_name_has_an_equals_sign_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lr=0.1.csv").touch()
    assert list(name_rows(["lr=0.1.csv"])) == ["lr_0.1"]


def test_names_that_cannot_be_or_are_taken_are_refused():
    with pytest.raises(InputError, match=r"no file \.\./x=a\.csv, and '\.\./x' cannot be a row"):
        name_rows(["../x=a.csv"])
    with pytest.raises(InputError, match="two rows would be called 'a'"):
        name_rows(["a.csv", "a=b.csv"])
