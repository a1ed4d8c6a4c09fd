"""score(files) → run folder: predictions made elsewhere, judged as the rows of a run are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmark.api import open_run
from benchmark.console import Console
from benchmark.covering import cover, parts_of
from benchmark.datasets.files import stem
from benchmark.datasets.loading import holds_phantom, load_radiographs
from benchmark.evaluation.crossfit import draw_halves
from benchmark.evaluation.thresholds import Rule
from benchmark.experiment import Experiment
from benchmark.opened import Run
from benchmark.predictions import Predictions, Scale, read_predictions
from benchmark.provenance import describe
from benchmark.row_names import name_rows
from benchmark.run_folder import RUN_TABLES, RunFolder
from benchmark.runner import alone_in, evaluate
from benchmark.second_labels import second_labels_of
from benchmark.settings import Evaluation
from benchmark.split_file import PARTS
from benchmark.splits import Split
from features.errors import InputError
from features.findings import NO_FINDING, label_set
from features.fingerprint import digest
from features.radiographs import Radiographs

#: What ``--set`` may change beside ``[evaluation]``.
_SETTABLE = ("name", "title", "split.seed", "split.fold")


@dataclass(frozen=True, eq=False)
class Judged:
    """What is judged: radiographs without pixels, their parts, and what is said of them."""

    radiographs: Radiographs
    split: Split
    halves: np.ndarray | None
    reading: dict[str, Any]
    second: pd.DataFrame | None


def score(
    *files: str | Path,
    data: str | Path,
    split: str | Path | None = None,
    table: str | None = None,
    scale: Scale | None = None,
    common: bool = False,
    options: Mapping[str, Any] | None = None,
    out: str | Path | None = None,
    quiet: bool = False,
) -> Run:
    """Evaluate predictions made elsewhere, and write the report.

    Parameters
    ----------
    *files : str or Path
        CSV files, each a row of the report under the file's name, or as ``NAME=FILE``; see
        `benchmark.predictions.read_predictions`.
    data : str or Path
        The folder of the label table; the images themselves need not be there.
    split : str or Path, optional
        A file as `benchmark.split_file.read_split_file` takes, or ``official``: NIH's lists.
        Without, the images that the files name are the test part.
    table : str, optional
        Which of the data set's label tables to read.
    scale : {"probabilities", "logits"}, optional
        What all files hold, where that shall not be told from their values.
    common : bool, optional
        Evaluate the images that all files share; otherwise files that differ are refused.
    options : mapping, optional
        Values of ``[evaluation]``, and the split's seed and fold, by their dotted place:
        ``{"evaluation.draws": 2000}``.
    out : str or Path, optional
        The run folder; ``runs/score-<first row>`` by default.
    quiet : bool, optional
        Say nothing but warnings.

    Returns
    -------
    Run
        Where no part is *valid*, with thresholds cross-fitted over halves of the patients.

    Raises
    ------
    InputError
        If a file, the table, the split or an option cannot be used, or files name other images.
    """
    with Console(quiet=quiet) as console:
        run = score_into(
            Path(out) if out else None,
            files,
            data=data,
            split=split,
            table=table,
            scale=scale,
            common=common,
            options=options or {},
            console=console,
        )
    finished = open_run(run.path)
    finished.write_report()
    return finished


def score_into(
    folder: Path | None,
    files: Sequence[str | Path],
    *,
    data: str | Path,
    split: str | Path | None = None,
    table: str | None = None,
    scale: Scale | None = None,
    common: bool = False,
    options: Mapping[str, Any],
    console: Console,
) -> RunFolder:
    """Do all that `score` does, but for the report."""
    rows = name_rows(files)
    if not rows:
        raise InputError("score needs a CSV file of predictions, or several")
    found = {name: read_predictions(file, scale=scale) for name, file in rows.items()}
    chosen = _experiment(found, data, split, table, options)
    run = RunFolder(folder or Path("runs") / chosen.name)
    judged = _judged(chosen, found, common=common)
    _tell(console, found, judged)
    _refuse_other_run(run)
    run.claim()
    with alone_in(run.path):
        _write(run, chosen, found, judged)
        run.write_evaluation(evaluate(run, chosen))
    return run


def _experiment(
    found: Mapping[str, Predictions],
    data: str | Path,
    split: str | Path | None,
    table: str | None,
    options: Mapping[str, Any],
) -> Experiment:
    """Write down what is evaluated, as an experiment that has only what matters to that."""
    for place in options:
        if not place.startswith("evaluation.") and place not in _SETTABLE:
            raise InputError(f"--set {place}: score knows evaluation.…, {', '.join(_SETTABLE)}")
    labels = 15 if all(NO_FINDING in it.scores for it in found.values()) else 14
    rows = list(found)
    listed = ", ".join(rows) if len(rows) < 4 else f"{len(rows)} files"
    content = {
        "name": f"score-{rows[0]}",
        "title": f"Predictions made elsewhere: {listed}",
        "rows": rows,
        "data": {"source": "phantom" if holds_phantom(Path(data).expanduser()) else "nih"}
        | {"folder": str(data), "table": table or "", "labels": labels},
        "split": {"seed": 0} | _split_settings(split),
        "evaluation": Evaluation().model_dump(),
        "predictions": {row: _text(it.file.expanduser().absolute()) for row, it in found.items()},
    }
    return Experiment.parse(content, "score").replace(options)


def _split_settings(split: str | Path | None) -> dict[str, Any]:
    if split is None:
        return {}
    if str(split) == "official":
        return {"kind": "official"}
    file = Path(split).expanduser().absolute()
    if not file.is_file():
        near = get_close_matches(str(split), ["official"])
        hint = "; did you mean 'official'?" if near else ""
        raise InputError(f"--split {split} is neither 'official' nor a split file{hint}")
    return {"kind": "column", "file": str(file)}


def _text(path: str | Path) -> str:
    """Return a path as UTF-8 can hold it: a file's name need not be text."""
    return str(path).encode("utf-8", "replace").decode()


