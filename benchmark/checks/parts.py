"""Checks of the parts: who is in them, what they hold, and how they differ."""

from collections.abc import Iterator

import numpy as np

from benchmark.checks.check import (
    FEW_PATIENTS,
    Remark,
    check,
    errors_wide,
    in_words,
    unjudged,
)
from benchmark.evaluation.evidence import Evidence
from benchmark.evaluation.part import Part
from benchmark.split_file import some

#: Fewer patients than this tell rows apart badly.
FEW_IN_TEST = 100

#: So many times more or less frequent on test than in train is a shift that matters.
SHIFT = 1.5

#: A patient with so large a share of a finding's images carries its figures.
LARGE_SHARE = 0.25

#: More unknown labels than this share should be known to a reader.
MANY_UNKNOWN = 0.1


@check("CXR002", "Few positive patients in test", "warning")
def few_positive_patients(evidence: Evidence) -> Iterator[Remark]:
    """Count the patients of test that have each finding.

    Fewer than 10 patients of test have the finding: its figures are mostly chance. Patients are
    counted, not images, for the images of one patient are alike. Leave such findings out of
    conclusions, take a larger test part, or average over folds or seeds. They weigh as much in the
    macro mean as all others.
    """
    carriers = evidence.test.carriers()
    few = np.flatnonzero(carriers < FEW_PATIENTS)
    if len(few):
        names = tuple(evidence.findings[k] for k in few)
        text = f"patients of test with the finding: {in_words(names, list(carriers[few]))}"
        yield Remark(text, findings=names)


@check("CXR007", "Prevalence shift", "warning")
def prevalence_shift(evidence: Evidence) -> Iterator[Remark]:
    """Hold the prevalence in test against that in train.

    A finding is much more or less frequent in test than in train. Probabilities learnt at one
    prevalence are wrong at the other, and so are precision and thresholds; AUCs suffer least.
    Decided by the ratio of the prevalences: it is above 1.5 or below 1 / 1.5, and its interval,
    patients taken whole and widened for all findings, excludes 1. Findings of fewer than 10
    patients in either part are not looked at. Calibrate on patients like those of test, and compare
    precision only at one prevalence.
    """
    train, test = evidence.train, evidence.test
    carriers = np.minimum(train.carriers(), test.carriers())
    places = np.flatnonzero(carriers >= FEW_PATIENTS)
    if not len(places):
        yield unjudged(f"it takes a finding of {FEW_PATIENTS} patients of train and of test")
        return
    (before, spread_before), (now, spread_now) = (
        _log_prevalence(part, places) for part in (train, test)
    )
    shift = now - before
    wide = errors_wide(carriers[places], level=evidence.settings.level, comparisons=len(places))
    margin = wide * np.hypot(spread_before, spread_now)
    moved = np.flatnonzero(np.abs(shift) > np.maximum(np.log(SHIFT), margin))
    if len(moved):
        names = tuple(evidence.findings[k] for k in places[moved])
        figures = [
            f"{np.exp(s):.2f}, interval {np.exp(s - m):.2f} to {np.exp(s + m):.2f}"
            for s, m in zip(shift[moved], margin[moved], strict=True)
        ]
        yield Remark(f"times as frequent as in train: {in_words(names, figures)}", findings=names)


@check("CXR008", "Radiographs in two parts", "error")
def duplicates(evidence: Evidence) -> Iterator[Remark]:
    """Read what the comparison of all radiographs has found.

    The same radiograph lies in two parts, perhaps under another name, so that a model has seen in
    training what it is judged by. All radiographs of the data set are compared: by a perceptual
    hash, then by how well the edges of both correlate, and called exact where every pixel is equal
    at the size that the run reads. The pairs are in duplicates.csv. Look at them, and leave one of
    each out, or put their patients into one part with a split file.
    """
    pairs = evidence.duplicates
    if pairs is None:
        yield unjudged("the radiographs were not compared with each other")
    elif len(pairs):
        exact = int(pairs["exact"].sum())
        named = [f"{a} and {b}" for a, b in zip(pairs["image"], pairs["other"], strict=True)]
        yield Remark(
            f"{some(named, 'pair')} of radiographs that are the same lie in two parts, "
            f"{exact} of them equal in every pixel"
        )


