"""The classical road at the size of the whole data set."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]

SCRIPT = Path(__file__).with_name("scale.py")
ROWS = 1_000, 10_000, 112_120


def cost(images: int, folder: Path) -> dict:
    """Run the row in a process of its own."""
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, SCRIPT, str(images), folder],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(SCRIPT.parents[2])},
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_the_cost_of_an_image_is_flat_and_memory_bounded(tmp_path, capsys):
    costs = [cost(images, tmp_path / str(images)) for images in ROWS]
    with capsys.disabled():
        for said in costs:
            seconds = ", ".join(f"{key} {said[key]:.0f} s" for key in ("extraction", "fit"))
            print(
                f"\n{said['images']:,} images: {seconds}, prediction {said['prediction']:.0f} s, "
                f"peak {said['peak'] / 1e9:.2f} GB"
            )
    for stage in ("extraction", "fit"):
        each = [said[stage] / said["images"] for said in costs[1:]]
        assert each[1] < 1.25 * each[0], stage
    assert costs[-1]["peak"] <= 8e9
