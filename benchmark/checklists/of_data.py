"""What a run can tell a checklist of its data: a sentence or two a fact, or nothing."""

from collections.abc import Callable, Mapping

from benchmark.checklists.summary import (
    Summary,
    fitted,
    part_of,
    people,
    prevalences,
    sentences,
    table,
    total,
)


def design(summary: Summary) -> str:
    """Say whether patients were studied, and that it was after the event."""
    if summary["data"].get("source") == "phantom":
        return "No study of patients: the radiographs are drawn by a program."
    return "Retrospective: radiographs and labels were on file before the run."


def source(summary: Summary) -> str:
    """Say what was read."""
    data = summary["data"]
    kind = "The phantom" if data.get("source") == "phantom" else "A data set laid out like NIH's"
    table = f", labels of {data['table']}" if data.get("table") else ""
    counts = f"{data['images']:,} radiographs of {data['patients']:,} patients"
    return f"{kind}{table}: {counts}."


def left_out(summary: Summary) -> str:
    """Count what was read and what was not, and why."""
    data = summary["data"]
    missing, damaged = data.get("missing") or 0, len(data.get("damaged") or ())
    named = data.get("images_in_table", data["images"])  # what is left of them has another reason
    reasons = {
        "named in the table but not on disk": data.get("pixels", True) and missing,
        "on disk but not in the table": data.get("surplus"),
        "damaged": damaged,
        "beyond the limit" if data.get("limit") else "without a score or outside the split": (
            named - missing - damaged - data["images"]
        ),
    }
    said = [f"{count:,} {why}" for why, count in reasons.items() if count]
    return f"{data['images']:,} radiographs used; left out: {', '.join(said) or 'none'}."


def preprocessing(summary: Summary) -> str:
    """Say at which size rows see the radiographs; nothing where they were fitted elsewhere."""
    size = summary["data"].get("size") if fitted(summary) else None
    own = [row for row in fitted(summary) if row["options"].get("size", size) != size]
    more = "".join(f"; {row['name']} at {row['options']['size']} px" for row in own)
    return f"Decoded to grey values, square, at {size} px{more}." if size else ""


def warnings(summary: Summary) -> str:
    """Repeat what the reader of the data warned of."""
    return sentences(summary["data"].get("warnings") or ())


def subset(summary: Summary) -> str:
    """Say whether all of the data was used; nothing of predictions that were made elsewhere."""
    if not fitted(summary):
        return ""
    if limit := summary["data"].get("limit"):
        return f"Limited to {limit:,} radiographs, drawn by patient."
    return "All radiographs that could be read."


def missing(summary: Summary) -> str:
    """Count unknown labels, ages, sexes and views."""
    parts = summary["data"].get("parts") or ()
    findings = [finding["name"] for finding in summary["findings"]]
    labels = sum(part["images"] - part["known"][f] for part in parts for f in findings)
    counts = {
        "labels, left out of the figures of their finding": labels,
        "ages": total(summary, "age_unknown"),
        "sexes of patients": total(summary, "sex_unknown"),
        "view positions": total(summary, "view_unknown"),
    }
    if not parts or not people(summary):
        return ""
    unknown = [f"{count:,} {what}" for what, count in counts.items() if count]
    return f"Unknown: {', '.join(unknown) or 'no label, age, sex or view position'}."


def views(summary: Summary) -> str:
    """Count view positions; nothing else of the acquisition is known."""
    pa, ap = total(summary, "pa"), total(summary, "ap")
    return f"View position: {pa:,} PA, {ap:,} AP. Not known: device, exposure." if pa + ap else ""


def reference(summary: Summary) -> str:
    """Say where labels come from."""
    return summary.get("protocol", {}).get("Labels", "")


def annotators(summary: Summary) -> str:
    """Say who labelled, where that is known."""
    phantom = summary["data"].get("source") == "phantom"
    return "Nobody: labels are those of what was drawn." if phantom else ""


def second_reference(summary: Summary) -> str:
    """Name a second set of labels of the test part."""
    names = {line["labels"] for line in table(summary, "second_labels")} - {"first"}
    return "".join(f"Labels of {name} beside the data set's own." for name in sorted(names))


def agreement(summary: Summary) -> str:
    """Give Cohen's kappa of two sets of labels."""
    lines = [line for line in table(summary, "second_labels") if line.get("kappa") is not None]
    kappas = {line["finding"]: line["kappa"] for line in lines}
    if not kappas:
        return ""
    span = f"{min(kappas.values()):.2f} to {max(kappas.values()):.2f}"
    return f"Cohen's kappa of the two sets of labels: {span} over {len(kappas)} findings."


def assignment(summary: Summary) -> str:
    """Say how patients came into their parts."""
    split = summary["split"]
    said = split.get("description") or split.get("kind")
    return f"{said[0].upper()}{said[1:]}; fingerprint {split.get('fingerprint')}."


def disjoint(summary: Summary) -> str:
    """Say whether a patient is in two parts, as counted where there are two."""
    if len(people(summary)) < 2:
        return ""
    shared = total(summary, "shared_patients")
    return "Some patients are in two parts." if shared else "No patient is in two parts."


def internal(summary: Summary) -> str:
    """Say what the test part is, where the others are known."""
    test = part_of(summary, "test")
    if not test or not fitted(summary):
        return ""
    counts = f"{test['images']:,} radiographs of {test['patients']:,} patients"
    return f"The test part of the same data set: {counts}."


def parts(summary: Summary) -> str:
    """Count images and patients of each part."""
    counted = summary["data"].get("parts") or ()
    return sentences(
        f"{part['part']}: {part['images']:,} radiographs of {part['patients']:,} patients"
        for part in counted
    )


def characteristics(summary: Summary) -> str:
    """Describe each part's patients."""
    return sentences(map(_described, people(summary)))


def _described(part: Mapping) -> str:
    said = [f"{part['part']}: {part['female']:,} female and {part['male']:,} male patients"]
    if part["age_median"] is not None:
        quarters = f"{part['age_quarter']:g} to {part['age_three_quarters']:g}"
        said.append(f"age {part['age_median']:g} years (quartiles {quarters})")
    return ", ".join([*said, f"{part['pa']:,} PA and {part['ap']:,} AP images"])


def shift(summary: Summary) -> str:
    """Name the finding whose prevalence differs most between train and test."""
    train, test = (part_of(summary, name) for name in ("train", "test"))
    if not train or not test:
        return ""
    before, after = prevalences(train), prevalences(test)
    both = [name for name in before if before[name] and after.get(name)]
    if not both:
        return ""
    most = max(both, key=lambda name: max(after[name] / before[name], before[name] / after[name]))
    labels = {finding["name"]: finding["label"] for finding in summary["findings"]}
    shares = f"{before[most]:.1%} in train, {after[most]:.1%} in test"
    return f"Prevalence differs most for {labels[most]}: {shares}."


def events(summary: Summary) -> str:
    """Count the positives of each part."""
    counted = summary["data"].get("parts") or ()
    spans = [(part["part"], sorted(part["positives"].values())) for part in counted]
    said = [f"{name}: {n[0]:,} to {n[-1]:,} positives a finding" for name, n in spans if n]
    return sentences(said)


#: What `items.toml` may name.
FACTS: dict[str, Callable[[Summary], str]] = {
    fact.__name__: fact
    for fact in (
        design,
        source,
        left_out,
        preprocessing,
        warnings,
        subset,
        missing,
        views,
        reference,
        annotators,
        second_reference,
        agreement,
        assignment,
        disjoint,
        internal,
        parts,
        characteristics,
        shift,
        events,
    )
}
