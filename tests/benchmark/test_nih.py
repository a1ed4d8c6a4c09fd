"""Reading ChestX-ray14 in every layout and every table variant met in the wild."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from benchmark.datasets.nih import read_nih, read_official
from features.errors import InputError
from features.findings import FINDINGS, NO_FINDING

HEADER = "Image Index,Finding Labels,Patient ID,Patient Age"
LINES = (
    "00000001_000.png,Cardiomegaly|Effusion,1,58",
    "00000001_001.png,No Finding,1,59",
    "00000002_000.png,Hernia,2,81",
)
IMAGES = tuple(line.partition(",")[0] for line in LINES)
BOX_HEADER = "Image Index,Finding Label,Bbox [x,y,w,h],,,"


def write(path: Path, *lines: str) -> Path:
    """Write a text file without a newline at its end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def draw(path: Path) -> Path:
    """Write a tiny image, in the format that its name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (4, 4), 128).save(path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The table of 2020 and its three images, in ``images/``."""
    write(tmp_path / "Data_Entry_2017_v2020.csv", HEADER, *LINES)
    for image in IMAGES:
        draw(tmp_path / "images" / image)
    return tmp_path


# --- images ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "places",
    [
        ("images/{}", "images/{}", "images/{}"),
        ("images_001/images/{}", "images_001/images/{}", "images_012/images/{}"),
        ("sample/images/{}", "sample/images/{}", "sample/images/{}"),
        ("{}", "{}", "{}"),
        ("a/b/c/{}", "train/{}", "test/{}"),
    ],
    ids=["NIH", "Kaggle", "Kaggle's sample", "flat", "anywhere"],
)
def test_images_are_found_in_every_layout(tmp_path, places):
    write(tmp_path / "Data_Entry_2017.csv", HEADER, *LINES)
    files = [
        draw(tmp_path / place.format(image)) for place, image in zip(places, IMAGES, strict=True)
    ]
    radiographs, report = read_nih(tmp_path, cache=tmp_path / "cache")
    assert list(radiographs.images) == list(IMAGES)
    assert radiographs.archive.files == files
    assert list(radiographs.rows) == [0, 1, 2]
    assert (report.read, report.missing, report.surplus, report.warnings) == (3, 0, 0, [])


@pytest.mark.parametrize("suffix", [".PNG", ".jpg", ".JPEG"])
def test_images_are_matched_by_stem_whatever_the_suffix(tmp_path, suffix):
    write(tmp_path / "Data_Entry_2017.csv", HEADER, *LINES)
    for image in IMAGES:
        draw((tmp_path / image).with_suffix(suffix))
    radiographs, _ = read_nih(tmp_path)
    assert list(radiographs.images) == list(IMAGES)


def test_pixels_can_be_read(folder, tmp_path):
    radiographs, _ = read_nih(folder, cache=tmp_path / "cache")
    assert np.asarray(radiographs.pixels(2)).tolist() == [[[128] * 2] * 2] * 3


def test_missing_and_surplus_images_are_counted_and_named(folder):
    (folder / "images" / IMAGES[1]).unlink()
    for number in range(7):
        draw(folder / "images" / f"stray_{number}.png")
    radiographs, report = read_nih(folder)
    assert list(radiographs.images) == [IMAGES[0], IMAGES[2]]
    assert (report.read, report.missing, report.surplus) == (2, 1, 7)
    assert report.surplus_names == tuple(f"stray_{number}.png" for number in range(5))
    left_out, surplus = report.warnings
    assert left_out.endswith("left out: 1 of 3")
    assert surplus.endswith(
        "7 (stray_0.png, stray_1.png, stray_2.png, stray_3.png, stray_4.png, …)"
    )


def test_the_tables_alone_name_every_image(folder):
    (folder / "images" / IMAGES[1]).unlink()
    radiographs, report = read_nih(folder, need_images=False, cache=folder)
    assert list(radiographs.images) == list(IMAGES)
    assert radiographs.archive is None
    assert report.missing == 1
    assert report.warnings == []


