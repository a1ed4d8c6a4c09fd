"""The split: whole patients, balanced findings, the same on every machine."""

from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.splits import KINDS, PARTS, Split, balance, make_split
from features.errors import InputError
from features.radiographs import Radiographs

FINDINGS = ("Edema", "Hernia", "Mass")


def radiographs(patients: list[str], labels: np.ndarray | None = None) -> Radiographs:
    """Make a table with one image a name, the k-th called ``k.png``."""
    images = pd.Index([f"{k}.png" for k in range(len(patients))], name="image")
    table = pd.DataFrame({"patient": patients}, index=images)
    labels = np.zeros((len(patients), len(FINDINGS))) if labels is None else labels
    return Radiographs(table, labels.astype(np.float32), FINDINGS)


def cohort(patients: int, *, seed: int = 0) -> Radiographs:
    """Make patients with 1 to 5 images, and findings as rare as one in twenty."""
    rng = np.random.default_rng(seed)
    names = [str(patient) for patient in range(patients) for _ in range(rng.integers(1, 6))]
    return radiographs(names, rng.random((len(names), 3)) < (0.3, 0.05, 0.1))


@st.composite
def tables(draw, fewest: int = 3) -> Radiographs:
    """Draw patients with strange names, 1 to 12 images each, and any labels, unknown ones too."""
    names = draw(st.lists(st.text(max_size=5), min_size=fewest, max_size=25, unique=True))
    images = [name for name in names for _ in range(draw(st.integers(1, 12)))]
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    shares = [draw(st.sampled_from((0, 0.03, 0.2, 0.7, 1))) for _ in FINDINGS]
    labels = (rng.random((len(images), 3)) < shares).astype(np.float32)
    labels[rng.random(labels.shape) < 0.05] = np.nan
    order = rng.permutation(len(images))
    return radiographs([images[i] for i in order], labels[order])


def sides(split: Split) -> pd.Series:
    """Count the parts that each patient is in."""
    return pd.Series(split.part).groupby(split.patients).nunique()


# --- properties -----------------------------------------------------------------------------------


@given(tables(), st.integers(0, 9))
def test_no_patient_is_on_two_sides_and_every_image_is_on_one(table, seed):
    split = make_split(table, seed=seed)
    assert sides(split).eq(1).all()
    assert set(split.part) == set(PARTS)
    assert list(split.images) == list(table.images)
    assert set(split.fold) == {-1}


@given(tables(), st.sampled_from((0.1, 0.25, 0.4)), st.sampled_from((0.1, 0.2, 0.5)))
def test_shares_are_as_asked_for_but_for_a_patient(table, valid, test):
    split = make_split(table, valid=valid, test=test)
    largest = pd.Series(table.patients).value_counts().max()
    for part, share in zip(PARTS, (1 - valid - test, valid, test), strict=True):
        off = (split.part == part).sum() - share * len(table)
        assert off < largest + 1e-9
        assert off > -2 * largest - 1e-9


@given(tables(), st.randoms(use_true_random=False), st.integers(0, 3))
def test_the_order_of_the_rows_does_not_matter(table, random, seed):
    order = random.sample(range(len(table)), len(table))
    straight, mixed = make_split(table, seed=seed), make_split(table.take(order), seed=seed)
    assert mixed.part.tolist() == straight.part[order].tolist()
    assert mixed.fingerprint == straight.fingerprint


@given(tables(fewest=6), st.integers(3, 5), st.integers(0, 3))
def test_folds_hold_whole_patients_and_each_is_the_test_part_once(table, folds, seed):
    splits = [make_split(table, folds=folds, fold=k, seed=seed, valid=0.01) for k in range(folds)]
    for fold, split in enumerate(splits):
        assert sides(split).eq(1).all()
        assert split.fold.tolist() == splits[0].fold.tolist()
        assert ((split.part == "test") == (split.fold == fold)).all()
    assert set(splits[0].fold) == set(range(folds))


