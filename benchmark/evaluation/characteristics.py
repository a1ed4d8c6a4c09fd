"""Who is in the parts: sex, age, view position and visits; the first table of a paper."""

import pandas as pd

from benchmark.evaluation.evidence import Evidence
from benchmark.split_file import PARTS

COLUMNS = (
    *("part", "images", "patients", "shared_patients"),
    *("female", "male", "sex_unknown"),
    *("age_median", "age_quarter", "age_three_quarters", "age_unknown"),
    *("pa", "ap", "view_unknown", "first", "follow_up"),
)


def characteristics_table(evidence: Evidence) -> pd.DataFrame:
    """Describe the patients and images of every part, from split.csv alone.

    Parameters
    ----------
    evidence : Evidence
        No row is needed.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`. Sexes count patients, each by his first image that says it; views,
        visits and ages are of images. `shared_patients` are those who are in another part too:
        none, or the split leaks. What the split does not say is unknown.
    """
    split = evidence.split
    made = [_describe(name, split) for name in PARTS if (split["part"] == name).any()]
    counts = [name for name in COLUMNS if name != "part" and not name.startswith("age_")]
    types = dict.fromkeys((*counts, "age_unknown"), "Int64")
    return pd.DataFrame(made, columns=list(COLUMNS)).astype(types)


def _describe(name: str, split: pd.DataFrame) -> dict[str, object]:
    inside = split["part"] == name
    part, elsewhere = split[inside], set(split["patient"][~inside])
    patients = part["patient"].unique()
    sex, view = _said(part, "sex"), _said(part, "view")
    sexes = sex[sex != ""].groupby(part["patient"]).first()
    age, visit = _numbers(part, "age"), _numbers(part, "follow_up")
    quarters = dict(zip(COLUMNS[7:10], age.quantile([0.5, 0.25, 0.75]), strict=True))
    return {
        "part": name,
        "images": len(part),
        "patients": len(patients),
        "shared_patients": len(elsewhere.intersection(patients)),
        "female": int((sexes == "F").sum()),
        "male": int((sexes == "M").sum()),
        "sex_unknown": len(patients) - int(sexes.isin(["F", "M"]).sum()),
        **quarters,
        "age_unknown": int(age.isna().sum()),
        "pa": int((view == "PA").sum()),
        "ap": int((view == "AP").sum()),
        "view_unknown": int((~view.isin(["PA", "AP"])).sum()),
        "first": int((visit == 0).sum()),
        "follow_up": int((visit > 0).sum()),
    }


def _column(part: pd.DataFrame, key: str) -> pd.Series:
    return part[key] if key in part else pd.Series(None, part.index, dtype=object)


def _numbers(part: pd.DataFrame, key: str) -> pd.Series:
    return pd.to_numeric(_column(part, key), errors="coerce")


def _said(part: pd.DataFrame, key: str) -> pd.Series:
    return _column(part, key).astype(object).fillna("")
