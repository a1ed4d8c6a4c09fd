"""The 14 findings of ChestX-ray14 and No Finding: order, spelling, display name."""

from collections.abc import Iterable

#: Spelling in NIH's files, in the order in which Wang et al. (CVPR 2017) and CheXNet list them.
FINDINGS: tuple[str, ...] = (
    "Atelectasis",
    "Cardiomegaly",
    "Effusion",
    "Infiltration",
    "Mass",
    "Nodule",
    "Pneumonia",
    "Pneumothorax",
    "Consolidation",
    "Edema",
    "Emphysema",
    "Fibrosis",
    "Pleural_Thickening",
    "Hernia",
)

NO_FINDING = "No Finding"

#: Spellings met in the wild for a finding, in the form that `canonical` compares.
_ALIASES = {"infiltrate": "Infiltration"}


def label_set(outputs: int) -> tuple[str, ...]:
    """Return the 14 findings, or all 15 labels with No Finding last.

    Parameters
    ----------
    outputs : {14, 15}
        The number of labels wanted.
    """
    return FINDINGS if outputs == len(FINDINGS) else (*FINDINGS, NO_FINDING)


def display(finding: str) -> str:
    """Return the name a reader sees: ``Pleural_Thickening`` becomes ``Pleural thickening``."""
    return finding.replace("_", " ").capitalize() if finding != NO_FINDING else finding


def canonical(spelling: str) -> str | None:
    """Return the finding that a file's spelling means, or None where it means none.

    Case, blanks, underscores and hyphens do not matter, and the bounding-box file's
    ``Infiltrate`` is Infiltration.
    """
    return _BY_KEY.get(_key(spelling))


def _key(spelling: str) -> str:
    return "".join(c for c in spelling.lower() if c.isalnum())


def _spellings(names: Iterable[str]) -> dict[str, str]:
    return {_key(name): name for name in names} | _ALIASES


_BY_KEY = _spellings((*FINDINGS, NO_FINDING))
