"""The folder of an audit → one plain, JSON-able dictionary: all that its report may show."""

from datetime import UTC, datetime
from typing import Any

from benchmark.audits.folder import AuditFolder
from benchmark.audits.inflation import shared
from benchmark.experiment import Experiment
from benchmark.grids.summary import row_over
from benchmark.plain import records
from benchmark.protocol import banners, protocol
from benchmark.run_folder import RunFolder
from benchmark.split_file import PARTS
from features.findings import display

#: How the figures come about, beside what holds for every run.
PROTOCOL = {
    "Splits": "Two, of the same radiographs and with parts of the same sizes: by patient, where "
    "all images of a patient are in one part, and by image, where each image has its own lot. "
    "Every row is fitted once on each, with the same options and the same seed.",
    "Inflation": "The AUC on the test part of the image-level split, less that on the test part of "
    "the split by patient.",
    "Intervals": "{level} intervals from {draws:,} draws of the patients of both test parts, the "
    "same draws for both. They hold the chance in who is tested; another lot of either split, or "
    "another training, would move the figures too.",
}

#: Of a run's protocol, what is said of an audit too.
_KEPT = ("Macro", "Empty cells", "Labels")


def summarize_audit(run: AuditFolder) -> dict[str, Any]:
    """Gather what the report of an audit shows from the files of its folder alone.

    Returns
    -------
    dict
        JSON-able: no NaN (None instead), no NumPy types. As of `benchmark.summary.summarize` what
        the two runs share, and ``audit``; see `audit_content`.
    """
    experiment, runs = run.experiment(), run.runs
    truth, split = runs["patient"].truth(), runs["patient"].split()
    rows = [row_over(name, list(runs.values()), "splits") for name in experiment.rows]
    counts = {"images": len(truth), "patients": int(split["patient"].nunique())}
    return {
        "name": f"{experiment.name}-audit",
        "title": f"Audit of {experiment.name}: what leaks",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "banners": banners(rows, experiment),
        "data": run.provenance["data"] | counts | {"size": experiment.data.size},
        "findings": [{"name": name, "label": display(name)} for name in truth.columns],
        "rows": rows,
        "audit": audit_content(run),
        "protocol": _protocol(experiment),
        "provenance": _provenance(run),
        "experiment": experiment.to_toml(),
    }


def audit_within(run: RunFolder) -> dict[str, Any]:
    """Return what an audit in a run's own folder adds to the run's summary.

    Returns
    -------
    dict
        ``audit``, see `audit_content`; empty without an audit of the run's own split.
    """
    audit = AuditFolder(run.path / "audit")
    if not audit.is_audit:
        return {}
    of_run, of_audit = (it.provenance["split"] for it in (run, audit.runs["patient"]))
    same = of_run["fingerprint"] == of_audit["fingerprint"]
    return {"audit": audit_content(audit)} if same else {}


def audit_content(run: AuditFolder) -> dict[str, Any]:
    """Return what the section on leaks shows.

    Returns
    -------
    dict
        ``protocols`` (for each of the two splits its name, fingerprint and description, the
        images of each part, the patients of test, and the share of test images whose patient is
        in train), ``lines`` (audit.csv), ``kinds`` (of the rows), ``memory`` (the row that
        remembers patients, or None), ``patients`` (of both test parts), ``by_lot`` (whether the
        split by patient drew its test part), ``level`` and ``draws``.
    """
    experiment, runs = run.experiment(), run.runs
    splits = {name: cell.split() for name, cell in runs.items()}
    tested = [set(it.loc[it["part"] == "test", "patient"]) for it in splits.values()]
    protocols = [
        {
            "name": name,
            "fingerprint": runs[name].provenance["split"]["fingerprint"],
            "description": runs[name].provenance["split"]["description"],
            **{part: int((split["part"] == part).sum()) for part in PARTS},
            "patients": len(patients),
            "shared": shared(split),
        }
        for (name, split), patients in zip(splits.items(), tested, strict=True)
    ]
    cards = {name: runs["patient"].row(name).status.get("card", {}) for name in experiment.rows}
    memories = [name for name, card in cards.items() if card.get("model") == "patient_memory"]
    return {
        "protocols": protocols,
        "lines": records(run.audit()),
        "kinds": {name: card.get("kind", "classical") for name, card in cards.items()},
        "memory": memories[0] if memories else None,
        "patients": len(set.union(*tested)),
        "by_lot": runs["patient"].provenance["split"]["kind"] in ("patient", "folds"),
        "level": experiment.evaluation.level,
        "draws": experiment.evaluation.draws,
    }


def _protocol(experiment: Experiment) -> dict[str, str]:
    said = protocol(experiment)
    level = f"{100 * experiment.evaluation.level:g}%"
    facts = {"level": level, "draws": experiment.evaluation.draws}
    own = {name: text.format(**facts) for name, text in PROTOCOL.items()}
    return own | {name: said[name] for name in _KEPT if name in said}


def _provenance(run: AuditFolder) -> dict[str, Any]:
    """Return versions, machine and command, with the time that all fits have taken."""
    costs = [cell.row(name).cost for cell in run.runs.values() for name in run.experiment().rows]
    seconds = sum(it["seconds_fit"] + it["seconds_predict"] for it in costs if it)
    left_out = ("data", "audit")
    return {key: it for key, it in run.provenance.items() if key not in left_out} | {
        "seconds": seconds
    }
