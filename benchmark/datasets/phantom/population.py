"""Who the phantom's patients are, when they were seen, and what they had.

Every finding has a liability, a sum of standard normals: causes that findings share (heart
failure, infection, …), the patient's own disposition, the visit's chance, and weak ties to age,
sex and view. The visits with the greatest liability have the finding, as many as its quota says.
A data set is thus never short of a rare finding, and the tables rest on comparisons alone.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.findings import FINDINGS, NO_FINDING

MOST_IMAGES = 12

#: Width, height and pixel spacing in mm of the detectors in use, per view.
_DETECTORS = {
    "PA": ((2992, 2991, 0.143), (2500, 2048, 0.168), (2048, 2500, 0.168)),
    "AP": ((2500, 2048, 0.168), (3056, 2544, 0.139)),
}


@dataclass(frozen=True)
class Cause:
    """Why visits have a finding: its share of visits and what its liability is made of.

    Parameters
    ----------
    quota : float
        Share of the visits that have the finding, 0 to 1.
    age, ap, female : float
        Shift of the liability per standard deviation of age, for AP views and for women.
    stays : float
        Share of the finding's own variance that belongs to the patient, 0 to 1.
    shared : dict of str to float
        Loading on each shared cause.
    """

    quota: float
    age: float
    ap: float
    female: float
    stays: float
    shared: dict[str, float]


#: Shared causes and the share of their variance that belongs to the patient.
_SHARED = {"sick": 0.6, "fluid": 0.5, "lung": 0.25, "airway": 0.9, "tumour": 0.9, "scar": 0.95}

CAUSES: dict[str, Cause] = {
    "Atelectasis": Cause(0.105, 0.15, 0.45, 0.0, 0.3, {"sick": 0.7, "fluid": 0.4}),
    "Cardiomegaly": Cause(0.055, 0.45, 0.10, 0.30, 0.9, {"sick": 0.3, "fluid": 0.6}),
    "Effusion": Cause(0.120, 0.30, 0.35, 0.0, 0.4, {"sick": 0.7, "fluid": 0.7, "tumour": 0.2}),
    "Infiltration": Cause(0.145, 0.0, 0.50, 0.0, 0.3, {"sick": 0.6, "lung": 0.6}),
    "Mass": Cause(0.060, 0.25, -0.30, -0.20, 0.8, {"sick": 0.3, "tumour": 0.8}),
    "Nodule": Cause(0.070, 0.25, -0.40, 0.0, 0.8, {"sick": 0.3, "tumour": 0.7}),
    "Pneumonia": Cause(0.040, -0.10, 0.65, 0.0, 0.2, {"sick": 0.5, "lung": 0.9}),
    "Pneumothorax": Cause(0.055, -0.30, 0.0, -0.20, 0.4, {"sick": 0.5, "airway": 0.5}),
    "Consolidation": Cause(0.055, 0.0, 0.75, 0.0, 0.2, {"sick": 0.7, "lung": 0.7, "fluid": 0.3}),
    "Edema": Cause(0.045, 0.10, 1.00, 0.0, 0.2, {"sick": 0.5, "fluid": 1.0}),
    "Emphysema": Cause(0.050, 0.50, 0.0, -0.35, 0.9, {"sick": 0.3, "airway": 0.9}),
    "Fibrosis": Cause(0.045, 0.50, -0.50, 0.0, 0.9, {"sick": 0.2, "scar": 0.7}),
    "Pleural_Thickening": Cause(0.050, 0.35, -0.30, -0.2, 0.7, {"sick": 0.5, "scar": 0.6}),
    "Hernia": Cause(0.038, 0.60, -0.60, 0.25, 0.9, {"sick": 0.1}),
}


@dataclass(frozen=True)
class Population:
    """All visits of all patients, and the truth about each.

    Parameters
    ----------
    visits : DataFrame
        One line an image: image, patient, visit, age, sex, view, width, height, spacing.
    severity : ndarray, shape (images, 14), float64
        0 where a finding is absent, else how plain it is, above 0 and up to 1.
    mentioned : ndarray, shape (images, 14), bool
        What the table says of each image, label noise included.
    test : ndarray, shape (images,), bool
        Whether the image's patient belongs to the test list.
    """

    visits: pd.DataFrame
    severity: np.ndarray
    mentioned: np.ndarray
    test: np.ndarray

    def labels(self) -> list[str]:
        """Return the column Finding Labels: findings in alphabetical order, or No Finding."""
        order = sorted(range(len(FINDINGS)), key=FINDINGS.__getitem__)
        lines = ("|".join(FINDINGS[f] for f in order if row[f]) for row in self.mentioned)
        return [line or NO_FINDING for line in lines]


def draw_population(images: int, patients: int, seed: int, label_noise: float) -> Population:
    """Draw patients, their visits and findings.

    Parameters
    ----------
    images : int
        Number of images in all; `patients` to 12 × `patients`.
    patients : int
        Number of patients.
    seed : int
        The data set's seed.
    label_noise : float
        Probability that the table does not mention a finding that is there, 0 to 1. Findings
        that are not there are mentioned as often, so that prevalences stay level.
    """
    streams = np.random.SeedSequence(seed, spawn_key=(0,)).spawn(4)
    people, disease, noise, lists = (np.random.Generator(np.random.PCG64(s)) for s in streams)
    sick = people.standard_normal(patients)
    visits = _visits(_images_per_patient(images, patients, people), sick, people)
    severity = _severities(visits, sick, disease)
    test_patients = 1 + lists.permutation(patients)[: (patients + 2) // 5]
    return Population(
        visits,
        severity,
        _mention(severity > 0, label_noise, noise),
        visits["patient"].isin(test_patients).to_numpy(),
    )


def _images_per_patient(images: int, patients: int, rng: np.random.Generator) -> np.ndarray:
    # Everybody has one image. Each further one is a ticket, and tickets go to the hungriest.
    appetite = rng.random(patients) ** 3
    price = np.arange(1, MOST_IMAGES) / appetite[:, None]
    bought = np.argsort(price, axis=None, kind="stable")[: images - patients]
    return 1 + np.bincount(bought // (MOST_IMAGES - 1), minlength=patients)


def _visits(counts: np.ndarray, sick: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    patients = len(counts)
    first_age = 14 + rng.integers(0, 38, patients) + rng.integers(0, 36, patients)
    sex = np.where(rng.integers(0, 100, patients) < 44, "F", "M")
    patient = np.repeat(np.arange(patients), counts)
    visit = np.arange(len(patient)) - np.repeat(np.cumsum(counts) - counts, counts)
    inpatient = 0.7 * sick[patient] + rng.standard_normal(patients)[patient]
    view = np.where(inpatient + rng.standard_normal(len(patient)) > 0.45, "AP", "PA")
    which = rng.integers(0, 6, len(patient))
    detectors = [_DETECTORS[v][w % len(_DETECTORS[v])] for v, w in zip(view, which, strict=True)]
    width, height, spacing = zip(*detectors, strict=True)
    columns = {
        "image": [f"{p + 1:08d}_{v:03d}.png" for p, v in zip(patient, visit, strict=True)],
        "patient": patient + 1,
        "visit": visit,
        "age": first_age[patient] + visit // 3,
        "sex": sex[patient],
        "view": view,
        "width": width,
        "height": height,
        "spacing": spacing,
    }
    return pd.DataFrame(columns)


def _severities(visits: pd.DataFrame, sick: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    patient = visits["patient"].to_numpy() - 1
    age = (visits["age"].to_numpy() - 50) / 16
    ap = (visits["view"] == "AP").to_numpy()
    female = (visits["sex"] == "F").to_numpy()
    shared = {name: _lasting(stays, patient, rng) for name, stays in _SHARED.items()}
    shared["sick"] = 0.8 * sick[patient] + 0.6 * rng.standard_normal(len(patient))
    columns = []
    for finding in FINDINGS:
        cause = CAUSES[finding]
        liability = _lasting(cause.stays, patient, rng)
        liability += cause.age * age + cause.ap * ap + cause.female * female
        for name, loading in cause.shared.items():
            liability += loading * shared[name]
        columns.append(_severity(liability, cause.quota, rng))
    return np.stack(columns, axis=1)


def _lasting(stays: float, patient: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    # A standard normal for every visit, of whose variance the share `stays` is the patient's.
    own = rng.standard_normal(patient.max() + 1)[patient]
    return np.sqrt(stays) * own + np.sqrt(1 - stays) * rng.standard_normal(len(patient))


def _severity(liability: np.ndarray, quota: float, rng: np.random.Generator) -> np.ndarray:
    # The further above the threshold, the plainer; half of it is chance, and many are subtle.
    present = np.argsort(-liability, kind="stable")[: max(1, round(quota * len(liability)))]
    rank = (np.arange(len(present), 0, -1) - 0.5) / len(present)
    severity = np.zeros(len(liability))
    severity[present] = 0.5 * rank + 0.5 * rng.random(len(present))
    return severity


def _mention(present: np.ndarray, label_noise: float, rng: np.random.Generator) -> np.ndarray:
    share = present.mean(axis=0)
    invented = label_noise * share / np.maximum(1 - share, 1e-9)
    chance = rng.random(present.shape)
    return np.where(present, chance >= label_noise, chance < invented)
