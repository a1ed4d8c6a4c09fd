"""Reading ChestX-ray14 in every layout and every table variant met in the wild."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from benchmark.datasets.files import scan, stem
from benchmark.datasets.nih import read_nih, read_official
from benchmark.datasets.nih_tables import read_labels
from features.errors import InputError
from features.findings import FINDINGS, NO_FINDING
from features.radiographs import COLUMNS

HEADER = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]"
)
SAMPLE_HEADER = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    "OriginalImageWidth,OriginalImageHeight,OriginalImagePixelSpacing_x,OriginalImagePixelSpacing_y"
)
LINES = (
    "00000001_000.png,Cardiomegaly|Effusion,0,1,58,M,PA,2682,2749,0.143,0.143",
    "00000001_001.png,No Finding,1,1,59,M,AP,2894,2729,0.143,0.143",
    "00000002_000.png,Hernia,0,2,81,F,PA,2500,2048,0.171,0.171",
)
IMAGES = tuple(line.partition(",")[0] for line in LINES)
BOX_HEADER = "Image Index,Finding Label,Bbox [x,y,w,h],,,"


def write(path: Path, *lines: str, newline: str = "\n", start: str = "") -> Path:
    """Write a text file without a newline at its end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((start + newline.join(lines)).encode())
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


def test_of_same_named_files_the_one_in_an_image_folder_is_taken(tmp_path):
    name = IMAGES[0]
    places = ["a", "images_1/deep/images", "images_1/old", "images_1/sub/images"]
    for place in places:
        draw(tmp_path / place / name)
    contents = scan(tmp_path)
    assert contents.images == {stem(name): tmp_path / "images_1/deep/images" / name}
    assert contents.copies == 1


def test_png_is_taken_before_jpeg_in_the_same_folder(tmp_path):
    for suffix in (".jpeg", ".png", ".jpg"):
        draw(tmp_path / f"x{suffix}")
    assert scan(tmp_path).images == {"x": tmp_path / "x.png"}


def test_the_order_of_the_file_system_does_not_matter(folder, monkeypatch):
    for place in ("copy", "other/images", "originals"):
        shutil.copytree(folder / "images", folder / place)
    write(folder / "other" / "again.csv", HEADER, *LINES)
    before = scan(folder)
    real = os.scandir

    class Reversed:
        def __init__(self, place):
            with real(place) as entries:
                self.entries = list(entries)[::-1]

        def __enter__(self):
            return iter(sorted(self.entries, key=lambda e: e.name, reverse=True))

        def __exit__(self, *_):
            return None

    monkeypatch.setattr(os, "scandir", Reversed)
    assert scan(folder) == before


def test_hidden_files_and_folders_are_left_out(folder):
    draw(folder / ".thumbnails" / "00000009_000.png")
    draw(folder / "__MACOSX" / "00000009_001.png")
    draw(folder / "images" / "._00000009_002.png")
    assert len(scan(folder).images) == 3


def test_links_are_followed_and_loops_are_not(folder, tmp_path):
    elsewhere = tmp_path / "data"
    elsewhere.mkdir()
    (elsewhere / "linked").symlink_to(folder / "images", target_is_directory=True)
    (elsewhere / "loop").symlink_to(elsewhere, target_is_directory=True)
    (elsewhere / "itself").symlink_to(elsewhere / "itself")
    contents = scan(elsewhere)
    assert contents.images[stem(IMAGES[0])] == elsewhere / "linked" / IMAGES[0]
    assert (len(contents.images), contents.copies) == (3, 0)


def test_missing_and_surplus_images_are_counted_and_named(folder):
    (folder / "images" / IMAGES[1]).unlink()
    for number in range(7):
        draw(folder / "images" / f"stray_{number}.png")
    radiographs, report = read_nih(folder)
    assert list(radiographs.images) == [IMAGES[0], IMAGES[2]]
    assert (report.read, report.missing, report.surplus) == (2, 1, 7)
    assert report.surplus_names == tuple(f"stray_{number}.png" for number in range(5))
    left_out, surplus = report.warnings
    assert left_out.startswith("1 of the 3 images in Data_Entry_2017_v2020.csv are not on disk")
    assert surplus.endswith("stray_3.png, stray_4.png, …")