@given(tables())
def test_the_rarest_finding_is_in_every_part_once_three_patients_have_it(table):
    has = table.labels == 1
    carriers = [len(set(table.patients[column])) for column in has.T]
    rarest = min((n, j) for j, n in enumerate(has.sum(axis=0)) if n) if has.any() else None
    if rarest and carriers[rarest[1]] >= 3:
        positives = balance(table, make_split(table))[FINDINGS[rarest[1]]]
        assert (positives > 0).all()


@settings(max_examples=20)
@given(st.integers(0, 1000), st.integers(1001, 2000))
def test_another_seed_is_another_split_and_the_same_seed_the_same(one, other):
    table = cohort(60)
    first = make_split(table, seed=one)
    assert first.fingerprint == make_split(table, seed=one).fingerprint
    assert first.fingerprint != make_split(table, seed=other).fingerprint


@pytest.mark.parametrize("seed", range(5))
def test_every_finding_has_its_share_in_every_part(seed):
    table = cohort(300)
    counts = balance(table, make_split(table, seed=seed))
    for column in ("images", *FINDINGS):
        expected = counts[column].sum() * np.array([0.7, 0.1, 0.2])
        assert (counts[column] - expected).abs().max() < 1


# --- what a split depends on ----------------------------------------------------------------------


def test_this_split_is_the_same_on_every_machine():
    patients = [str(k * k % 101) for k in range(300)]
    labels = np.array([[k % 3 == 0, k % 20 == 0, k % 7 == 0] for k in range(300)])
    assert make_split(radiographs(patients, labels), seed=7).fingerprint == "e4a32be83b76552e"


def test_a_fifteenth_label_unknown_labels_and_the_suffix_change_nothing():
    table = cohort(60)
    split = make_split(table)
    more = np.column_stack([table.labels[:, ::-1], np.ones(len(table), np.float32)])
    more[more == 0] = np.nan
    other = Radiographs(
        table.table.rename(index=lambda image: image.replace(".png", ".jpg")),
        more,
        (*FINDINGS[::-1], "No Finding"),
    )
    assert make_split(other).fingerprint == split.fingerprint


def test_the_fingerprint_is_that_of_the_sorted_lines():
    table = radiographs(["a", "b", "c", "c"])
    part = np.array(["test", "valid", "train", "train"])
    split = Split(table.images, table.patients, part, np.full(4, -1), "column", 0, "")
    lines = b"0,test\n1,valid\n2,train\n3,train\n"
    assert split.fingerprint == blake2b(lines, digest_size=8).hexdigest()
    folded = replace(split, fold=np.array([0, 1, 2, 2]))
    lines = b"0,test,0\n1,valid,1\n2,train,2\n3,train,2\n"
    assert folded.fingerprint == blake2b(lines, digest_size=8).hexdigest()


# --- kinds ----------------------------------------------------------------------------------------


def lists(folder: Path, train_val: list[str], test: list[str]) -> None:
    """Write NIH's two lists."""
    (folder / "train_val_list.txt").write_text("\n".join(train_val))
    (folder / "test_list.txt").write_text("\n".join(test))


def test_the_official_split_takes_valid_from_train_val_by_patient(tmp_path):
    table = cohort(100)
    test = np.isin(table.patients, [str(patient) for patient in range(20)])
    lists(tmp_path, list(table.images[~test]), list(table.images[test]))
    split = make_split(table, kind="official", folder=tmp_path)
    assert ((split.part == "test") == test).all()
    assert sides(split).eq(1).all()
    assert abs((split.part == "valid").sum() - 0.1 * len(table)) < 1
    assert split.description == (
        "NIH's test list; valid is 10 % of all images, by patient from the others, seed 0"
    )


def test_the_official_split_follows_its_seed(tmp_path):
    table = cohort(100)
    test = table.patients.astype(int) < 20
    lists(tmp_path, list(table.images[~test]), list(table.images[test]))
    first, second = (make_split(table, kind="official", folder=tmp_path, seed=s) for s in (0, 1))
    assert (first.part == "test").tolist() == (second.part == "test").tolist()
    assert first.fingerprint != second.fingerprint


