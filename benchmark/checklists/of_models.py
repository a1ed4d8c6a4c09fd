"""What a run can tell a checklist of its models and figures: a sentence a fact, or nothing."""

from collections.abc import Callable

from benchmark.checklists.summary import (
    Summary,
    best_line,
    finished,
    fitted,
    interval,
    part_of,
    prevalences,
    sentences,
    table,
)


def models(summary: Summary) -> str:
    """Name the rows that were finished."""
    return sentences(f"{row['name']}: {row.get('title', row['name'])}" for row in finished(summary))


def software(summary: Summary) -> str:
    """List versions; of predictions that were made elsewhere, those of the evaluation alone."""
    versions = summary["provenance"].get("versions") or {}
    listed = ", ".join(f"{name} {version}" for name, version in versions.items())
    elsewhere = finished(summary) and not fitted(summary)
    return sentences([f"Of the evaluation alone: {listed}" if elsewhere and listed else listed])


def initial_weights(summary: Summary) -> str:
    """Say what networks started from."""
    started = [row for row in finished(summary) if row.get("weights")]
    return sentences(f"{row['name']}: {row['weights']}" for row in started)


def training(summary: Summary) -> str:
    """Say how long networks were trained, with which loss, rate and batch."""
    keys = ("loss", "learning_rate", "batch_size")
    said = []
    for row in finished(summary):
        if epochs := len(summary.get("history", {}).get(row["name"], ())):
            given = [f"{key} {row['options'][key]}" for key in keys if key in row["options"]]
            said.append(", ".join([f"{row['name']}: {epochs} epochs", *given]))
    return sentences([*said, "All options are listed under What was run"] if said else [])


def selection(summary: Summary) -> str:
    """Say on which part choices were made."""
    watched = {row["options"].get("monitor") for row in fitted(summary)} - {None}
    more = f" Epochs by {', '.join(sorted(watched))}." if watched else ""
    return f"Every choice is made on valid.{more}" if fitted(summary) else ""


def ensembles(summary: Summary) -> str:
    """Name the rows that are made of others."""
    made = [row for row in fitted(summary) if row.get("kind") == "ensemble"]
    named = [f"{row['name']}: {', '.join(row['options'].get('members', ()))}" for row in made]
    return sentences(named) or ("No row is an ensemble." if fitted(summary) else "")


def metrics(summary: Summary) -> str:
    """Name the metrics."""
    return (
        "AUC, average precision; precision, recall, specificity, F1 and accuracy at thresholds; "
        "each by finding, as macro and as micro mean."
        if summary.get("metrics")
        else ""
    )


def uncertainty(summary: Summary) -> str:
    """Say how intervals were made."""
    return summary.get("protocol", {}).get("Intervals", "") if summary.get("metrics") else ""


def comparisons(summary: Summary) -> str:
    """Say how rows were compared."""
    if not table(summary, "comparison"):
        return ""
    margin = (summary.get("evaluation") or {}).get("margin")
    same = f", and equivalence within {margin:g}" if margin else ""
    return f"Every pair of rows: paired differences, p-values adjusted after Holm{same}."


def calibration(summary: Summary) -> str:
    """Say whether calibration was looked at."""
    return "Calibration on test: see Calibration." if table(summary, "calibration") else ""


def groups(summary: Summary) -> str:
    """Name the axes of the subgroups."""
    words = {"sex": "sex", "age": "age band", "view": "view position", "follow_up": "visit"}
    lines = table(summary, "subgroups")
    axes = [word for axis, word in words.items() if any(line["group"] == axis for line in lines)]
    if not axes:
        return ""
    return f"AUC and its gaps by {', '.join(axes)} of the test part: see Subgroups."