def test_a_limit_draws_the_same_patients_each_time_in_the_order_of_the_table(tmp_path):
    lines = [f"{n:08}_000.png,No Finding,{n},50" for n in range(1, 101)]
    write(tmp_path / "table.csv", HEADER, *lines)
    few, report = read_nih(tmp_path, limit=10, need_images=False)
    more, _ = read_nih(tmp_path, limit=20, need_images=False)
    assert len(few) == 10
    assert set(few.images) < set(more.images)
    assert list(few.images) == sorted(few.images)
    assert max(few.patients.astype(int)) > 20
    assert any("only 10 were asked for" in warning for warning in report.warnings)


def test_a_limit_keeps_patients_whole_but_for_the_last(tmp_path):
    lines = [f"{p:08}_{k:03}.png,Mass,{p},50" for k in range(4) for p in range(20)]
    write(tmp_path / "table.csv", HEADER, *lines)
    radiographs, _ = read_nih(tmp_path, limit=10, need_images=False)
    assert sorted(pd.Series(radiographs.patients).value_counts()) == [2, 4, 4]


# --- the choice of a table ------------------------------------------------------------------------


def test_the_table_that_names_most_images_on_disk_is_taken(folder):
    write(folder / "sample" / "sample_labels.csv", HEADER, *LINES[:1])
    report = read_nih(folder)[1]
    assert report.table == "Data_Entry_2017_v2020.csv"
    assert report.why == "it names 3 of 3 images on disk; sample/sample_labels.csv 1"


def test_of_equal_tables_the_one_of_2020_is_taken_then_the_longest(folder):
    write(folder / "Data_Entry_2017.csv", HEADER, *LINES, LINES[0].replace("_000", "_009"))
    assert read_nih(folder)[1].table == "Data_Entry_2017_v2020.csv"
    (folder / "Data_Entry_2017_v2020.csv").unlink()
    write(folder / "A.csv", HEADER, *LINES)
    assert read_nih(folder)[1].table == "Data_Entry_2017.csv"


@pytest.mark.parametrize("given", ["sample_labels.csv", "sub/sample_labels.csv", "SampleLabels"])
def test_a_table_that_was_asked_for_is_taken(folder, given):
    write(folder / "sub" / "sample_labels.csv", HEADER, *LINES[:1])
    radiographs, report = read_nih(folder, table=given)
    assert (report.table, report.why) == ("sub/sample_labels.csv", "as asked for")
    assert (len(radiographs), report.surplus) == (1, 2)


def test_a_table_may_lie_outside_the_folder(folder, tmp_path_factory):
    elsewhere = write(tmp_path_factory.mktemp("x") / "mine.csv", HEADER, *LINES[:2])
    report = read_nih(folder, table=elsewhere)[1]
    assert (report.table, report.read) == (str(elsewhere), 2)


def test_a_broken_table_is_no_reason_to_stop_when_another_was_asked_for(folder):
    write(folder / "broken.csv", HEADER, LINES[0].replace("Effusion", "Efusion"))
    report = read_nih(folder, table="Data_Entry_2017_v2020.csv")[1]
    assert report.read == 3
    assert "not compared with another table: unknown finding 'Efusion'" in report.warnings[0]


def test_other_labels_in_another_table_are_counted(folder):
    lines = [LINES[0].replace("|Effusion", ""), *LINES[1:]]
    write(folder / "sample_labels.csv", HEADER, *lines)
    report = read_nih(folder)[1]
    assert report.label_differences == {"sample_labels.csv": 1}
    assert report.warnings == [
        "images with other labels in sample_labels.csv than in Data_Entry_2017_v2020.csv: 1"
    ]


def test_the_report_can_be_written_as_json(folder):
    report = read_nih(folder)[1]
    said = json.loads(json.dumps(report.as_dict()))
    assert said["summary"].startswith("3 images of Data_Entry_2017_v2020.csv in ")
    assert (said["read"], said["surplus_names"], said["warnings"]) == (3, [], [])


# --- labels, boxes and lists ----------------------------------------------------------------------


def test_labels_are_fourteen_findings_or_fifteen_labels(folder):
    fourteen, fifteen = read_nih(folder)[0], read_nih(folder, labels=15)[0]
    assert fourteen.findings == FINDINGS
    assert fourteen.labels.dtype == np.float32
    present = [[FINDINGS[j] for j in np.flatnonzero(row)] for row in fourteen.labels]
    assert present == [["Cardiomegaly", "Effusion"], [], ["Hernia"]]
    assert fifteen.findings == (*FINDINGS, NO_FINDING)
    assert fifteen.labels[:, :14].tolist() == fourteen.labels.tolist()
    assert fifteen.labels[:, 14].tolist() == [0, 1, 0]


