"""The phantom on disk, in NIH's own layout."""

import json
from pathlib import Path

import joblib
import numpy as np
from PIL import Image

from benchmark.datasets.phantom.population import MOST_IMAGES, Population, draw_population
from benchmark.datasets.phantom.render import Visit, boxes, render
from benchmark.datasets.phantom.signs import BOXED
from features.errors import InputError
from features.files import write_text, write_with
from features.findings import FINDINGS
from features.progress import Progress, silent

#: Rises whenever the same parameters give other files.
VERSION = 1

_TABLE = "Data_Entry_2017.csv"
_BOXES = "BBox_List_2017.csv"
_TRAIN, _TEST = "train_val_list.txt", "test_list.txt"
_STATEMENT = "phantom.json"
#: States the parameters while the work is under way, so that it can be taken up again.
_BEGUN = ".phantom.begun.json"
_STAGE = "phantom"
_HEADER = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y],"
)
_BATCH = 8


def write_phantom(
    folder: Path,
    *,
    images: int = 1200,
    patients: int = 400,
    size: int = 256,
    seed: int = 0,
    label_noise: float = 0.03,
    progress: Progress = silent,
) -> Path:
    """Write procedural chest radiographs and their tables as NIH lays them out.

    The files are ``Data_Entry_2017.csv``, ``BBox_List_2017.csv``, ``train_val_list.txt``,
    ``test_list.txt``, ``images/*.png`` and, last, ``phantom.json`` with these parameters. A folder
    that states the same ones is left as it is; one that was interrupted is completed.

    Parameters
    ----------
    folder : Path
        Where to write; made if need be.
    images, patients : int
        How many; a patient has 1 to 12 images.
    size : int
        Side of the images in pixels, at least 32. Boxes are in a frame of 1024 whatever it is.
    seed : int
        The same seed gives the same tables everywhere, and pixels within one grey level.
    label_noise : float
        Probability that the table does not mention a finding that is drawn, 0 to below 1;
        findings that are not drawn are mentioned as often.
    progress : Progress, optional
        Told of every image.

    Returns
    -------
    Path
        `folder`.

    Raises
    ------
    InputError
        If a parameter is out of range, or the folder holds something else.
    """
    folder = Path(folder)
    _check(images, patients, size, seed, label_noise)
    stated: dict[str, float] = {"version": VERSION, "images": images, "patients": patients}
    stated |= {"size": size, "seed": seed, "label_noise": label_noise}
    if _already(folder, stated):
        return folder
    population = draw_population(images, patients, seed, label_noise)
    visits = _visits(population, seed)
    statement = json.dumps(stated, indent=1) + "\n"
    write_text(folder / _BEGUN, statement)  # first of all, or an interruption leaves no phantom
    (folder / "images").mkdir(exist_ok=True)
    _write_tables(folder, population, visits)
    _write_images(folder, population, visits, size, progress)
    write_text(folder / _STATEMENT, statement)
    (folder / _BEGUN).unlink(missing_ok=True)
    return folder


def _check(images: int, patients: int, size: int, seed: int, label_noise: float) -> None:
    if not 1 <= patients <= images <= MOST_IMAGES * patients:
        raise InputError(
            f"phantom of {images} images of {patients} patients: "
            f"each patient has 1 to {MOST_IMAGES} images"
        )
    if size < 32:
        raise InputError(f"phantom of {size} pixels: at least 32 are needed")
    if seed < 0:
        raise InputError(f"phantom with seed {seed}: seeds are 0 or more")
    if not 0 <= label_noise < 1:
        raise InputError(f"phantom with label noise {label_noise}: allowed is 0 to below 1")


def _already(folder: Path, stated: dict) -> bool:
    """Say whether the folder holds this phantom; raise if it holds anything else."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return False
    if not folder.is_dir():
        raise InputError(f"{folder} is a file, not a folder for the phantom")
    complete = (folder / _STATEMENT).exists()
    held = _read(folder / (_STATEMENT if complete else _BEGUN))
    if held is None:
        raise InputError(f"{folder} is not empty and holds no phantom; give a new folder")
    if held != stated:
        raise InputError(
            f"{folder} holds another phantom ({_says(held)}, not {_says(stated)}); "
            "give a new folder, or remove that one"
        )
    return complete


def _read(path: Path) -> dict | None:
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return held if isinstance(held, dict) else None


def _says(stated: dict) -> str:
    return ", ".join(f"{name} {value}" for name, value in stated.items())


def _visits(population: Population, seed: int) -> list[Visit]:
    table = population.visits
    columns = [table[name].tolist() for name in ("patient", "visit", "age", "sex", "view")]
    return [
        Visit(seed, patient, visit, age, sex == "F", view, tuple(severity))
        for patient, visit, age, sex, view, severity in zip(
            *columns, population.severity.tolist(), strict=True
        )
    ]


def _write_tables(folder: Path, population: Population, visits: list[Visit]) -> None:
    rows = zip(population.visits.itertuples(index=False), population.labels(), strict=True)
    lines = [
        f"{r.image},{labels},{r.visit},{r.patient},{r.age},{r.sex},{r.view},"
        f"{r.width},{r.height},{r.spacing},{r.spacing},"
        for r, labels in rows
    ]
    write_text(folder / _TABLE, "\n".join([_HEADER, *lines]) + "\n")
    write_text(folder / _BOXES, "\n".join(_box_lines(population, visits)) + "\n")
    names = population.visits["image"].to_numpy()
    write_text(folder / _TRAIN, "\n".join(names[~population.test]))
    write_text(folder / _TEST, "\n".join(names[population.test]))


def _box_lines(population: Population, visits: list[Visit]) -> list[str]:
    # As in NIH's file, a box stands only where the table mentions the finding.
    lines = ["Image Index,Finding Label,Bbox [x,y,w,h],,,"]
    for name, visit, mentioned in zip(
        population.visits["image"], visits, population.mentioned, strict=True
    ):
        for finding, box in boxes(visit).items():
            if mentioned[FINDINGS.index(finding)]:
                lines.append(f"{name},{BOXED[finding]},{','.join(f'{x:.2f}' for x in box)}")
    return lines


def _write_images(
    folder: Path, population: Population, visits: list[Visit], size: int, progress: Progress
) -> None:
    paths = [folder / "images" / name for name in population.visits["image"]]
    wanted = [(p, v) for p, v in zip(paths, visits, strict=True) if not p.exists()]
    batches = [wanted[at : at + _BATCH] for at in range(0, len(wanted), _BATCH)]
    done = len(paths) - len(wanted)
    parallel = joblib.Parallel(return_as="generator")
    for written in parallel(joblib.delayed(_draw_batch)(batch, size) for batch in batches):
        done += written
        progress(_STAGE, done, len(paths))


def _draw_batch(batch: list[tuple[Path, Visit]], size: int) -> int:
    for path, visit in batch:
        _save(path, render(visit, size))
    return len(batch)


def _save(path: Path, pixels: np.ndarray) -> None:
    write_with(path, lambda part: Image.fromarray(pixels).save(part, compress_level=1))