def negatives(summary: Summary) -> str:
    """Say how much the choice of negatives moves the best row's macro AUC."""
    lift = {
        line["row"]: line
        for line in table(summary, "negatives")
        if line["finding"] == "macro" and line.get("lift") is not None
    }
    best = best_line(summary)
    if best is None or best["row"] not in lift:
        return ""
    figure = interval(lift[best["row"]], "lift", signed=True)
    return f"Negatives without any finding move the macro AUC of {best['row']} by {figure}."


def localization(summary: Summary) -> str:
    """Name the rows whose heat maps were held against boxes."""
    rows = [line["row"] for line in summary.get("localization") or ()]
    return f"Heat maps held against boxes: {', '.join(rows)}." if rows else ""


def performance(summary: Summary) -> str:
    """Give the best row's macro AUC with its interval."""
    best = best_line(summary)
    if best is None:
        return ""
    return f"Highest macro AUC on test: {best['row']}, {interval(best, 'auc')}. All: Leaderboard."


def diagnostic(summary: Summary) -> str:
    """Say where recall, specificity and precision of each finding stand."""
    return (
        "Recall (sensitivity), specificity and precision of each finding with their intervals: "
        "Findings, and evaluation/metrics.csv."
        if summary.get("metrics")
        else ""
    )


def protocol(summary: Summary) -> str:
    """Say where the protocol stands."""
    return "experiment.toml in the run folder; how figures come about: What was run, Protocol."


def software_revision(summary: Summary) -> str:
    """Name the code."""
    made = summary["provenance"]
    version, revision = (made.get("versions") or {}).get("cxrbench"), made.get("git")
    said = [f"cxrbench {version}"] if version else []
    return sentences([", ".join([*said, *([f"revision {revision}"] if revision else [])])])


def recomputable(summary: Summary) -> str:
    """Say what a run folder holds."""
    return "The run folder holds split, labels and every score: all figures can be recomputed."


def predictors(summary: Summary) -> str:
    """Say what floors know of a patient beside the radiograph."""
    rows = fitted(summary)
    known = [row["name"] for row in rows if "metadata" in row["options"].get("features", ())]
    more = f" {', '.join(known)}: age, sex and view position instead." if known else ""
    return f"The radiograph's pixels.{more}" if rows else ""


def predictions(summary: Summary) -> str:
    """Say what rows put out."""
    if not finished(summary):
        return ""
    return "One score a radiograph and finding, in scores.csv of each row; higher is likelier."


def imbalance(summary: Summary) -> str:
    """Say how rare findings are, and which rows weigh them."""
    train = part_of(summary, "train")
    rows = [row for row in finished(summary) if row["options"].get("balanced")]
    sampled = [r for r in finished(summary) if r["options"].get("sampling") == "balanced"]
    said = [f"Weighted by class: {', '.join(row['name'] for row in rows)}"] if rows else []
    said += [f"sampled evenly: {', '.join(row['name'] for row in sampled)}"] if sampled else []
    if not train:
        return sentences(said)
    shares = prevalences(train)
    span = f"{min(shares.values()):.1%} to {max(shares.values()):.1%}" if shares else "unknown"
    return sentences([f"Prevalence in train: {span}", *said])


def thresholds(summary: Summary) -> str:
    """Say how thresholds were chosen."""
    return summary.get("protocol", {}).get("Thresholds", "") if summary.get("metrics") else ""


def saved_models(summary: Summary) -> str:
    """Say where fitted models lie."""
    return "Each fitted model: models/<row>/saved in the run folder." if fitted(summary) else ""


#: What `items.toml` may name.
FACTS: dict[str, Callable[[Summary], str]] = {
    fact.__name__: fact
    for fact in (
        models,
        software,
        initial_weights,
        training,
        selection,
        ensembles,
        metrics,
        uncertainty,
        comparisons,
        calibration,
        groups,
        negatives,
        localization,
        performance,
        diagnostic,
        protocol,
        software_revision,
        recomputable,
        predictors,
        predictions,
        imbalance,
        thresholds,
        saved_models,
    )
}
