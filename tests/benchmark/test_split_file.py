"""Splits made elsewhere are read as their authors wrote them."""

import pytest

from benchmark.split_file import read_split_file, some
from features.errors import InputError


@pytest.mark.parametrize(
    "lines",
    [
        ("image,part", "a.png,train", "b.png,valid", "c.png,test"),
        ("Image Index,split", "a.png,Training", "b.png,val", "c.png,TEST"),
        ("\ufefffilename,patient,set", "x/a,1,train", "x/b,2,dev", "x/c,3,testing"),
        ("fold,image,part", "0,a,train", "0,b,validation", "1,c,test", "1,c.jpg,test"),
        ('image,"why, and when",part', "a,x,train", "b,x,valid", "c,x,test"),
        ('image,"why\nor when",part', "a,x,train", "b,x,valid", "c,x,test"),
    ],
)
def test_columns_and_parts_have_many_names(tmp_path, lines):
    file = tmp_path / "split.csv"
    file.write_text("\r\n".join(lines), encoding="utf-8", newline="")
    assert read_split_file(file) == {"a": "train", "b": "valid", "c": "test"}


def test_whole_numbers_are_folds(tmp_path):
    file = tmp_path / "split.csv"
    file.write_text("image,fold\na,0\nb,12\n")
    assert read_split_file(file) == {"a": 0, "b": 12}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["image,part", "0,train", "0.png,test"], r"puts 1 image \(0\) into two parts"),
        (["image,part", "0,train", "1,tets"], "unknown part 'tets'.*mean 'test'"),
        (["image,part", "0,train", "1,"], "unknown part '' in .*split.csv, line 3"),
        (["image;part", "0;train"], "parts its columns by semicolons: part them by commas"),
        (["image,part", "0,train,x"], "line 2 has more cells than the header"),
        (
            ["image,side", "0,train"],
            r"no column part or split or set or fold; it has 2 .*side",
        ),
        (["image,part"], "has no line below its header"),
        ([], "has no header in its first line"),
        (None, "there is no split file"),
    ],
)
def test_a_broken_split_file_is_an_error(tmp_path, lines, message):
    file = tmp_path / "split.csv"
    if lines is not None:
        file.write_text("\n".join(lines))
    with pytest.raises(InputError, match=message):
        read_split_file(file)


def test_of_many_names_the_first_few_are_shown():
    assert some(["7"], "patient") == "1 patient (7)"
    assert some([str(n) for n in range(1200)], "image") == "1,200 images (0, 1, 2, 3, 4, …)"
