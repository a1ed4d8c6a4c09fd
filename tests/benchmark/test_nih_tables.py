"""Every variant of ChestX-ray14's tables reads the same; what is wrong with one is named."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmark.datasets.nih_tables import (
    LABELS,
    is_box_table,
    is_label_table,
    read_boxes,
    read_labels,
)
from features.errors import InputError
from features.findings import FINDINGS, NO_FINDING
from features.radiographs import COLUMNS

HEADER = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]"
)
QUOTED = HEADER.replace("OriginalImage[Width,Height]", '"OriginalImage[Width,Height]"')
SAMPLE_HEADER = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    "OriginalImageWidth,OriginalImageHeight,OriginalImagePixelSpacing_x,OriginalImagePixelSpacing_y"
)
LINES = (
    "00000001_000.png,Cardiomegaly|Effusion,0,1,58,M,PA,2682,2749,0.143,0.143",
    "00000001_001.png,No Finding,1,1,59,M,AP,2894,2729,0.143,0.143",
    "00000002_000.png,Hernia,0,2,81,F,PA,2500,2048,0.171,0.171",
)
SAMPLE_LINES = (
    "00000001_000.png,Cardiomegaly|Effusion,000,1,058Y,M,PA,2682,2749,0.143,0.143",
    "00000001_001.png,No Finding,001,00000001,059Y,M,AP,2894,2729,0.143,0.143",
    "00000002_000.png,Hernia,000,2.0,081Y,F,PA,2500,2048,0.171,0.171",
)
BLANKS = ("", *(line.replace(",", " , ") for line in LINES), ",,,,,,,,,,")
BOX_HEADER = "Image Index,Finding Label,Bbox [x,y,w,h],,,"


def write(path: Path, *lines: str, newline: str = "\n", start: str = "") -> Path:
    """Write a text file without a newline at its end."""
    path.write_bytes((start + newline.join(lines)).encode())
    return path


def present(labels: np.ndarray) -> list[list[str]]:
    """Name the labels of each line."""
    return [[LABELS[j] for j in np.flatnonzero(line)] for line in labels]


def test_a_table_is_read_as_radiographs_want_it(tmp_path):
    read = read_labels(write(tmp_path / "t.csv", HEADER, *LINES))
    assert tuple(read.table.columns) == COLUMNS
    assert read.table.index.name == "image"
    assert read.table.iloc[0].tolist() == ["1", 58, "M", "PA", 0, 2682, 2749]
    assert read.table.iloc[2].tolist() == ["2", 81, "F", "PA", 0, 2500, 2048]
    assert list(read.stems) == ["00000001_000", "00000001_001", "00000002_000"]


def test_labels_are_the_findings_and_no_finding(tmp_path):
    read = read_labels(write(tmp_path / "t.csv", HEADER, *LINES))
    assert (*FINDINGS, NO_FINDING) == LABELS
    assert (read.labels.dtype, read.labels.shape) == (np.float32, (3, 15))
    assert present(read.labels) == [["Cardiomegaly", "Effusion"], ["No Finding"], ["Hernia"]]


@pytest.mark.parametrize(
    ("name", "header", "lines", "options"),
    [
        ("Data_Entry_2017.csv", HEADER + ",", [line + "," for line in LINES], {}),
        ("Data_Entry_2017.csv", HEADER + ",", LINES, {}),
        ("Data_Entry_2017.csv", HEADER, [line + "," for line in LINES], {}),
        ("Data_Entry_2017.csv", QUOTED, LINES, {}),
        ("DataEntry2017.csv", HEADER, LINES, {"newline": "\r\n"}),
        ("labels.CSV", HEADER, LINES, {"start": "\ufeff"}),
        ("v2020.csv", HEADER.replace("Patient Gender", "Patient Sex"), LINES, {}),
        ("sample_labels.csv", SAMPLE_HEADER, SAMPLE_LINES, {}),
        ("blanks.csv", HEADER, BLANKS, {}),
    ],
    ids=["2017", "header", "lines", "quoted", "CRLF", "BOM", "sex", "sample", "blanks"],
)
def test_every_variant_reads_the_same(tmp_path, name, header, lines, options):
    path = write(tmp_path / name, header, *lines, **options)
    same, variant = read_labels(write(tmp_path / "t.csv", HEADER, *LINES)), read_labels(path)
    assert is_label_table(path)
    pd.testing.assert_frame_equal(variant.table, same.table)
    np.testing.assert_array_equal(variant.labels, same.labels)
    assert same.differences(variant) == 0


@pytest.mark.parametrize(
    "header", ["", "image,patient,part,fold", "Image Index,Patient ID", BOX_HEADER, '"a\nb",c']
)
def test_other_tables_are_told_apart_by_their_columns(tmp_path, header):
    path = write(tmp_path / "Data_Entry_2017.csv", header, "x,y,1,2,3,4")
    assert not is_label_table(path)
    assert is_box_table(path) == (header == BOX_HEADER)


@pytest.mark.parametrize(
    ("cell", "years"),
    [
        ("57", 57),
        ("060Y", 60),
        ("013M", 13 / 12),
        ("001D", 1 / 365.25),
        ("2W", 14 / 365.25),
        ("57.0", 57),
        ("100", 100),
        ("", np.nan),
    ],
)
def test_ages_are_years_whatever_their_unit(tmp_path, cell, years):
    line = LINES[0].replace(",58,", f",{cell},")
    read = read_labels(write(tmp_path / "t.csv", HEADER, line))
    assert read.table["age"].iloc[0] == pytest.approx(years, nan_ok=True)
    assert read.ages_mended == 0


@pytest.mark.parametrize("cell", ["411Y", "148", "-3", "old"])
def test_an_impossible_age_is_unknown_and_counted(tmp_path, cell):
    line = LINES[0].replace(",58,", f",{cell},")
    read = read_labels(write(tmp_path / "t.csv", HEADER, line, *LINES[1:]))
    assert read.table["age"].isna().tolist() == [True, False, False]
    assert read.ages_mended == 1


@pytest.mark.parametrize(
    ("cell", "patient"),
    [("00000013", "13"), ("13.0", "13"), ("13", "13"), ("P-013", "P-013"), ("٣", "٣"), ("0", "0")],
)
def test_a_patient_is_a_name_without_leading_zeros(tmp_path, cell, patient):
    read = read_labels(write(tmp_path / "t.csv", HEADER, LINES[0].replace(",1,", f",{cell},")))
    assert read.table["patient"].tolist() == [patient]


def test_columns_that_can_be_done_without_are_unknown(tmp_path):
    path = write(tmp_path / "t.csv", "Image Index,Finding Labels,Patient ID", "a.png,Mass,P-7")
    table = read_labels(path).table
    assert table[["patient", "sex", "view", "follow_up"]].iloc[0].tolist() == ["P-7", "", "", 0]
    assert table[["age", "width", "height"]].isna().all(axis=None)


def test_an_empty_cell_of_findings_is_unknown_and_not_no_finding(tmp_path):
    path = write(tmp_path / "t.csv", HEADER, LINES[0], LINES[1].replace("No Finding", ""))
    assert np.isnan(read_labels(path).labels).all(axis=1).tolist() == [False, True]


def test_an_unknown_finding_is_an_error_with_the_nearest(tmp_path):
    path = write(tmp_path / "t.csv", HEADER, LINES[0].replace("Effusion", "Efusion"))
    with pytest.raises(InputError, match=r"'Efusion' in t\.csv; did you mean 'Effusion'\?"):
        read_labels(path)


def test_no_finding_beside_a_finding_is_an_error(tmp_path):
    path = write(tmp_path / "t.csv", HEADER, LINES[0].replace("Effusion", "No Finding"))
    with pytest.raises(InputError, match=r"'Cardiomegaly\|No Finding' says No Finding and"):
        read_labels(path)


def test_a_line_that_stands_twice_counts_once(tmp_path):
    twice = LINES[0].replace("Cardiomegaly|Effusion", "Effusion|Cardiomegaly")
    read = read_labels(write(tmp_path / "t.csv", HEADER, *LINES, twice))
    assert len(read) == len(read.stems) == len(read.labels) == 3


@pytest.mark.parametrize("change", [("Effusion", "Mass"), (",0,1,", ",0,7,"), (".png", ".jpg")])
def test_lines_that_contradict_each_other_are_an_error_with_their_names(tmp_path, change):
    other = LINES[0].replace(*change).replace(",58,", ",57,")
    path = write(tmp_path / "t.csv", HEADER, *LINES, other)
    with pytest.raises(InputError, match=r"t\.csv contradicts itself about 1 .*: 00000001_000$"):
        read_labels(path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (LINES[0].replace(",1,58", ",,58"), "line 3 names no patient"),
        ("," + LINES[0].partition(",")[2], "line 3 names no image"),
        (LINES[0].replace("|", ","), "line 3 has more cells than the header"),
        ("00000002_0", "line 3 names no patient"),
        ('"' + "x" * 200_000, "line 3: field larger than field limit"),
    ],
    ids=["no patient", "no image", "a comma too many", "the file is cut off", "an open quote"],
)
def test_a_broken_line_is_named(tmp_path, line, message):
    with pytest.raises(InputError, match=rf"t\.csv: {message}"):
        read_labels(write(tmp_path / "t.csv", HEADER, LINES[1], line))


def test_a_table_without_lines_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"t\.csv has no line below its header"):
        read_labels(write(tmp_path / "t.csv", HEADER))


def test_a_table_without_a_needed_column_is_an_error(tmp_path):
    path = write(tmp_path / "t.csv", "Image Index,Patient ID", "a.png,1")
    with pytest.raises(InputError, match=r"t\.csv is no label table: it has no column .* findings"):
        read_labels(path)


def test_differences_are_counted_over_the_images_of_both_tables(tmp_path):
    lines = [LINES[0].replace("|Effusion", ""), LINES[1], LINES[2].replace("_000", "_001")]
    ours = read_labels(write(tmp_path / "a.csv", HEADER, *LINES))
    theirs = read_labels(write(tmp_path / "b.csv", HEADER, *lines[::-1]))
    assert ours.differences(theirs) == theirs.differences(ours) == 1


def test_boxes_are_read_for_the_images_wanted_and_named_as_they_are(tmp_path):
    lines = (
        "00000001_000.png,Infiltrate,225.084745762712,547.019216763771,86.7796610169491,79.25",
        "00000001_000.png,Pleural Thickening,1,2,3,4,,,",
        "00000002_000.png,Mass,1,2,3,4",
    )
    path = write(tmp_path / "BBoxList2017.csv", BOX_HEADER + ",,,", *lines)
    boxes = read_boxes(path, {"00000001_000": "00000001_000.jpg"})
    assert is_box_table(path)
    assert boxes.to_dict("list") == {
        "image": ["00000001_000.jpg"] * 2,
        "finding": ["Infiltration", "Pleural_Thickening"],
        "x": [225.084745762712, 1],
        "y": [547.019216763771, 2],
        "width": [86.7796610169491, 3],
        "height": [79.25, 4],
    }


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a.png,Mas,1,2,3,4", "unknown finding 'Mas' in boxes.csv; did you mean 'Mass'"),
        ("a.png,Mass,1,2,3,wide", "boxes.csv: line 2 has a side that is no number"),
        ("a.png,Mass,1,2,3", "boxes.csv: line 2 has a side that is no number"),
    ],
)
def test_a_broken_box_is_named(tmp_path, line, message):
    with pytest.raises(InputError, match=message.replace(".", r"\.")):
        read_boxes(write(tmp_path / "boxes.csv", BOX_HEADER, line), {})