def _judged(experiment: Experiment, found: Mapping[str, Predictions], *, common: bool) -> Judged:
    """Read the label table, and keep what the predictions cover."""
    tables_alone = experiment.data.model_copy(update={"source": "nih"})
    everything, reading = load_radiographs(tables_alone, need_images=False)
    stems = pd.Index([stem(image) for image in everything.images])
    kind = experiment.split.kind if "kind" in experiment.split.model_fields_set else ""
    wanted = experiment.split if kind else None
    parts = parts_of(stems, wanted, reading["folder"], found.values())
    kept, said = cover(parts, found, stems, common=common)
    whole = _split(everything.take(stems.isin(parts.index)), parts, experiment)
    split = whole.take(parts.index.isin(kept.index))
    radiographs = everything.take(stems.isin(kept.index))
    if len(kept) < len(parts) and kind:
        words = f"{whole.description} (fingerprint {whole.fingerprint})"
        split = replace(split, description=f"{words}; here what was scored of it")
    test = radiographs.take(split.part == "test")
    reads_labels = Rule.parse(experiment.evaluation.threshold).pick is not None
    crossfits = reads_labels and "valid" not in split.part
    halves = draw_halves(test, seed=experiment.split.seed) if crossfits else None
    # No image was looked for, so that none is missing; what was left out stands beside the table.
    more: dict[str, Any] = {"source": experiment.data.source, "missing": 0}
    more["warnings"] = [*reading["warnings"], *said]
    second, told = second_labels_of(experiment.evaluation.labels, radiographs, split.part)
    return Judged(radiographs, split, halves, reading | more | told, second)


def _split(radiographs: Radiographs, parts: pd.Series, experiment: Experiment) -> Split:
    settings = experiment.split
    if "kind" not in settings.model_fields_set:
        kind, words = "given", "no split was named: all images of the predictions are test"
    elif settings.kind == "official":
        kind, words = "official", "NIH's lists, without a valid part"
    else:
        kind, words = "column", f"as {Path(settings.file).name} says"
    return Split(
        radiographs.images,
        radiographs.patients,
        parts.to_numpy(),
        np.full(len(parts), -1),
        kind,
        settings.seed,
        words,
        needs=("test",),
    )


def _tell(console: Console, found: Mapping[str, Predictions], judged: Judged) -> None:
    console.say(judged.reading["summary"])
    console.warn(*judged.reading["warnings"])
    for row, it in found.items():
        for note in it.notes:
            console.say(f"{row}: {note}")
    sizes = {part: int((judged.split.part == part).sum()) for part in PARTS}
    shares = ", ".join(f"{part} {size:,} images" for part, size in sizes.items() if size)
    console.say(f"split {judged.split.fingerprint}: {shares}")
    if told := judged.reading.get("second_labels"):
        console.say(told)
    if judged.halves is not None:
        console.say("no valid part is scored: thresholds are cross-fitted over halves of patients")


def _refuse_other_run(run: RunFolder) -> None:
    """Refuse to write into a run of models, whose parts and labels would be overwritten."""
    there = (run.path / "experiment.toml").is_file()
    if there and not run.experiment().predictions:
        raise InputError(f"--out {run.path} holds a run of models; give a folder of its own")


def _write(
    run: RunFolder, experiment: Experiment, found: Mapping[str, Predictions], judged: Judged
) -> None:
    """Write the run folder, but for its evaluation."""
    radiographs, split = judged.radiographs, judged.split
    stems = [stem(image) for image in radiographs.images]
    findings = label_set(experiment.data.labels)
    arrays = {row: it.scores.loc[stems, list(findings)] for row, it in found.items()}
    prints = {
        row: digest(list(radiographs.images), list(findings), array.to_numpy())
        for row, array in arrays.items()
    }
    for row in found:  # what belongs to other images leaves before these are written
        run.open_row(row, prints[row])
    run.drop(*RUN_TABLES, run.report.name)  # figures of other scores must not survive Ctrl-C
    run.write_experiment(experiment)
    run.write_split(radiographs, split, **_half_column(judged))
    run.write_truth(radiographs)
    run.write_second_labels(judged.second)
    said = {"kind": split.kind, "fingerprint": split.fingerprint, "description": split.description}
    run.write_provenance(describe() | {"data": judged.reading, "split": said})
    for row, it in found.items():
        folder = run.row(row)
        folder.write_scores(radiographs.images, findings, arrays[row].to_numpy(), digits=None)
        folder.set_status(state="done", fingerprint=prints[row], card=_card(it, findings))


def _half_column(judged: Judged) -> dict[str, pd.Series]:
    """Return the column of split.csv that says by which threshold an image of test is called."""
    if judged.halves is None:
        return {}
    column = pd.Series(pd.NA, index=judged.radiographs.table.index, dtype="Int64")
    column[judged.split.part == "test"] = judged.halves
    return {"half": column}


def _card(it: Predictions, findings: Sequence[str]) -> dict[str, Any]:
    unread = (
        [f"left out {NO_FINDING}: not all files have it"] if len(findings) < len(it.columns) else []
    )
    return {
        "model": "predictions",
        "title": f"Predictions in {_text(it.file.name)}",
        "kind": "predictions",
        "options": {"file": _text(it.file), "scale": it.scale},
        "columns": it.columns,
        "notes": [*it.notes, *unread],
    }