def test_the_tables_alone_name_every_image(folder):
    (folder / "images" / IMAGES[1]).unlink()
    radiographs, report = read_nih(folder, need_images=False, cache=folder)
    assert list(radiographs.images) == list(IMAGES)
    assert radiographs.archive is None
    assert report.missing == 1
    assert report.warnings == []


def test_a_limit_draws_the_same_patients_each_time_in_the_order_of_the_table(tmp_path):
    lines = [f"{n:08}_000.png,No Finding,0,{n},50,F,PA,9,9,1,1" for n in range(1, 101)]
    write(tmp_path / "table.csv", HEADER, *lines)
    few, report = read_nih(tmp_path, limit=10, need_images=False)
    more, _ = read_nih(tmp_path, limit=20, need_images=False)
    assert len(few) == 10
    assert set(few.images) < set(more.images)
    assert list(few.images) == sorted(few.images)
    assert max(few.patients.astype(int)) > 20
    assert any("10 images were asked for" in warning for warning in report.warnings)


def test_a_limit_keeps_patients_whole_but_for_the_last(tmp_path):
    lines = [f"{p:08}_{k:03}.png,Mass,{k},{p},50,F,PA,9,9,1,1" for k in range(4) for p in range(20)]
    write(tmp_path / "table.csv", HEADER, *lines)
    radiographs, _ = read_nih(tmp_path, limit=10, need_images=False)
    assert sorted(pd.Series(radiographs.patients).value_counts()) == [2, 4, 4]


# --- tables ---------------------------------------------------------------------------------------


def test_the_columns_are_what_radiographs_want(folder):
    table = read_nih(folder)[0].table
    assert tuple(table.columns) == COLUMNS
    assert table.index.name == "image"
    assert table.iloc[0].tolist() == ["1", 58, "M", "PA", 0, 2682, 2749]
    assert table.iloc[2].tolist() == ["2", 81, "F", "PA", 0, 2500, 2048]


def test_labels_are_fourteen_findings_or_fifteen_labels(folder):
    fourteen, fifteen = read_nih(folder)[0], read_nih(folder, labels=15)[0]
    assert fourteen.findings == FINDINGS
    assert fourteen.labels.dtype == np.float32
    present = [[FINDINGS[j] for j in np.flatnonzero(row)] for row in fourteen.labels]
    assert present == [["Cardiomegaly", "Effusion"], [], ["Hernia"]]
    assert fifteen.findings == (*FINDINGS, NO_FINDING)
    assert fifteen.labels[:, :14].tolist() == fourteen.labels.tolist()
    assert fifteen.labels[:, 14].tolist() == [0, 1, 0]


SAMPLE_LINES = (
    "00000001_000.png,Cardiomegaly|Effusion,000,1,058Y,M,PA,2682,2749,0.143,0.143",
    "00000001_001.png,No Finding,001,00000001,059Y,M,AP,2894,2729,0.143,0.143",
    "00000002_000.png,Hernia,000,2,081Y,F,PA,2500,2048,0.171,0.171",
)


@pytest.mark.parametrize(
    ("name", "header", "lines", "options"),
    [
        ("Data_Entry_2017.csv", HEADER + ",", [line + "," for line in LINES], {}),
        ("Data_Entry_2017.csv", HEADER + ",", LINES, {}),
        ("Data_Entry_2017.csv", HEADER.replace("OriginalImage[Width,Height]",
                                               '"OriginalImage[Width,Height]"'), LINES, {}),
        ("DataEntry2017.csv", HEADER, LINES, {"newline": "\r\n"}),
        ("labels.CSV", HEADER, LINES, {"start": "\ufeff"}),
        ("v2020.csv", HEADER.replace("Patient Gender", "Patient Sex"), LINES, {}),
        ("sample_labels.csv", SAMPLE_HEADER, SAMPLE_LINES, {}),
        ("spaces.csv", HEADER, ["", *(line.replace(",", " , ") for line in LINES), ",,,,,,,,,,"], {}),
    ],
    ids=["2017", "2017 header", "quoted", "CRLF", "BOM", "sex", "sample", "blanks"],
)  # fmt: skip
def test_every_table_variant_reads_the_same(folder, tmp_path, name, header, lines, options):
    path = write(tmp_path / "variant" / name, header, *lines, **options)
    same, variant = read_labels(folder / "Data_Entry_2017_v2020.csv"), read_labels(path)
    pd.testing.assert_frame_equal(variant.table, same.table)
    np.testing.assert_array_equal(variant.labels, same.labels)


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
    table = read_labels(write(tmp_path / "t.csv", HEADER, line))
    assert table.table["age"].iloc[0] == pytest.approx(years, nan_ok=True)
    assert table.ages_mended == 0


