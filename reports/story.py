"""The headline in words: who leads, by how much, over which floor, and what did not finish."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from reports.tables import is_missing
from reports.views import label_of, metrics_by

#: Where no comparison says more, macro AUCs closer than this are called level: another seed alone
#: moves them as far.
LEVEL = 0.005

#: What a verdict on a pair of rows is for the other one of them.
_TURNED = {"better": "worse", "worse": "better"}

Standing = tuple[str, float]
Verdicts = Mapping[tuple[str, str], str]


def headline(summary: Mapping[str, Any]) -> list[Markup]:
    """Tell a run in a few sentences made from its figures.

    Parameters
    ----------
    summary : mapping
        The run's; macro AUCs are read from its test part.

    Returns
    -------
    list of Markup
        Sentences, the most important first; names in them are escaped and marked as code.
    """
    models, floors = _standings(summary)
    verdicts = _verdicts(summary)
    sentences = [
        *_leader(summary, models, floors, verdicts),
        *_floors(models, floors, verdicts),
        *_extremes(summary, models),
        *_unfinished(summary),
        *_caution(summary, [*models, *floors], verdicts),
    ]
    return sentences if models or floors else [_nothing(summary), *sentences]


def _nothing(summary: Mapping[str, Any]) -> Markup:
    if any(row["status"] == "done" for row in summary.get("rows", ())):
        return Markup("No row has an AUC on test: no finding is both present and absent there.")
    return Markup("No row has finished yet: there is nothing to compare.")


def _standings(summary: Mapping[str, Any]) -> tuple[list[Standing], list[Standing]]:
    """Return the finished models and the finished floors with their macro AUC, best first."""
    metrics = metrics_by(summary, "test")
    models: list[Standing] = []
    floors: list[Standing] = []
    for row in summary.get("rows", ()):
        auc: Any = metrics.get((row["name"], "macro"), {}).get("auc")
        if row["status"] == "done" and not is_missing(auc):
            # Rounded as it is shown, so that the gaps told add up.
            kind = floors if row.get("kind") == "floor" else models
            kind.append((row["name"], round(auc, 3)))
    return sorted(models, key=_by_auc), sorted(floors, key=_by_auc)


def _by_auc(standing: Standing) -> float:
    return -standing[1]


def _verdicts(summary: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """Return what was shown of the macro AUCs of every pair of rows, from either side."""
    verdicts = {}
    for line in summary.get("tables", {}).get("comparison", ()):
        if (line["metric"], line["finding"]) == ("auc", "macro"):
            row, other, verdict = line["row"], line["other"], line["verdict"]
            verdicts[row, other] = verdict
            verdicts[other, row] = _TURNED.get(verdict, verdict)
    return verdicts


def _leader(
    summary: Mapping[str, Any],
    models: Sequence[Standing],
    floors: Sequence[Standing],
    verdicts: Verdicts,
) -> list[Markup]:
    if not models:
        return [say("Only floors have finished.")] if floors else []
    name, auc = models[0]
    is_first = not floors or auc > floors[0][1]
    verb = "leads with" if is_first else "is the best model, with"
    lead = say(f"{{}} {verb} a macro test AUC of {{}}", name, auc) + _bounds(summary, name)
    if len(models) == 1:
        return [lead + "."]
    if (name, models[1][0]) in verdicts:
        return [lead + _followers(models, verdicts)]
    second, next_auc = models[1]
    gap = auc - next_auc
    if gap < LEVEL:
        return [lead + say(", level with {} ({}).", second, next_auc)]
    return [lead + say(", {} ahead of {} ({}).", gap, second, next_auc)]


def _bounds(summary: Mapping[str, Any], row: str) -> str:
    """Write the interval of a row's macro AUC; nothing where it has none."""
    macro: Mapping[str, Any] = metrics_by(summary, "test").get((row, "macro"), {})
    low, high = macro.get("auc_low"), macro.get("auc_high")
    return "" if is_missing(low) or is_missing(high) else f" [{low:.3f}, {high:.3f}]"


def _followers(models: Sequence[Standing], verdicts: Verdicts) -> Markup:
    """Say which models the leader has been shown to beat, which to equal, and which neither."""
    leader = models[0][0]
    told = {
        verdict: [row for row, _ in models[1:] if verdicts.get((leader, row)) == verdict]
        for verdict in ("equivalent", "undecided", "better")
    }
    said = []
    if told["equivalent"]:
        said.append(Markup("equivalent to {}").format(names(told["equivalent"])))
    if told["undecided"]:
        said.append(Markup("not distinguishable from {}").format(names(told["undecided"])))
    if told["better"]:
        everyone = len(told["better"]) == len(models) - 1
        ahead = Markup("every other model") if everyone else names(told["better"])
        said.append(Markup("ahead of {}").format(ahead))
    return Markup("; {}.").format(Markup(", ").join(said)) if said else Markup(".")


