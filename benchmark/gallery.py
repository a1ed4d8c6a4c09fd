"""What a row looked at, as plain values and arrays: all that the pages of `reports` may show."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmark.cases import OUTCOMES
from benchmark.explain import Explanation, Look
from benchmark.localization import FRAME
from benchmark.run_folder import RunFolder
from features.files import read_json, write_json, write_text, write_with
from features.findings import display
from features.progress import Progress, silent
from models import registry

#: Side, in pixels, at which radiographs are shown.
SHOWN = 512

#: The heading of each outcome, and what its radiographs are.
GROUPS = {
    "true positive": ("True positives", "called and present, highest scores first"),
    "false positive": ("False positives", "called, and absent by the label; highest scores first"),
    "false negative": ("False negatives", "present, but not called; highest scores first"),
    "true negative": ("True negatives", "neither called nor present"),
}

#: What each method is called, and what its maps show.
METHODS = {
    "grad-cam": ("Grad-CAM", "a map of where in them the evidence lies"),
    "hirescam": ("HiResCAM", "a map of where in them the evidence lies"),
    "gain": (
        "Gain of the trees' splits",
        "a map of where the texture lies that the finding's trees split on, the same for all",
    ),
    "shap": (
        "SHAP values of the trees (TreeSHAP)",
        "a map of where in them the texture lies that spoke for the finding",
    ),
}


def gallery_content(
    run: RunFolder, found: Explanation, *, progress: Progress = silent
) -> dict[str, Any]:
    """Gather what a gallery shows; the radiographs are read here.

    Parameters
    ----------
    run : RunFolder
        The run.
    found : Explanation
        Of one of its rows.
    progress : callable, optional
        Told how many radiographs are read.

    Returns
    -------
    dict
        As `reports.gallery.render` takes it.
    """
    experiment, findings = run.experiment(), list(run.truth().columns)
    kind = registry.find(str(experiment.models.get(found.row, {}).get("model", found.row)))
    asked = found.request.method
    method, shows = METHODS.get(asked, (asked, "a map of where the model looked"))
    own = [{"row": found.row, "lines": found.records()}] if len(found.table) else []
    return {
        "name": experiment.title or experiment.name,
        "row": {"name": found.row, "kind": kind.kind, "title": kind.title or kind.name()},
        "part_name": found.request.part_name,
        "share": found.request.share,
        "layer": found.request.layer,
        "method": method,
        "shows": shows,
        "note": found.note,
        "frame": FRAME,
        "localization": own,
        "all_findings": [{"name": name, "label": display(name)} for name in findings],
        "findings": list(_findings(found, findings, progress)),
    }


def _findings(
    found: Explanation, findings: Sequence[str], progress: Progress
) -> Iterator[dict[str, Any]]:
    done = 0
    for place, finding in enumerate(findings):
        groups = []
        for outcome in OUTCOMES:
            looks = [
                _look(look, found.row)
                for look in found.looks
                if (look.finding, look.outcome) == (finding, outcome)
            ]
            done += len(looks)
            progress("radiographs", done, len(found.looks))
            title, note = GROUPS[outcome]
            group = {"outcome": outcome, "title": title, "note": note, "looks": looks}
            groups += [group] if looks else []
        if groups:
            yield {"key": f"finding-{place}", "title": display(finding), "groups": groups}


def _look(look: Look, row: str) -> dict[str, Any]:
    predicted = look.predicted
    blank = "" if look.heat.any() else "; the map is zero everywhere"
    words = f"score {look.score:.3f}, threshold {look.threshold:.3f}: {look.outcome}{blank}"
    return {
        "file": f"{_plain(look.finding)}-{_plain(look.image)}.png",
        "image": look.image,
        "title": f"{display(look.finding)}, {look.image}",
        "caption": f"{row}: {words}",
        "note": blank.lstrip("; "),
        "score": look.score,
        "threshold": look.threshold,
        "pixels": look.pixels(SHOWN),
        "heat": look.heat,
        "boxes": look.boxes.round(2).tolist(),
        "predicted": None if predicted is None else predicted.tolist(),
    }


def _plain(name: str) -> str:
    """Return a name that any file system takes."""
    return re.sub(r"[^\w.-]+", "_", name.removesuffix(".png"))


def write_gallery(folder: Path, page: str, pictures: Iterable[tuple[str, bytes]]) -> Path:
    """Write a page and its pictures, in place of what an earlier gallery left in the folder.

    Parameters
    ----------
    folder : Path
        Made where it is missing. Only the pictures of an earlier gallery are removed.
    page : str
        A complete HTML document.
    pictures : iterable of (str, bytes)
        File names and PNG files.

    Returns
    -------
    Path
        Of the page.
    """
    listed = folder / "pictures.json"
    for name in read_json(listed):
        (folder / Path(name).name).unlink(missing_ok=True)
    names = []
    for name, content in pictures:
        write_with(folder / name, partial(Path.write_bytes, data=content))
        names.append(name)
    write_json(listed, names)
    write_text(folder / "gallery.html", page)
    return folder / "gallery.html"