def test_unknown_ages_and_labels_are_told(folder):
    lines = (LINES[0].replace(",58", ",148"), LINES[1].replace("No Finding", ""), LINES[2])
    write(folder / "Data_Entry_2017_v2020.csv", HEADER, *lines)
    report = read_nih(folder)[1]
    assert (report.ages_mended, report.unlabelled) == (1, 1)
    assert report.warnings == [
        "impossible ages in Data_Entry_2017_v2020.csv, taken as unknown: 1",
        "images without a label in Data_Entry_2017_v2020.csv, taken as unknown: 1",
    ]


@pytest.mark.parametrize("name", ["BBox_List_2017.csv", "BBoxList2017.csv", "boxes.csv"])
def test_boxes_are_those_of_the_images_read(folder, name):
    (folder / "images" / IMAGES[2]).unlink()
    lines = [f"{image},{finding},1,2,3,4" for image in IMAGES for finding in ("Mass", "Nodule")]
    write(folder / name, BOX_HEADER, lines[0], *lines[3:])
    radiographs, report = read_nih(folder)
    assert (report.boxes, report.boxed_images) == (2, 2)
    assert list(radiographs.boxes["image"]) == list(IMAGES[:2])
    assert radiographs.boxes_at(256).iloc[0].tolist()[2:] == [0.25, 0.5, 0.75, 1]


def test_without_a_box_file_there_are_no_boxes(folder):
    radiographs, report = read_nih(folder)
    assert list(radiographs.boxes) == ["image", "finding", "x", "y", "width", "height"]
    assert len(radiographs.boxes_at(224)) == report.boxes == 0


def test_official_lists_are_found_without_a_last_newline(folder):
    write(folder / "lists" / "train_val_list.txt", IMAGES[0], IMAGES[1])
    write(folder / "lists" / "test_list_NIH.txt", IMAGES[2])
    assert read_official(folder) == {
        "train_val": {"00000001_000", "00000001_001"},
        "test": {"00000002_000"},
    }
    assert read_nih(folder)[1].official == {"train_val": 2, "test": 1}


def test_one_list_without_the_other_is_told(folder):
    write(folder / "test_list.txt", IMAGES[2])
    assert "only test is there" in read_nih(folder)[1].warnings[0]


# --- errors ---------------------------------------------------------------------------------------


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"there is no folder .*nowhere"):
        read_nih(tmp_path / "nowhere")


def test_a_folder_without_a_table_says_what_was_looked_for_and_found(tmp_path):
    draw(tmp_path / "x.png")
    write(tmp_path / "notes.csv", "a,b", "1,2")
    with pytest.raises(InputError) as raised:
        read_nih(tmp_path)
    assert "Image Index, Finding Labels and Patient ID" in str(raised.value)
    assert str(raised.value).endswith("found 1 CSV file (notes.csv) and 1 image (x.png)")


def test_a_folder_without_images_says_what_was_looked_for_and_found(folder):
    shutil.rmtree(folder / "images")
    draw(folder / "other.png")
    with pytest.raises(InputError) as raised:
        read_nih(folder)
    assert "no image in" in str(raised.value)
    assert "looked for 00000001_000.png, 00000001_001.png, …" in str(raised.value)
    assert str(raised.value).endswith("found 1 image (other.png)")


def test_a_table_that_is_not_there_is_an_error_with_the_nearest(folder):
    with pytest.raises(InputError, match=r"did you mean 'Data_Entry_2017_v2020\.csv'"):
        read_nih(folder, table="Data_Entry_2020.csv")


def test_a_table_without_findings_cannot_be_asked_for(folder):
    write(folder / "notes.csv", "Image Index,Patient ID", "1,2")
    with pytest.raises(InputError, match="it has no column of the findings"):
        read_nih(folder, table="notes.csv")


@pytest.mark.parametrize("options", [{"labels": 13}, {"limit": 0}])
def test_impossible_options_are_errors(folder, options):
    with pytest.raises(InputError, match=next(iter(options))):
        read_nih(folder, **options)