@check("CXR011", "Patients in two parts", "error")
def patients_in_two_parts(evidence: Evidence) -> Iterator[Remark]:
    """Look for patients that were torn apart.

    A patient has radiographs in more than one part. Radiographs of one patient are alike, and so
    are their labels: a model that knows the patient again scores well on test without knowing the
    finding. On ChestX-ray14 a predictor that sees no pixel, only the labels of the patient's other
    images, has a mean AUC of .757 on such a split. Split by patient.
    """
    parts = evidence.everything.table.groupby("patient")["part"].nunique()
    torn = parts.index[parts > 1].astype(str).tolist()
    if torn:
        yield Remark(f"{some(torn, 'patient')} of {len(parts):,} have radiographs in several parts")


@check("CXR012", "Finding absent from train", "warning")
def absent_from_train(evidence: Evidence) -> Iterator[Remark]:
    """Look for findings that no model can have learnt.

    No radiograph of train has the finding, so no model can have learnt it. Its AUC says what other
    findings tell of it, and it weighs in the macro mean all the same. Train on more radiographs, or
    leave the finding out of conclusions.
    """
    if not len(evidence.train.truth):
        yield unjudged("there is no train part")
        return
    absent = np.flatnonzero(evidence.train.carriers() == 0)
    if len(absent):
        names = tuple(evidence.findings[k] for k in absent)
        yield Remark(f"no positive in train: {in_words(names)}", findings=names)


@check("CXR016", "One patient carries a finding", "warning")
def one_patient_carries(evidence: Evidence) -> Iterator[Remark]:
    """Look for findings that one patient brings into test.

    A quarter or more of the finding's radiographs in test are of one patient, whose radiographs
    then decide its figures; intervals that draw patients are wide and unsure themselves. Findings
    of fewer than 10 patients are left to CXR002. Say so, or report the first radiograph of each
    patient alone.
    """
    test = evidence.test
    present = _by_patient(test, test.truth == 1)
    with np.errstate(invalid="ignore"):
        share = present.max(axis=0, initial=0) / present.sum(axis=0)
    large = np.flatnonzero((share >= LARGE_SHARE) & (test.carriers() >= FEW_PATIENTS))
    if len(large):
        names = tuple(evidence.findings[k] for k in large)
        figures = [f"{share[k]:.0%} of {present[:, k].sum():.0f}" for k in large]
        yield Remark(
            f"share of one patient in the radiographs of test: {in_words(names, figures)}",
            findings=names,
        )


@check("CXR017", "Few patients in test", "warning")
def few_patients(evidence: Evidence) -> Iterator[Remark]:
    """Count the patients of test.

    Test has fewer than 100 patients in all. So few tell rows apart badly: intervals are wide, and
    one patient more or less may change the order of the rows. Take a larger test part, or several
    splits with `--grid split.seed=0,1,2,3,4`.
    """
    count = len(evidence.test.names)
    if count < FEW_IN_TEST:
        yield Remark(f"{count} patients in test, {len(evidence.test.truth):,} radiographs")


@check("CXR018", "Unknown labels", "info")
def unknown_labels(evidence: Evidence) -> Iterator[Remark]:
    """Count unknown labels of test.

    More than a tenth of a finding's labels in test are unknown. Figures leave these radiographs
    out. If labels are missing for a reason, for instance because only suspicious cases were read
    again, the figures are those of a selection: say which.
    """
    share = np.isnan(evidence.test.truth).mean(axis=0) if len(evidence.test.truth) else np.zeros(0)
    many = np.flatnonzero(share > MANY_UNKNOWN)
    if len(many):
        names = tuple(evidence.findings[k] for k in many)
        figures = [f"{share[k]:.0%}" for k in many]
        yield Remark(f"labels of test that are unknown: {in_words(names, figures)}", findings=names)


def _by_patient(part: Part, chosen: np.ndarray) -> np.ndarray:
    """Count the chosen labels of each patient and finding: shape (patients, findings)."""
    counts = np.zeros((len(part.names), len(part.findings)))
    np.add.at(counts, part.patients, chosen)
    return counts


def _log_prevalence(part: Part, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the logarithm of each prevalence and its standard error, patients taken whole.

    The error of a ratio of sums, linearised; Cochran, "Sampling Techniques", 1977, chapter 6.
    """
    present = _by_patient(part, part.truth == 1)[:, places]
    known = _by_patient(part, ~np.isnan(part.truth))[:, places]
    share = present.sum(axis=0) / known.sum(axis=0)
    error = np.sqrt(((present - share * known) ** 2).sum(axis=0)) / present.sum(axis=0)
    return np.log(share), error
