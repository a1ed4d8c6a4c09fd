"""A contact sheet: a few of a run's radiographs, small, so that a report needs no data set."""

import base64
from collections.abc import Iterator
from io import BytesIO

import numpy as np
from PIL import Image

from features.findings import FINDINGS
from features.images import resized
from features.radiographs import Radiographs

#: Side of a picture in pixels, and the quality of its JPEG: some 4 kB each.
SIDE = 144
QUALITY = 72

#: Radiographs without a finding that open the sheet; one of each finding follows.
NORMALS = 2

#: Whose radiographs they are, by the data's source.
CREDITS = {
    "nih": "ChestX-ray14. Data provider: NIH Clinical Center, https://nihcc.app.box.com/v/"
    "ChestXray-NIHCC. Wang et al., ChestX-ray8, CVPR 2017.",
    "phantom": "Drawn by a program: no patient is shown.",
}


def contact_sheet(radiographs: Radiographs, size: int) -> list[dict[str, str]]:
    """Make the pictures of a contact sheet.

    Parameters
    ----------
    radiographs : Radiographs
        With labels and an archive; those of *train*, so that nobody looks at *test*.
    size : int
        Side at which they are decoded, in pixels.

    Returns
    -------
    list of dict
        ``image`` (its name) and ``jpeg`` (a JPEG file in base64); JSON-able.
    """
    chosen = radiographs.take(choose(radiographs))
    pictures = zip(chosen.images, chosen.pixels(size)[:], strict=True)
    return [{"image": str(image), "jpeg": _jpeg(pixels)} for image, pixels in pictures]


def choose(radiographs: Radiographs) -> list[int]:
    """Choose the radiographs of a contact sheet, each of another patient while there are enough.

    A finding is shown where it comes with the fewest others. Of several radiographs the one in
    the middle of the table is taken: nothing is drawn by lot.

    Returns
    -------
    list of int
        Positions: `NORMALS` without a finding, then one a finding, in their order.
    """
    chosen: list[int] = []
    for candidates in _candidates(radiographs):
        shown = np.isin(radiographs.patients[candidates], radiographs.patients[chosen])
        fresh = candidates[~shown] if not shown.all() else np.setdiff1d(candidates, chosen)
        chosen += [int(fresh[len(fresh) // 2])] if len(fresh) else []
    return chosen


def _candidates(radiographs: Radiographs) -> Iterator[np.ndarray]:
    """Yield, for each place on the sheet, the positions of the radiographs that may take it."""
    assert radiographs.labels is not None
    labels = radiographs.labels[:, [radiographs.findings.index(name) for name in FINDINGS]]
    together = (labels == 1).sum(1)
    for _ in range(NORMALS):
        yield np.flatnonzero((labels == 0).all(1))
    for present in (labels == 1).T:
        yield np.flatnonzero(present & (together == together[present].min(initial=len(FINDINGS))))


def _jpeg(pixels: np.ndarray) -> str:
    """Return a small JPEG of a radiograph in base64."""
    out = BytesIO()
    small = Image.fromarray(resized(pixels, min(SIDE, len(pixels))))
    small.save(out, "jpeg", quality=QUALITY, optimize=True)
    return base64.b64encode(out.getvalue()).decode()