def test_a_file_says_which_part_an_image_is_in(tmp_path):
    table = cohort(30)
    split = make_split(table)
    file = tmp_path / "split.csv"
    lines = pd.DataFrame({"image": split.images, "part": split.part})[::-1]
    lines.to_csv(file, index=False)
    again = make_split(table, kind="column", file=file)
    assert again.part.tolist() == split.part.tolist()
    assert again.fingerprint == split.fingerprint
    assert again.description == "as split.csv says"


def test_where_a_file_names_no_valid_part_it_is_drawn(tmp_path):
    table = cohort(50)
    test = table.patients.astype(int) < 10
    file = tmp_path / "split.csv"
    part = np.where(test, "test", "train")
    pd.DataFrame({"image": table.images, "split": part}).to_csv(file, index=False)
    split = make_split(table, kind="column", file=file)
    assert ((split.part == "test") == test).all()
    assert set(split.part) == set(PARTS)
    assert split.description.startswith("as split.csv says; valid is 10 %")


def test_a_file_may_number_folds(tmp_path):
    table = cohort(50)
    file = tmp_path / "folds.csv"
    fold = table.patients.astype(int) % 5 + 1
    pd.DataFrame({"image": table.images, "fold": fold}).to_csv(file, index=False)
    split = make_split(table, kind="column", file=file, fold=3)
    assert split.fold.tolist() == fold.tolist()
    assert ((split.part == "test") == (fold == 3)).all()
    with pytest.raises(InputError, match="fold = 0: the folds are 1, 2, 3, 4, 5"):
        make_split(table, kind="column", file=file)


def test_folds_are_asked_for_by_number_or_by_kind():
    table = cohort(50)
    by_number, by_kind = make_split(table, folds=5), make_split(table, kind="folds")
    assert by_number.fingerprint == by_kind.fingerprint
    assert by_number.kind == "folds"
    assert by_number.description.startswith("fold 0 of 5 by patient is test; valid is 10 %")


def test_balance_counts_images_patients_and_positives():
    table = radiographs(
        ["a", "b", "c", "c"], np.array([[1, 0, 0], [0, 1, 0], [0, 1, 1], [0, 1, 0]])
    )
    part = np.array(["test", "valid", "train", "train"])
    split = Split(table.images, table.patients, part, np.full(4, -1), "column", 0, "")
    counts = balance(table, split)
    assert list(counts.columns) == ["images", "patients", *FINDINGS]
    assert counts.loc["train"].tolist() == [2, 1, 0, 2, 1]
    assert counts.loc["valid"].tolist() == [1, 1, 0, 1, 0]
    assert counts.loc["test"].tolist() == [1, 1, 1, 0, 0]


# --- errors ---------------------------------------------------------------------------------------


def test_an_image_level_split_is_refused_with_the_reason_and_the_audit():
    with pytest.raises(InputError, match=r"one patient on both sides.*'cxrbench audit'"):
        make_split(cohort(10), kind="image")


def test_an_unknown_kind_is_an_error_with_the_nearest():
    with pytest.raises(InputError, match="unknown split kind 'patients'; did you mean 'patient'"):
        make_split(cohort(10), kind="patients")
    assert KINDS == ("patient", "official", "folds", "column")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"valid": 0}, "valid = 0: a share lies between 0 and 1"),
        ({"test": 1.2}, "test = 1.2: a share lies between 0 and 1"),
        ({"valid": 0.5, "test": 0.5}, "valid = 0.5 and test = 0.5 leave nothing for train"),
        ({"folds": 1}, "folds = 1: at least 2 are needed"),
        ({"folds": 5, "fold": 5}, "fold = 5: the folds are 0, 1, 2, 3, 4"),
        ({"fold": 1}, "fold = 1 asks for folds"),
        ({"folds": 5, "kind": "official"}, "folds = 5 does not go with the split kind 'official'"),
        ({"folds": 2, "valid": 0.6}, r"valid = 0\.6 of .* leaves nothing for train"),
        ({"kind": "column"}, "needs a file"),
        ({"kind": "official"}, "no folder was given"),
    ],
)
def test_what_cannot_be_done_is_an_error(options, message):
    with pytest.raises(InputError, match=message):
        make_split(cohort(30), **options)


