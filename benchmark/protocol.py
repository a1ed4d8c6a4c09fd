"""How a run's figures come about, and what a reader must know before he reads one: in words."""

from benchmark.evaluation.thresholds import Rule
from benchmark.experiment import Experiment

#: How figures come about, in the words of the report.
PROTOCOL = {
    "Split": "All images of a patient are in one part. Models learn from train; every choice is "
    "made on valid; test is read once, by the evaluation.",
    "Thresholds": "{thresholds}",
    "Intervals": "{level:g} % {interval} intervals of the bootstrap over patients: the patients of "
    "test are drawn with replacement {draws:,} times, each with all of his images, and the same "
    "draws serve every row and finding.",
    "Macro": "The unweighted mean over the 14 findings; No Finding never counts.",
    "Micro": "All pairs of image and finding pooled into one problem.",
    "Empty cells": "A metric that cannot be computed, such as an AUC without a positive, is left "
    "empty and out of the means.",
    "Labels": "{labels}",
}
#: The same of predictions made elsewhere.
ELSEWHERE = {
    "Split": "All images of a patient are in one part. What the models have learnt from is not "
    "known here: that no patient of test was among it is their authors' word.",
}
CROSSFITTED = {
    "Thresholds": "No valid part is scored, so thresholds are cross-fitted: the patients of test "
    "are drawn by lot into two halves (the column half of split.csv), and each half is called with "
    "thresholds chosen on the other by the rule {rule}, as they would be on valid. Where that "
    "holds fewer than {min_positives} positives, the threshold calls as large a share of it as is "
    "positive in it. "
    "Tables show the mean of both; evaluation/halves.csv has each.",
}
LABELS = {
    "nih": "Text-mined from reports; the authors estimate that over 90% are right.",
    "phantom": "Of what was drawn; a few are wrong on purpose (data.phantom.label_noise).",
}

#: What is said of the one split that does not part patients: that of an audit (`audits.leaky`).
LEAKS = (
    "This split leaks: images were parted one by one, so that patients have images on both sides. "
    "Its figures are part of an audit, and say nothing of patients never seen."
)


def protocol(experiment: Experiment, *, crossfitted: bool = False) -> dict[str, str]:
    """Say how figures come about, by topic."""
    judged = experiment.evaluation
    texts = PROTOCOL | (ELSEWHERE if experiment.predictions else {})
    texts |= CROSSFITTED if crossfitted else {}
    facts = {
        "rule": judged.threshold,
        "min_positives": judged.min_positives,
        "thresholds": Rule.parse(judged.threshold).sentence(judged.min_positives),
        "level": 100 * judged.level,
        "interval": {"bca": "BCa"}.get(judged.interval, "percentile"),
        "draws": judged.draws,
        "labels": LABELS[experiment.data.source],
    }
    return {name: text.format(**facts) for name, text in texts.items()}


def banners(rows: list[dict], experiment: Experiment) -> list[dict[str, str]]:
    """Say what a reader must know before he reads a figure."""
    said = []
    if experiment.data.source == "phantom":
        text = "The radiographs are drawn by a program. Figures show that the benchmark works, and "
        said.append({"level": "info", "text": text + "say nothing about patients."})
    if experiment.predictions:
        text = "Predictions made elsewhere: which patients their models have learnt from is not "
        said.append({"level": "info", "text": text + "known here."})
    blank = [row["name"] for row in rows if row["weights"] == "random"]
    if blank:
        text = f"Random weights, no ImageNet: {', '.join(blank)}. Expect less than published."
        said.append({"level": "warning", "text": text})
    return said
