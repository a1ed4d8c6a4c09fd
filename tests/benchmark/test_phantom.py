"""The phantom: deterministic, in NIH's layout, with every finding's sign where it belongs."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np
import pytest
from PIL import Image

from benchmark.datasets.phantom import write_phantom
from benchmark.datasets.phantom.population import draw_population
from benchmark.datasets.phantom.render import Visit, boxes, pose, render
from benchmark.datasets.phantom.signs import BOXED, SIGNS
from features.errors import InputError
from features.findings import FINDINGS, NO_FINDING

SMALL = {"images": 40, "patients": 14, "size": 64, "seed": 3}
TABLES = ["Data_Entry_2017.csv", "BBox_List_2017.csv", "train_val_list.txt", "test_list.txt"]


@pytest.fixture(scope="module")
def phantom(tmp_path_factory) -> Path:
    return write_phantom(tmp_path_factory.mktemp("phantom") / "data", **SMALL)


def rows(file: Path) -> list[list[str]]:
    with file.open(newline="") as lines:
        return list(csv.reader(lines))


def pixels(folder: Path) -> dict[str, np.ndarray]:
    return {file.name: np.asarray(Image.open(file)) for file in folder.glob("images/*.png")}


def seen(finding: str | None, severity: float = 0.9, patient: int = 5, view: str = "PA") -> Visit:
    """Return a visit with one finding alone, or none."""
    present = tuple(severity if name == finding else 0.0 for name in FINDINGS)
    return Visit(0, patient, 0, 60, False, view, present)


def difference(finding: str, patient: int) -> np.ndarray:
    """Return where, in a frame of 128, the finding changes the image of a patient."""
    with_it, without = (render(seen(name, patient=patient), 128) for name in (finding, None))
    return np.abs(with_it.astype(float) - without.astype(float))


def test_the_table_is_written_as_nih_writes_it(phantom):
    head, *lines = rows(phantom / "Data_Entry_2017.csv")
    assert head == [
        *("Image Index", "Finding Labels", "Follow-up #", "Patient ID", "Patient Age"),
        *("Patient Gender", "View Position", "OriginalImage[Width", "Height]"),
        *("OriginalImagePixelSpacing[x", "y]", ""),
    ]
    for name, labels, follow_up, patient, age, sex, view, *_, empty in lines:
        assert name == f"{int(patient):08d}_{int(follow_up):03d}.png"
        assert set(labels.split("|")) <= {*FINDINGS, NO_FINDING}
        assert labels.split("|") == sorted(labels.split("|"))
        assert 0 < int(age) < 100
        assert (sex in "MF", view in ("PA", "AP"), empty) == (True, True, "")


def test_as_many_images_and_patients_as_asked_for(phantom):
    lines = rows(phantom / "Data_Entry_2017.csv")[1:]
    images = pixels(phantom)
    assert {line[0] for line in lines} == set(images)
    assert (len(lines), len({line[3] for line in lines})) == (40, 14)
    assert {(image.shape, image.dtype.name) for image in images.values()} == {((64, 64), "uint8")}


def test_no_patient_is_in_both_lists(phantom):
    train, test = ((phantom / name).read_text().split("\n") for name in TABLES[2:])
    assert sorted(train + test) == sorted(line[0] for line in rows(phantom / TABLES[0])[1:])
    assert not {name[:8] for name in train} & {name[:8] for name in test}
    assert test


def test_boxes_lie_in_the_frame_and_only_where_the_finding_is_drawn_and_mentioned(phantom):
    head, *lines = rows(phantom / "BBox_List_2017.csv")
    assert head == ["Image Index", "Finding Label", "Bbox [x", "y", "w", "h]", "", "", ""]
    population = draw_population(40, 14, seed=3, label_noise=0.03)
    drawn = dict(zip(population.visits["image"], population.severity > 0, strict=True))
    mentioned = dict(zip(population.visits["image"], population.labels(), strict=True))
    spelled = {spelling: finding for finding, spelling in BOXED.items()}
    for name, label, *box in lines:
        x, y, w, h = map(float, box)
        assert min(x, y) >= 0
        assert max(x + w, y + h) <= 1024
        assert min(w, h) > 0
        assert drawn[name][FINDINGS.index(spelled[label])]
        assert spelled[label] in mentioned[name].split("|")
    assert len(lines) > 5


def test_a_seed_gives_the_same_files_whatever_the_number_of_workers(phantom, tmp_path):
    with joblib.parallel_config(backend="threading", n_jobs=3):
        again = write_phantom(tmp_path / "again", **SMALL)
    for table in TABLES:
        assert (again / table).read_bytes() == (phantom / table).read_bytes()
    first, second = pixels(phantom), pixels(again)
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_another_seed_gives_other_images(phantom):
    one, other = (render(replace(seen(None), seed=seed), 64).astype(int) for seed in (0, 1))
    assert np.abs(one - other).mean() > 3


def test_a_second_call_generates_nothing(phantom):
    heard = []
    before = {file: file.stat().st_mtime_ns for file in phantom.rglob("*")}
    assert write_phantom(phantom, **SMALL, progress=lambda *told: heard.append(told)) == phantom
    assert {file: file.stat().st_mtime_ns for file in phantom.rglob("*")} == before
    assert heard == []


def test_an_interrupted_phantom_is_completed(phantom, tmp_path):
    def interrupt(stage: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_phantom(tmp_path / "half", **SMALL, progress=interrupt)
    assert not (tmp_path / "half" / "phantom.json").exists()
    heard = []
    half = write_phantom(tmp_path / "half", **SMALL, progress=lambda *told: heard.append(told))
    assert heard[-1] == ("phantom", 40, 40)
    assert all(np.array_equal(image, pixels(half)[name]) for name, image in pixels(phantom).items())
    assert not list(half.rglob(".*"))


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(InputError, match="holds no phantom"):
        write_phantom(tmp_path, **SMALL)
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_phantom_of_other_parameters_is_left_alone(phantom):
    with pytest.raises(InputError, match="holds another phantom"):
        write_phantom(phantom, **{**SMALL, "seed": 4})
    assert json.loads((phantom / "phantom.json").read_text())["seed"] == 3


@pytest.mark.parametrize(
    "wrong",
    [{"images": 13}, {"images": 12 * 14 + 1}, {"size": 8}, {"label_noise": 1.5}, {"seed": -1}],
)
def test_parameters_out_of_range_are_named(tmp_path, wrong):
    with pytest.raises(InputError, match="phantom"):
        write_phantom(tmp_path / "data", **{**SMALL, **wrong})
    assert not (tmp_path / "data").exists()


def test_the_demo_has_enough_of_every_finding():
    population = draw_population(1200, 400, seed=0, label_noise=0.03)
    patient = population.visits["patient"].to_numpy()
    counts = np.bincount(patient)[1:]
    assert (counts.min(), counts.sum(), len(counts)) == (1, 1200, 400)
    assert counts.max() <= 12
    assert np.median(counts) <= 2
    assert (population.mentioned.mean(axis=0) >= 0.02).all()
    assert all(len(set(patient[column])) >= 15 for column in population.mentioned.T)
    assert 0.4 < (~population.mentioned.any(axis=1)).mean() < 0.6
    assert 0.15 < population.test.mean() < 0.25


def test_label_noise_hides_and_invents_findings_at_level_prevalence():
    clean, noisy = (draw_population(1200, 400, seed=0, label_noise=p) for p in (0.0, 0.2))
    drawn = clean.severity > 0
    assert np.array_equal(clean.mentioned, drawn)
    assert np.array_equal(clean.severity, noisy.severity)
    assert noisy.mentioned[drawn].mean() == pytest.approx(0.8, abs=0.04)
    assert noisy.mentioned.mean() == pytest.approx(drawn.mean(), rel=0.06)


def test_findings_come_together_and_stay_as_in_hospitals():
    population = draw_population(1200, 400, seed=0, label_noise=0.0)
    present = population.severity > 0

    def lift(one: str, other: str) -> float:
        a, b = present[:, FINDINGS.index(one)], present[:, FINDINGS.index(other)]
        return (a & b).mean() / (a.mean() * b.mean())

    for pair in [
        ("Effusion", "Atelectasis"),
        ("Effusion", "Edema"),
        ("Fibrosis", "Pleural_Thickening"),
    ]:
        assert lift(*pair) > 1.4
    patient = population.visits["patient"].to_numpy()
    same = patient[1:] == patient[:-1]
    again = (present[1:] & present[:-1])[same].sum() / present[1:][same].sum()
    assert 0.3 < again < 0.95


def test_follow_ups_of_a_patient_look_more_alike_than_patients_do():
    def image(patient: int, visit: int) -> np.ndarray:
        picture = render(replace(seen(None, patient=patient), visit=visit), 96).astype(float)
        return picture[20:76, 12:84].ravel()

    first, second = ([image(patient, visit) for patient in range(12)] for visit in (0, 1))
    alike = np.corrcoef(first, second)[:12, 12:]
    assert np.diag(alike).mean() > alike[~np.eye(12, dtype=bool)].mean() + 0.02


def test_every_finding_has_a_sign():
    assert set(SIGNS) == set(FINDINGS)


@pytest.mark.parametrize("finding", FINDINGS)
def test_a_sign_grows_from_subtle_to_plain(finding):
    without = render(seen(None), 96).astype(float)
    subtle, plain = (np.abs(render(seen(finding, s), 96) - without).mean() for s in (0.1, 0.9))
    assert 0 < subtle < plain


@pytest.mark.parametrize("finding", BOXED)
def test_a_box_holds_most_of_its_sign(finding):
    inside = []
    for patient in range(6):
        left, top, wide, high = (x / 8 for x in boxes(seen(finding, patient=patient))[finding])
        change = difference(finding, patient)
        here = change[int(top) : int(top + high) + 1, int(left) : int(left + wide) + 1].mean()
        inside.append(here / change.mean())
    assert np.median(inside) > 2.0 if finding != "Cardiomegaly" else np.median(inside) > 1.3


@pytest.mark.parametrize(
    ("finding", "low", "high"),
    [
        ("Effusion", 0.50, 0.95),
        ("Hernia", 0.50, 0.85),
        ("Emphysema", 0.50, 0.90),
        ("Fibrosis", 0.40, 0.85),
        ("Cardiomegaly", 0.40, 0.75),
        ("Edema", 0.25, 0.65),
        ("Pneumothorax", 0.10, 0.55),
    ],
)
def test_a_sign_lies_at_its_height(finding, low, high):
    heights = np.arange(128) / 128
    middles = [(m := difference(finding, p) ** 2).sum(1) @ heights / m.sum() for p in range(6)]
    assert low < np.median(middles) < high


def test_edema_is_on_both_sides_and_effusion_on_one():
    def balance(finding: str) -> float:
        changes = [difference(finding, patient) for patient in range(6)]
        shares = [change[:, :64].sum() / change.sum() for change in changes]
        return float(np.median(np.abs(np.array(shares) - 0.5)))

    assert balance("Edema") < 0.15 < balance("Effusion")


def test_cardiomegaly_widens_the_heart_and_emphysema_lowers_the_diaphragm():
    normal, wide, blown = (pose(seen(f)).body for f in (None, "Cardiomegaly", "Emphysema"))
    assert wide.heart > 1.08 * normal.heart
    assert min(blown.domes) > max(normal.domes)
    assert blown.heart < normal.heart
