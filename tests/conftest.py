"""Fixtures that several rooms share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no failure: properties are held to their truth and not to a clock.
settings.register_profile("cxrbench", deadline=None)
settings.load_profile("cxrbench")


@pytest.fixture(scope="session")
def nih() -> Path:
    """The folder of real radiographs, or a skip with the reason."""
    folder = os.environ.get("CXRBENCH_NIH")
    if not folder:
        pytest.skip("CXRBENCH_NIH is unset: it names the folder that holds real radiographs")
    path = Path(folder)
    if not path.is_dir():
        pytest.fail(f"CXRBENCH_NIH={folder} is not a folder")
    return path


@pytest.fixture(scope="session")
def tiny_nih(tmp_path_factory) -> Path:
    """A folder laid out like NIH's: 120 noisy pictures of 60 patients; Mass is a bright corner."""
    import numpy as np
    import pandas as pd
    from PIL import Image

    from features.findings import FINDINGS

    folder = tmp_path_factory.mktemp("tiny_nih")
    (folder / "images").mkdir()
    random = np.random.default_rng(0)
    lines = []
    for k in range(120):
        present = [finding for finding in FINDINGS if random.random() < 0.3]
        picture = random.integers(0, 100, (32, 32), dtype=np.uint8)
        picture[:16, :16] += np.uint8(100 * ("Mass" in present))
        name = f"{k // 2 + 1:08d}_{k % 2:03d}.png"
        Image.fromarray(picture).save(folder / "images" / name)
        lines.append(
            {
                "Image Index": name,
                "Finding Labels": "|".join(present) or "No Finding",
                "Follow-up #": k % 2,
                "Patient ID": k // 2 + 1,
                "Patient Age": int(random.integers(20, 90)),
                "Patient Gender": random.choice(["F", "M"]),
                "View Position": random.choice(["PA", "AP"]),
            }
        )
    pd.DataFrame(lines).to_csv(folder / "Data_Entry_2017.csv", index=False)
    return folder


@pytest.fixture
def own_cache(tmp_path, monkeypatch) -> Path:
    """An empty cache folder for this test alone, also in the processes it starts."""
    monkeypatch.setenv("CXRBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"