@pytest.mark.parametrize("cell", ["411Y", "148", "-3", "old"])
def test_an_impossible_age_is_unknown_and_counted(tmp_path, cell):
    line = LINES[0].replace(",58,", f",{cell},")
    write(tmp_path / "t.csv", HEADER, line, *LINES[1:])
    radiographs, report = read_nih(tmp_path, need_images=False)
    assert np.isnan(radiographs.table["age"].iloc[0])
    assert report.ages_mended == 1
    assert report.warnings == ["1 ages in t.csv are impossible and taken as unknown"]


def test_a_table_without_lines_is_an_error(tmp_path):
    write(tmp_path / "t.csv", HEADER)
    with pytest.raises(InputError, match=r"t\.csv has no line below its header"):
        read_nih(tmp_path, need_images=False)


def test_columns_that_can_be_done_without_are_unknown(tmp_path):
    write(tmp_path / "t.csv", "Image Index,Finding Labels,Patient ID", "a.png,Mass,P-7")
    table = read_nih(tmp_path, need_images=False)[0].table
    assert table[["patient", "sex", "view", "follow_up"]].iloc[0].tolist() == ["P-7", "", "", 0]
    assert table[["age", "width", "height"]].isna().all(axis=None)


def test_an_empty_cell_of_findings_is_unknown_and_not_no_finding(tmp_path):
    write(tmp_path / "t.csv", HEADER, LINES[0], LINES[1].replace("No Finding", ""))
    radiographs, report = read_nih(tmp_path, labels=15, need_images=False)
    assert np.isnan(radiographs.labels[1]).all()
    assert report.unlabelled == 1


def test_an_unknown_finding_is_an_error_with_the_nearest(tmp_path):
    write(tmp_path / "t.csv", HEADER, LINES[0].replace("Effusion", "Efusion"))
    with pytest.raises(InputError, match=r"'Efusion' in t\.csv; did you mean 'Effusion'\?"):
        read_nih(tmp_path, need_images=False)


def test_no_finding_beside_a_finding_is_an_error(tmp_path):
    write(tmp_path / "t.csv", HEADER, LINES[0].replace("Effusion", "No Finding"))
    with pytest.raises(InputError, match="'Cardiomegaly|No Finding' says No Finding and a finding"):
        read_nih(tmp_path, need_images=False)


def test_a_line_that_stands_twice_counts_once(tmp_path):
    twice = LINES[0].replace("Cardiomegaly|Effusion", "Effusion|Cardiomegaly")
    write(tmp_path / "t.csv", HEADER, *LINES, twice)
    assert len(read_nih(tmp_path, need_images=False)[0]) == 3


@pytest.mark.parametrize("change", [("Effusion", "Mass"), (",1,58,", ",7,58,"), (".png", ".jpg")])
def test_lines_that_contradict_each_other_are_an_error_with_their_names(tmp_path, change):
    other = LINES[0].replace(*change).replace(",58,", ",57,")
    write(tmp_path / "t.csv", HEADER, *LINES, other)
    with pytest.raises(InputError, match=r"t\.csv contradicts itself .* 00000001_000$"):
        read_nih(tmp_path, need_images=False)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (LINES[0].replace(",1,58", ",,58"), "line 3 names no patient"),
        (LINES[0].partition(",")[2].join([",", ""]), "line 3 names no image"),
        (LINES[0].replace("|", ","), "line 3 has more cells than the header"),
        ("00000002_0", "line 3 names no patient"),
    ],
    ids=["no patient", "no image", "a comma too many", "the file is cut off"],
)
def test_a_broken_line_is_named(tmp_path, line, message):
    write(tmp_path / "t.csv", HEADER, LINES[1], line)
    with pytest.raises(InputError, match=rf"t\.csv: {message}"):
        read_nih(tmp_path, need_images=False)


