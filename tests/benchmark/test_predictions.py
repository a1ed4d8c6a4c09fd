"""Files of predictions are read as their authors wrote them, or refused with line and reason."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from benchmark.predictions import read_predictions
from features.errors import InputError
from features.findings import FINDINGS


@pytest.fixture
def table():
    """Probabilities of ten images, a column a finding."""
    values = np.random.default_rng(0).random((10, 14)).round(3)
    images = pd.Index([f"{k:08d}_000.png" for k in range(10)], name="image")
    return pd.DataFrame(values, images, list(FINDINGS))


@pytest.fixture
def write(tmp_path):
    """Write a table to a file."""

    def write(table, **options):
        table.to_csv(tmp_path / "a.csv", **options)
        return tmp_path / "a.csv"

    return write


@pytest.mark.parametrize(
    "header",
    [
        *("{}", "prob_{}", "score.{}", "P({})", "{} (net 2)", "y_pred_{}_mean", "prob{}"),
        *("val/{}/sigmoid", "0_{}"),
    ],
)
def test_a_finding_is_known_among_other_words_and_in_any_order(table, write, header):
    shuffled = table[sorted(FINDINGS)].rename(columns=header.format)
    found = read_predictions(write(shuffled))
    assert list(found.scores.columns) == list(FINDINGS)
    assert np.array_equal(found.scores.to_numpy(), table.to_numpy())
    assert found.columns["Mass"] == header.format("Mass")


def test_spellings_are_matched_and_said(table, write):
    spelled = {"Infiltration": "p_infiltrate", "Pleural_Thickening": "p_pleural thickening"}
    upper = {name: f"p_{name.upper()}" for name in ("Mass", "Edema")}
    found = read_predictions(write(table.rename(columns=spelled | upper)))
    assert found.columns["Infiltration"] == "p_infiltrate"
    assert "'p_infiltrate' as Infiltration" in found.notes[0]
    assert "'p_pleural thickening' as Pleural_Thickening" in found.notes[0]
    assert found.columns["Mass"] == "p_MASS"
    assert "Mass" not in found.notes[0]


def test_other_columns_are_left_out_and_said_and_no_finding_is_welcome(table, write):
    more = table.assign(epoch=3, **{"Lung Opacity": "high", "No Finding": 0.5})
    found = read_predictions(write(more))
    assert found.scores.shape == (10, 15)
    assert any("left out 2 columns (epoch, Lung Opacity)" in note for note in found.notes)


def test_a_finding_without_a_column_is_named_with_what_is_nearest(table, write):
    with pytest.raises(InputError, match=r"a\.csv has no column for Hernia; nearest .* 'p_Hernai'"):
        read_predictions(write(table.rename(columns={"Hernia": "p_Hernai"})))
    with pytest.raises(InputError, match=r"no column for 2 findings \(Mass, Edema\)"):
        read_predictions(write(table.drop(columns=["Mass", "Edema"])))


def test_two_columns_for_a_finding_are_named(table, write):
    with pytest.raises(InputError, match="'Mass' and 'prob_Mass' could each be Mass"):
        read_predictions(write(table.assign(prob_Mass=0.5)))


def test_a_column_that_names_two_findings_is_neither(table, write):
    found = read_predictions(write(table.assign(Mass_or_Nodule=7)))
    assert found.columns["Mass"] == "Mass"


@pytest.mark.parametrize("name", ["Image Index", "image_id", "FILENAME", "img", "file path", ""])
def test_the_image_column_has_many_names(table, write, name):
    found = read_predictions(write(table, index_label=name))
    assert list(found.scores.index[:2]) == ["00000000_000", "00000001_000"]


def test_images_are_matched_without_folder_and_suffix(table, write):
    table.index = [f"/data/x/{image.replace('png', 'JPG')}" for image in table.index]
    assert read_predictions(write(table)).scores.index[0] == "00000000_000"


def test_a_file_without_images_says_what_it_has(table, write):
    with pytest.raises(InputError, match=r"no image column.*it has 15 columns \(who, Atelectasis"):
        read_predictions(write(table, index_label="who"))


@pytest.mark.parametrize("cell", ["", "nan", "high", "0,5", "0_5", "inf", "1e999"])
def test_what_is_no_number_is_named_with_its_line_image_and_column(table, write, cell):
    table = table.astype(object)
    table.loc["00000003_000.png", "Mass"] = cell
    with pytest.raises(InputError) as error:
        read_predictions(write(table))
    assert f"line 5 (00000003_000.png) has '{cell}' as Mass" in str(error.value)
    assert "a.csv: 1 value is no finite number" in str(error.value)


def test_a_long_list_of_bad_cells_is_cut(table, write):
    table = table.astype(object)
    table["Mass"] = "?"
    with pytest.raises(InputError, match=r"10 values are no finite number: line 2 .*; …$"):
        read_predictions(write(table))


def test_an_image_named_twice_is_named_with_its_lines(table, write):
    table.index = [*table.index[:9], "copies/00000002_000.jpg"]
    with pytest.raises(InputError, match=r"1 image more than once: 00000002_000 \(lines 4, 11\)"):
        read_predictions(write(table))


def test_a_line_that_names_no_image_is_named(table, write):
    table.index = [*table.index[:9], " "]
    with pytest.raises(InputError, match="line 11 names no image"):
        read_predictions(write(table))


def test_a_slip_among_probabilities_is_no_logit(table, write):
    table.loc["00000007_000.png", "Edema"] = 1.2
    table.loc["00000008_000.png", "Edema"] = -0.1
    with pytest.raises(InputError, match=r"2 values are outside \[0, 1\]: line 9 .*1\.2.*--logits"):
        read_predictions(write(table))


def test_percentages_are_refused(table, write):
    with pytest.raises(InputError, match=r"outside \[0, 1\]"):
        read_predictions(write(100 * table))


def test_logits_are_known_by_their_negative_values(table, write):
    logits = 4 * table - 3
    found = read_predictions(write(logits))
    assert found.scale == "logits"
    assert found.scores.to_numpy() == pytest.approx(expit(logits.to_numpy()))
    assert "values taken for logits" in found.notes


def test_a_column_of_probabilities_among_logits_is_refused_unless_one_insists(table, write):
    mixed = (4 * table - 3).assign(Hernia=table["Hernia"])
    with pytest.raises(InputError, match=r"1 column \(Hernia\) only values in \[0, 1\]"):
        read_predictions(write(mixed))
    assert read_predictions(write(mixed), scale="logits").scale == "logits"


def test_what_one_asks_for_is_done(table, write):
    assert read_predictions(write(table), scale="logits").scores.min(axis=None) >= 0.5
    with pytest.raises(InputError, match=r"outside \[0, 1\]"):
        read_predictions(write(4 * table - 3), scale="probabilities")


def test_a_header_that_denies_a_finding_does_not_name_it(table, write):
    with pytest.raises(InputError, match="nearest to Effusion is 'no_effusion'"):
        read_predictions(write(table.rename(columns={"Effusion": "no_effusion"})))


def test_columns_that_name_no_finding_are_shown_where_one_is_missing(table, write):
    with pytest.raises(InputError, match=r"Thickening; no finding is named by 1 column \(PT\)"):
        read_predictions(write(table.rename(columns={"Pleural_Thickening": "PT"})))


def test_percentages_are_told_from_logits(table, write):
    with pytest.raises(InputError, match="percentages must be divided by 100"):
        read_predictions(write(100 * table))


def test_logits_that_tie_as_probabilities_are_told(table, write):
    table["Mass"] = [40 + k for k in range(10)]
    found = read_predictions(write(table - 0.5), scale="logits")
    assert "9 logits tie with another as probabilities" in found.notes[-1]


def test_calls_in_the_place_of_scores_are_told(table, write):
    assert read_predictions(write(table.round())).notes[-1].startswith("all values are 0 or 1")


def test_commas_and_lines_within_a_header_part_nothing(table, write):
    table.insert(3, "remark, free", "none")
    table.insert(5, "a header\nof two lines", "none")
    found = read_predictions(write(table))
    assert np.array_equal(found.scores.to_numpy(), table[list(FINDINGS)].to_numpy())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (bytes(range(256)) * 40, "is no text: save it as CSV"),
        ("image,Mass\n".encode("utf-16"), "is no text: save it as CSV"),
        (b"", "has no header in its first line"),
        (b"\nimage,Mass\na,1\n", "has no header in its first line"),
        (b"image;Mass\na;0,5\n", "parts its columns by semicolons"),
        (b"image\tMass\na\t0,5\n", "parts its columns by tabs"),
        (b'"' + b"x" * 140_000, "is no CSV file: field larger than field limit"),
        (f"image,{','.join(FINDINGS)}\n".encode(), "has no line below its header"),
    ],
)
def test_what_is_no_table_is_one_line(tmp_path, content, message):
    (tmp_path / "b.csv").write_bytes(content)
    with pytest.raises(InputError, match=rf"b\.csv {message}"):
        read_predictions(tmp_path / "b.csv")


def test_what_is_no_file_is_one_line(tmp_path):
    with pytest.raises(InputError, match="there is no file"):
        read_predictions(tmp_path)
