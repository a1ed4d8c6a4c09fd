"""Whether there is a GPU, as far as shows without an engine."""

import os
from pathlib import Path

#: What a loaded driver leaves in the file system, by the GPU's maker.
DRIVERS = {"nvidia": "/dev/nvidiactl", "amd": "/dev/kfd"}


def has_driver(*makers: str) -> bool:
    """Say whether a GPU's driver is loaded and not hidden from us; imports nothing.

    Parameters
    ----------
    *makers : str
        Any of `DRIVERS`; all of them by default.
    """
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    return not hidden and any(Path(DRIVERS[maker]).exists() for maker in makers or DRIVERS)


def boosting_device(asked: str) -> str:
    """Return where XGBoost boosts: for "auto" on a GPU, if there is one and XGBoost can use it.

    Parameters
    ----------
    asked : {"auto", "cpu", "cuda"}
        What the user wants.

    Returns
    -------
    str
        "cpu" or "cuda".
    """
    if asked != "auto":
        return asked
    if not has_driver("nvidia"):
        return "cpu"
    import xgboost

    return "cuda" if xgboost.build_info().get("USE_CUDA") else "cpu"