# --- the choice of a table ------------------------------------------------------------------------


def test_the_table_that_names_most_images_on_disk_is_taken(folder):
    write(folder / "sample" / "sample_labels.csv", SAMPLE_HEADER, *SAMPLE_LINES[:1])
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
    write(folder / "sub" / "sample_labels.csv", SAMPLE_HEADER, *SAMPLE_LINES[:1])
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
    lines = [SAMPLE_LINES[0].replace("|Effusion", ""), *SAMPLE_LINES[1:]]
    write(folder / "sample_labels.csv", SAMPLE_HEADER, *lines)
    report = read_nih(folder)[1]
    assert report.label_differences == {"sample_labels.csv": 1}
    assert report.warnings == [
        "1 images have other labels in sample_labels.csv than in Data_Entry_2017_v2020.csv"
    ]


def test_the_report_can_be_written_as_json(folder):
    report = read_nih(folder)[1]
    said = json.loads(json.dumps(report.as_dict()))
    assert said["summary"].startswith("3 images of Data_Entry_2017_v2020.csv in ")
    assert (said["read"], said["surplus_names"], said["warnings"]) == (3, [], [])


# --- boxes and lists ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["BBox_List_2017.csv", "BBoxList2017.csv", "boxes.csv"])
def test_boxes_are_read_for_the_images_read(folder, name):
    (folder / "images" / IMAGES[2]).unlink()
    lines = (
        f"{IMAGES[0]},Infiltrate,225.084745762712,547.019216763771,86.7796610169491,79.25",
        f"{IMAGES[0]},Effusion,1,2,3,4",
        f"{IMAGES[2]},Mass,1,2,3,4",
    )
    write(folder / name, BOX_HEADER, *lines)
    radiographs, report = read_nih(folder)
    assert (report.boxes, report.boxed_images) == (2, 1)
    assert radiographs.boxes.to_dict("list") == {
        "image": [IMAGES[0]] * 2,
        "finding": ["Infiltration", "Effusion"],
        "x": [225.084745762712, 1],
        "y": [547.019216763771, 2],
        "width": [86.7796610169491, 3],
        "height": [79.25, 4],
    }


def test_boxes_are_matched_by_stem_and_named_as_in_the_table(folder):
    write(folder / "boxes.csv", BOX_HEADER, f"{stem(IMAGES[0])}.jpg,Mass,1,2,3,4")
    assert read_nih(folder)[0].boxes["image"].tolist() == [IMAGES[0]]


def test_without_a_box_file_there_are_no_boxes(folder):
    radiographs, report = read_nih(folder)
    assert list(radiographs.boxes) == ["image", "finding", "x", "y", "width", "height"]
    assert len(radiographs.boxes_at(224)) == report.boxes == 0


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (f"{IMAGES[0]},Mas,1,2,3,4", "unknown finding 'Mas' in boxes.csv; did you mean 'Mass'"),
        (f"{IMAGES[0]},Mass,1,2,3,wide", "boxes.csv: line 2 has a side that is no number"),
    ],
)
def test_a_broken_box_is_named(folder, line, message):
    write(folder / "boxes.csv", BOX_HEADER, line)
    with pytest.raises(InputError, match=message):
        read_nih(folder)


def test_official_lists_are_found_without_a_last_newline(folder):
    write(folder / "lists" / "train_val_list.txt", IMAGES[0], IMAGES[1])
    write(folder / "lists" / "test_list_NIH.txt", IMAGES[2], newline="\r\n")
    assert read_official(folder) == {
        "train_val": {"00000001_000", "00000001_001"},
        "test": {"00000002_000"},
    }
    assert read_nih(folder)[1].official == {"train_val": 2, "test": 1}


def test_one_list_without_the_other_is_told(folder):
    write(folder / "test_list.txt", IMAGES[2])
    assert "only 'test' is there" in read_nih(folder)[1].warnings[0]


