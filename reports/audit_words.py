"""An audit in words made from its figures: its first lines, and what each split lets one claim."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from reports.story import names, say
from reports.tables import Record, is_missing, write

Summary = Mapping[str, Any]


def is_page(summary: Summary) -> bool:
    """Whether a page is an audit's own: a run that holds an audit has metrics, too."""
    return bool(summary.get("audit")) and "metrics" not in summary


def story(summary: Summary) -> list[Markup]:
    """Tell an audit in a few sentences, the most important first."""
    audit = summary["audit"]
    lines = scored(audit)
    if not lines:
        return [Markup("No row is finished on both splits yet."), *_unfinished(summary)]
    return [
        _lead(audit, lines),
        *_memory(audit, lines),
        _count(lines),
        *_unfinished(summary),
        _caution(audit),
    ]


def scored(audit: Record) -> list[Record]:
    """Return the macro lines of rows with an inflation, the highest AUC by image first."""
    macro = (line for line in audit["lines"] if line["finding"] == "macro")
    lines = [line for line in macro if not is_missing(line["inflation"])]
    return sorted(lines, key=lambda line: -line["auc_image"])


def best(audit: Record, lines: Sequence[Record], key: str) -> Record:
    """Return the best line by a figure: of a model, or of a floor where there is no model."""
    models = [line for line in lines if audit["kinds"].get(line["row"]) != "floor"]
    return max(models or lines, key=lambda line: line[key])


def _within(line: Record, name: str) -> Markup:
    """Write the interval of a figure; nothing where it has none."""
    low, high = line[f"{name}_low"], line[f"{name}_high"]
    return Markup("" if is_missing(low) else f" [{low:.3f}, {high:.3f}]")


def _lead(audit: Record, lines: Sequence[Record]) -> Markup:
    line = best(audit, lines, "auc_image")
    said = say(
        "On the image-level split {} scores a macro test AUC of {}, on the split by patient {}. ",
        line["row"],
        line["auc_image"],
        line["auc_patient"],
    )
    return said + _difference(line)


def _difference(line: Record) -> Markup:
    """Say a row's inflation, and what its interval allows one to say."""
    said = Markup("The difference, <b>{:+.3f}</b>{}, ").format(
        line["inflation"], _within(line, "inflation")
    )
    if is_missing(line["inflation_low"]):
        return said + "has no interval."
    if line["inflation_low"] > 0:
        return said + "is what the leak adds."
    if line["inflation_high"] < 0:
        return said + "is no inflation: for this row the image-level test part is the harder one."
    return said + "may be chance: its interval holds 0."


def _memory(audit: Record, lines: Sequence[Record]) -> list[Markup]:
    """Tell what the labels of a patient's other images are worth on either split."""
    said = Markup("{} of the image-level test images are of patients in train").format(
        _percent(_protocol(audit, "image")["shared"])
    )
    line = _of_memory(audit, lines)
    if line is None:
        return [said + "."]
    text = (
        "; {}, which sees no pixel and remembers their labels, scores {} there and {} by patient."
    )
    return [said + say(text, line["row"], line["auc_image"], line["auc_patient"])]


def _count(lines: Sequence[Record]) -> Markup:
    known = [line for line in lines if not is_missing(line["inflation_low"])]
    above = [line["row"] for line in known if line["inflation_low"] > 0]
    if not above:
        return Markup("For none of the rows does the interval of the inflation lie above 0.")
    text = "The interval of the inflation lies above 0 for {} of {} rows: {}."
    return Markup(text).format(len(above), len(lines), names(above))


def _unfinished(summary: Summary) -> list[Markup]:
    rows = [row for row in summary.get("rows", ()) if row["status"] != "done"]
    reasons = [f" ({row['reason']})" if row.get("reason") else "" for row in rows]
    return [
        names([row["name"]]) + Markup(": {}{}.").format(row["status"], why)
        for row, why in zip(rows, reasons, strict=True)
    ]


def _caution(audit: Record) -> Markup:
    said = Markup(
        "{:g}% intervals from {:,} draws of the {:,} patients of both test parts. They hold the "
        "chance in who is tested, not in the lot of the splits and the training: other seeds move "
        "the figures, too."
    ).format(100 * audit["level"], audit["draws"], audit["patients"])
    if audit["by_lot"]:
        return said
    other = " The test part of the split by patient was not drawn by lot: part of a difference may"
    return said + other + " be that other patients are tested."


def claims(summary: Summary) -> list[tuple[str, list[Markup]]]:
    """Return what each split would have let one claim: a heading, then sentences."""
    audit = summary["audit"]
    lines = scored(audit)
    if not lines:
        return []
    told = [("By image", _by_image(audit, lines)), ("By patient", _by_patient(audit, lines))]
    if train := _on_train(audit, lines):
        told.append(("On train", train))
    return told


def _by_image(audit: Record, lines: Sequence[Record]) -> list[Markup]:
    split, line = _protocol(audit, "image"), best(audit, lines, "auc_image")
    images = Markup("{:,}").format(split["test"])
    text = "“On {} held-out radiographs, {} reaches a macro AUC of {}{}.”"
    said = [say(text, images, line["row"], line["auc_image"], _within(line, "auc_image"))]
    text = "But {} of these radiographs are of patients whose other radiographs were learnt from."
    said.append(Markup(text).format(_percent(split["shared"])))
    memory = _of_memory(audit, lines)
    if memory is not None and memory is not line:
        beaten = memory["auc_image"] > line["auc_image"]
        text = "Remembering their labels, without a look at any radiograph, "
        text += "does better: {}." if beaten else "already gives {}."
        said.append(say(text, memory["auc_image"]))
    return said


def _by_patient(audit: Record, lines: Sequence[Record]) -> list[Markup]:
    split, line = _protocol(audit, "patient"), best(audit, lines, "auc_patient")
    images, patients = (Markup("{:,}").format(split[key]) for key in ("test", "patients"))
    text = "“On {} radiographs of {} patients never seen, {} reaches a macro AUC of {}{}.”"
    auc, interval = line["auc_patient"], _within(line, "auc_patient")
    said = [say(text, images, patients, line["row"], auc, interval)]
    said.append(Markup("This is the claim that holds for the next patient."))
    other = best(audit, lines, "auc_image")["row"]
    if other != line["row"]:
        said.append(say("By image, {} would have been called the best.", other))
    return said


def _on_train(audit: Record, lines: Sequence[Record]) -> list[Markup]:
    """Tell the AUC on train: what is left of a claim without any test part."""
    known = [line for line in lines if not is_missing(line["train_auc_patient"])]
    if not known:
        return []
    line = best(audit, known, "train_auc_patient")
    text = "On the images that it learnt from, {} scores {}; on patients never seen, {}."
    return [say(text, line["row"], line["train_auc_patient"], line["auc_patient"])]


def _of_memory(audit: Record, lines: Sequence[Record]) -> Record | None:
    return next((line for line in lines if line["row"] == audit["memory"]), None)


def _protocol(audit: Record, name: str) -> Record:
    return next(it for it in audit["protocols"] if it["name"] == name)


def _percent(share: float) -> Markup:
    return Markup("<b>{}</b>").format(write(share, "share"))
