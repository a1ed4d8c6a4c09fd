"""run_audit(experiment) → the folder of an audit: the same rows on two splits, one that leaks."""

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from benchmark.audits.folder import AuditFolder
from benchmark.audits.inflation import audit_table
from benchmark.audits.leaky import leak
from benchmark.console import Console
from benchmark.evaluation.tables import evaluate
from benchmark.executors.executor import LOCAL, Executor
from benchmark.experiment import Experiment
from benchmark.grids.runner import Fitting
from benchmark.inputs import Inputs, decoded, parted, read_data, tell
from benchmark.provenance import describe
from benchmark.rows import usable_rows
from benchmark.runner import Outcome, alone_in, evidence_of, prepare
from features.errors import InputError

#: What is audited unless told otherwise: rows that are fitted in seconds or minutes, and floors.
ROWS = (
    "prevalence",
    "metadata_xgboost",
    "patient_memory",
    "hog_lbp_xgboost",
    "embedding_xgboost",
    "resnet50_frozen",
)


def run_audit(
    experiment: Experiment,
    folder: Path,
    *,
    console: Console,
    fresh: bool = False,
    executor: Executor = LOCAL,
) -> Outcome:
    """Fit an experiment's rows on its own split and on an image-level one of the same sizes.

    Each is a complete run in ``patient/`` and in ``image/``, on the same radiographs; features are
    cached and shared. Finished rows are kept, and a row that fails on one split is recorded there.

    Parameters
    ----------
    experiment : Experiment
        Its rows are those to audit.
    folder : Path
        The audit's folder; made where it is missing, resumed where it is not.
    console : Console
        Where progress goes.
    fresh : bool, optional
        Fit every row again.
    executor : Executor, optional
        Who does what can be done in parallel.

    Returns
    -------
    Outcome
        Failed rows are named with their splits.

    Raises
    ------
    InputError
        If the experiment has a grid, the folder holds a run, or data, split or options cannot be
        used. Nothing has been fitted then.
    WorkError
        If another run is at work in the folder, or the executor's cluster cannot be used.
    """
    if experiment.grid:
        raise InputError("an audit is of one split: the experiment has a [grid]; leave it out")
    rows = usable_rows(experiment)
    run = AuditFolder(folder)
    _refuse_other_run(run)
    run.claim()
    with ExitStack() as held:
        held.enter_context(alone_in(folder))
        held.enter_context(executor.ambient(folder))
        inputs = _read(experiment, console)
        ready = []
        for name, cell in run.runs.items():
            cell.claim()
            held.enter_context(alone_in(cell.path))
            ready.append(
                prepare(cell, experiment, rows, inputs[name], cell=name, executor=executor)
            )
        _write_inputs(run, experiment, inputs["patient"], executor)
        try:
            failed = Fitting(run.finished_rows(), console, fresh, executor).fit(ready)
        finally:  # also after Ctrl-C
            evaluate_audit(run)
    return Outcome(run, failed)


def _refuse_other_run(run: AuditFolder) -> None:
    """Refuse to write over the split, the labels and the report of a run, or over a grid."""
    if (run.path / "split.csv").is_file() or run.has("cells"):
        raise InputError(f"--out {run.path} holds a run; audit into {run.path / 'audit'}")


def _read(experiment: Experiment, console: Console) -> dict[str, Inputs]:
    """Read the radiographs once and part them twice, into parts of the same sizes."""
    whole = decoded(parted(experiment, *read_data(experiment, console)), experiment, console)
    leaky = replace(whole, split=leak(whole.split))
    tell(console, whole, leaky)
    return {"patient": whole, "image": leaky}


def _write_inputs(
    run: AuditFolder, experiment: Experiment, inputs: Inputs, executor: Executor
) -> None:
    run.write_experiment(experiment)
    said = {"executor": str(executor), "data": inputs.reading, "audit": list(run.runs)}
    run.write_provenance(describe() | said)


def evaluate_audit(run: AuditFolder) -> None:
    """Evaluate every finished row on either split, and write audit.csv.

    Raises
    ------
    InputError
        If the scores of a finished row are damaged.
    """
    evidence = {name: evidence_of(cell, cell.experiment()) for name, cell in run.runs.items()}
    tables = {name: evaluate(it) for name, it in evidence.items()}
    for name, cell in run.runs.items():
        cell.write_evaluation(tables[name])
    metrics = {name: it["metrics"] for name, it in tables.items()}
    run.write_audit(audit_table(evidence["patient"], evidence["image"], metrics))