@pytest.mark.parametrize(
    ("patients", "options", "message"),
    [
        (2, {}, "3 parts need at least 3 patients; there are 2"),
        (4, {"folds": 5}, "5 parts need at least 5 patients; there are 4"),
    ],
)
def test_too_few_patients_are_an_error_with_the_number_needed(patients, options, message):
    with pytest.raises(InputError, match=message):
        make_split(radiographs(list("abcdef"[:patients])), **options)


def test_three_patients_are_enough():
    split = make_split(radiographs([*"aaabc"]))
    assert set(split.part) == set(PARTS)


def test_a_patient_on_two_sides_is_an_error_that_names_him(tmp_path):
    table = radiographs(["a", "a", "b", "c"])
    file = tmp_path / "split.csv"
    pd.DataFrame({"image": table.images, "part": ["train", "test", "valid", "test"]}).to_csv(file)
    with pytest.raises(InputError, match=r"1 patient \(a\) would be on two sides"):
        make_split(table, kind="column", file=file)
    lists(tmp_path, ["0.png", "2.png"], ["1.png", "3.png"])
    with pytest.raises(InputError, match=r"1 patient \(a\) would be on two sides"):
        make_split(table, kind="official", folder=tmp_path)


def test_no_split_can_be_made_with_a_patient_on_two_sides_or_in_two_folds():
    table = radiographs(["a", "a", "b", "c"])
    part, fold = np.array(["train", "train", "valid", "test"]), np.full(4, -1)
    torn = np.array(["test", "train", "valid", "train"])
    Split(table.images, table.patients, part, fold, "patient", 0, "")
    for wrong in ((torn, fold), (part, np.arange(4))):
        with pytest.raises(InputError, match=r"1 patient \(a\) would be on two sides"):
            Split(table.images, table.patients, *wrong, "patient", 0, "")


def test_a_part_that_stays_empty_is_an_error(tmp_path):
    table = radiographs(list("abc"))
    with pytest.raises(InputError, match="the official split leaves nothing for test"):
        lists(tmp_path, list(table.images), [])
        make_split(table, kind="official", folder=tmp_path)


def test_an_image_that_comes_twice_is_an_error():
    table = cohort(10)
    with pytest.raises(InputError, match="an image comes twice"):
        make_split(table.take([0, *range(len(table))]))


@pytest.mark.parametrize(
    ("train_val", "test", "message"),
    [
        (["0.png"], ["2.png"], r"1 image \(1\) on neither of NIH's official lists"),
        (["0.png", "1.png"], ["1.png", "2.png"], r"1 image \(1\) on both of NIH's official lists"),
    ],
)
def test_an_image_on_no_list_or_on_both_is_an_error(tmp_path, train_val, test, message):
    with pytest.raises(InputError, match=message):
        lists(tmp_path, train_val, test)
        make_split(radiographs([*"abc"]), kind="official", folder=tmp_path)


def test_a_missing_list_is_named(tmp_path):
    (tmp_path / "test_list.txt").write_text("0.png")
    with pytest.raises(InputError, match=r"no train_val_list\.txt in "):
        make_split(cohort(10), kind="official", folder=tmp_path)


def test_a_file_that_lacks_an_image_is_an_error(tmp_path):
    file = tmp_path / "split.csv"
    file.write_text("image,part\n0,train\n")
    with pytest.raises(InputError, match=r"split\.csv does not name 2 images \(1, 2\)"):
        make_split(radiographs([*"abc"]), kind="column", file=file)