def _floors(
    models: Sequence[Standing], floors: Sequence[Standing], verdicts: Verdicts
) -> list[Markup]:
    if not models or not floors:
        return []
    floor, height = floors[0]
    if (models[0][0], floor) in verdicts:
        return [_shown_above(models, floor, height, verdicts)]
    lead_auc = models[0][1]
    below = [row for row, score in models if score <= height]
    if len(below) == len(models):
        return [say("No model beats the floor {} ({}).", floor, height)]
    lead = say("It stands {} above the best floor, {} ({})", lead_auc - height, floor, height)
    if below:
        verb = "does" if len(below) == 1 else "do"
        return [lead + say(f"; {{}} {verb} not beat it.", names(below))]
    return [lead + ("; every model beats it." if len(models) > 1 else ".")]


def _shown_above(
    models: Sequence[Standing], floor: str, height: float, verdicts: Verdicts
) -> Markup:
    """Say which models have been shown to beat the best floor, and which have not."""
    beats = [row for row, _ in models if verdicts.get((row, floor)) == "better"]
    fails = [row for row, _ in models if row not in beats]
    if not beats:
        return say("No model is shown to beat the best floor, {} ({}).", floor, height)
    if not fails:
        who = names(beats) if len(models) == 1 else Markup("Every model")
        return say("{} beats the best floor, {} ({}).", who, floor, height)
    verb, are = "beats" if len(beats) == 1 else "beat", "is" if len(fails) == 1 else "are"
    said = say(f"{{}} {verb} the best floor, {{}} ({{}})", names(beats), floor, height)
    return said + say(f"; {{}} {are} not shown to.", names(fails))


def _extremes(summary: Mapping[str, Any], models: Sequence[Standing]) -> list[Markup]:
    """Tell the findings that the leader tells apart best and worst."""
    if not models:
        return []
    metrics = metrics_by(summary, "test")
    findings = [finding["name"] for finding in summary.get("findings", ())]
    scored = [
        (metric["auc"], name)
        for name in findings
        if (metric := metrics.get((models[0][0], name))) and not is_missing(metric.get("auc"))
    ]
    if len(scored) < 3:
        return []
    (worst, hard), (best, easy) = min(scored), max(scored)
    text = "Easiest for it is {} ({:.2f}), hardest {} ({:.2f})."
    easy, hard = label_of(summary, easy), label_of(summary, hard)
    return [Markup(text).format(easy, best, hard, worst)]


def _unfinished(summary: Mapping[str, Any]) -> list[Markup]:
    sentences, waiting = [], []
    for row in summary.get("rows", ()):
        if row["status"] == "missing":
            waiting.append(row["name"])
        elif row["status"] != "done":
            verb = "failed" if row["status"] == "failed" else "was interrupted"
            why = f": {row['reason']}" if row.get("reason") else ""
            sentences.append(say("{} {}", row["name"], Markup.escape(verb + why)) + ".")
    if waiting:
        verb = "has" if len(waiting) == 1 else "have"
        sentences.append(names(waiting) + f" {verb} not begun.")
    return sentences


def _caution(
    summary: Mapping[str, Any], standings: Sequence[Standing], verdicts: Verdicts
) -> list[Markup]:
    parts = {part["part"]: part for part in summary.get("data", {}).get("parts", ())}
    if not standings or "test" not in parts:
        return []
    test = parts["test"]
    said = Markup("On {:,} test images of {:,} patients").format(test["images"], test["patients"])
    settings = summary.get("evaluation")
    if not verdicts or not settings:
        return [Markup("{}: point estimates, and small gaps may be chance.").format(said)]
    text = "{}; verdicts at {:g}%, adjusted by Holm; equivalent is a difference within ±{:g}."
    return [Markup(text).format(said, 100 * (1 - settings["level"]), settings["margin"])]


def names(rows: Sequence[str]) -> Markup:
    """List the names of rows, marked as code."""
    marked = [_code(name) for name in rows]
    if len(marked) == 1:
        return marked[0]
    return Markup(", ").join(marked[:-1]) + Markup(" and ") + marked[-1]


def say(text: str, *values: str | float | Markup) -> Markup:
    """Fill `text`: names become code, numbers get three decimals, markup stays as it is."""
    return Markup(text).format(*map(_mark, values))


def _mark(value: str | float | Markup) -> Markup:
    if isinstance(value, Markup):
        return value
    return _code(value) if isinstance(value, str) else Markup("<b>{:.3f}</b>").format(value)


def _code(name: str) -> Markup:
    return Markup("<code>{}</code>").format(name)
