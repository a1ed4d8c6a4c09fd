"""Which radiographs and findings are worth a look: what was asked for, called, missed or boxed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd

from benchmark.localization import SHARE
from benchmark.run_folder import RunFolder
from benchmark.split_file import PARTS
from features.errors import InputError, unknown
from features.findings import canonical

#: What a score and a truth make of a radiograph, in the order of the gallery.
OUTCOMES = ("true positive", "false positive", "false negative", "true negative")


@dataclass(frozen=True)
class Request:
    """What is asked of a row.

    Parameters
    ----------
    findings, images : sequence of str, optional
        Only these; everything by default. Named images are all shown.
    part : {"test", "valid", "train", "all"}
        Whose radiographs.
    layer, method : str, optional
        See `models.base.Model.heatmaps`.
    top : int, optional
        Radiographs of each finding and outcome in the gallery, highest scores first.
    share : float, optional
        See `benchmark.localization.predicted_box`.
    data : str or Path, optional
        Where the radiographs are, if not where the experiment says.
    """

    findings: Sequence[str] = ()
    images: Sequence[str] = ()
    part: str = "test"
    layer: str = ""
    method: str = ""
    top: int = 4
    share: float = SHARE
    data: str | Path | None = None

    def __post_init__(self) -> None:
        if self.part not in (*PARTS, "all"):
            raise unknown("part", self.part, (*PARTS, "all"))
        if not 0 < self.share <= 1:
            raise InputError(f"share = {self.share}: it must be above 0 and at most 1")
        if self.top < 0:
            raise InputError(f"top = {self.top}: it must be at least 0")

    @property
    def part_name(self) -> str:
        """What a reader calls the part, or all of them."""
        return "test, valid and train parts" if self.part == "all" else f"{self.part} part"

    @property
    def is_whole(self) -> bool:
        """Whether nothing that the part holds is left out."""
        return not self.findings and not self.images


def list_cases(run: RunFolder, row: str, request: Request) -> pd.DataFrame:
    """List radiographs and findings that are asked for.

    Parameters
    ----------
    run : RunFolder
        The run.
    row : str
        A finished row.
    request : Request
        What is asked.

    Returns
    -------
    pandas.DataFrame
        One line a finding and radiograph: image, finding, score, threshold, truth, and outcome, one
        of `OUTCOMES` or "unknown".

    Raises
    ------
    InputError
        If a finding or an image is unknown.
    """
    truth, scores, part = run.truth(), run.row(row).scores(), run.split()["part"]
    findings = [finding for finding in truth.columns if finding in scores.columns]
    findings = _named(
        "finding", [canonical(name) or name for name in request.findings], findings, row
    )
    inside = part.index if request.part == "all" else part.index[part == request.part]
    images = _named("image", request.images, inside, f"the {request.part} part of {run.path}")
    metrics = run.metrics()
    of_row = metrics[metrics["row"] == row].drop_duplicates("finding").set_index("finding")
    cases = [
        pd.DataFrame(
            {
                "image": images,
                "finding": finding,
                "score": scores.loc[images, finding].to_numpy(),
                "threshold": of_row["threshold"].get(finding, np.nan),
                "truth": truth.loc[images, finding].to_numpy(),
            }
        )
        for finding in findings
    ]
    return pd.concat(cases, ignore_index=True).assign(outcome=_outcomes)


def _named(kind: str, wanted: Sequence[str], known: Iterable[str], where: str) -> list[str]:
    """Return what is wanted, in the order of what is known; all of it where nothing is named."""
    known = list(known)
    for name in sorted(set(wanted) - set(known)):
        raise _near(kind, name, known, where)
    return [name for name in known if name in wanted] if wanted else known


def _near(kind: str, name: str, known: Sequence[str], where: str) -> InputError:
    """Say that a name is unknown; of thousands of images only the nearest is shown."""
    if kind == "finding":
        return unknown(kind, name, known, where=where)
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    return InputError(f"unknown {kind} '{name}' in {where}, which holds {len(known)}{hint}")


def _outcomes(cases: pd.DataFrame) -> np.ndarray:
    called, present = cases["score"] >= cases["threshold"], cases["truth"] == 1
    known = cases["truth"].notna()
    kinds = [called & present, called & ~present, ~called & present, ~called & ~present]
    return np.select([kind & known for kind in kinds], OUTCOMES, "unknown")


def choose(cases: pd.DataFrame, request: Request) -> pd.DataFrame:
    """Choose what a gallery shows, in its order.

    Of named images everything that is called or present, and also the rest where findings are named
    too; otherwise the highest scores of each finding: true and false positives, and what was
    missed where boxes say where it is.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `list_cases`, with a further column, boxed: whether the finding has a box there.
    request : Request
        What is asked.

    Returns
    -------
    pandas.DataFrame
        Some of the lines of `cases`, with their index.
    """
    order = cases["outcome"].map(dict(zip(OUTCOMES, range(len(OUTCOMES)), strict=True)))
    ranked = cases.assign(order=order).dropna(subset="order")
    keys = ["finding", "order"]
    finding = ranked["finding"].map({name: at for at, name in enumerate(cases["finding"].unique())})
    ranked = ranked.assign(place=finding).sort_values(
        ["place", "order", "score"], ascending=[True, True, False], kind="stable"
    )
    is_negative = ranked["outcome"] == "true negative"
    if request.images:
        return ranked if request.findings else ranked[~is_negative]
    is_blind = (ranked["outcome"] == "false negative") & ~ranked["boxed"]
    return ranked[~is_negative & ~is_blind].groupby(keys, sort=False).head(request.top)