# --- errors ---------------------------------------------------------------------------------------


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(InputError, match="there is no folder .*nowhere"):
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
    with pytest.raises(InputError, match="did you mean 'Data_Entry_2017_v2020.csv'"):
        read_nih(folder, table="Data_Entry_2020.csv")


def test_a_table_without_findings_cannot_be_asked_for(folder):
    write(folder / "notes.csv", "Image Index,Patient ID", "1,2")
    with pytest.raises(InputError, match="it has no column of the findings"):
        read_nih(folder, table="notes.csv")


@pytest.mark.parametrize("options", [{"labels": 13}, {"limit": 0}])
def test_impossible_options_are_errors(folder, options):
    with pytest.raises(InputError, match=next(iter(options))):
        read_nih(folder, **options)


# --- the real files -------------------------------------------------------------------------------

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


@pytest.mark.nih
class TestRealTables:
    def test_counts_of_images_and_patients(self, full):
        radiographs, report = full
        assert (len(radiographs), report.images_in_table) == (112_120, 112_120)
        images = pd.Series(radiographs.patients).value_counts()
        assert (len(images), images.min(), images.max()) == (30_805, 1, 184)
        assert report.ages_mended == 0
        assert report.warnings == [
            "34 images lie on disk more than once; one file of each is read",
            "10 images have other labels in sample_labels.csv than in Data_Entry_2017_v2020.csv",
        ]

    def test_counts_of_the_official_lists(self, full, nih):
        radiographs, report = full
        assert report.official == {"train_val": 86_524, "test": 25_596}
        patients = dict(zip(map(stem, radiographs.images), radiographs.patients, strict=True))
        of = {k: {patients[s] for s in names} for k, names in read_official(nih).items()}
        assert {kind: len(names) for kind, names in of.items()} == {
            "train_val": 28_008,
            "test": 2_797,
        }
        assert not of["train_val"] & of["test"]

    @pytest.mark.parametrize("finding", FACTS)
    def test_counts_of_a_finding(self, full, nih, finding):
        radiographs, _ = full
        has = radiographs.labels[:, radiographs.findings.index(finding)] == 1
        listed = read_official(nih)["test"]
        test = np.array([stem(image) in listed for image in radiographs.images])
        shares = (100 * part.mean() for part in (has, has[~test], has[test]))
        patients = len(set(radiographs.patients[has & test]))
        assert (has.sum(), *(round(share, 2) for share in shares), patients) == FACTS[finding]

    def test_counts_of_boxes(self, full, nih):
        radiographs, report = full
        assert (report.boxes, report.boxed_images) == (984, 880)
        assert set(map(stem, radiographs.boxes["image"])) <= read_official(nih)["test"]
        assert radiographs.boxes["finding"].nunique() == 8

    def test_the_sample_differs_in_the_labels_of_ten_images(self, nih):
        sample = read_labels(nih / "sample_labels.csv")
        full = read_labels(nih / "Data_Entry_2017_v2020.csv")
        assert (len(sample), full.differences(sample)) == (5_606, 10)
        assert sample.ages_mended == 1
        assert sample.table["age"].between(0, 100).sum() == 5_605

    def test_images_on_disk_and_the_table_that_names_them(self, nih, tmp_path):
        radiographs, report = read_nih(nih, cache=tmp_path)
        assert report.why == "it names 1,050 of 1,050 images on disk; sample_labels.csv 51"
        assert (len(radiographs), report.missing, report.copies) == (1_050, 111_070, 34)
        assert {file.parent.name for file in radiographs.archive.files} == {"images"}

    def test_the_sample_table_when_asked_for(self, nih):
        report = read_nih(nih, table="sample_labels.csv")[1]
        assert (report.read, report.surplus) == (51, 999)

    def test_the_originals_alone_are_read_too(self, nih, tmp_path):
        (tmp_path / "originals").symlink_to(nih / "originals", target_is_directory=True)
        radiographs, _ = read_nih(
            tmp_path, table=nih / "Data_Entry_2017_v2020.csv", cache=tmp_path / "cache"
        )
        modes = [Image.open(file).mode for file in radiographs.archive.files]
        assert (len(modes), modes.count("RGBA")) == (34, 5)
        assert np.asarray(radiographs.pixels(32)).std(axis=(1, 2)).min() > 1
