import shutil

import pytest
from PIL import Image

from benchmark.api import open_run
from benchmark.console import Console
from benchmark.runner import run_experiment

QUIET = Console(quiet=True)


@pytest.fixture
def copied(tiny_nih, tmp_path):
    """The tiny pictures, one of them under the name of every other patient's too."""
    folder = tmp_path / "copied"
    shutil.copytree(tiny_nih, folder)
    files = sorted((folder / "images").iterdir())
    for file in files[4::8]:
        shutil.copyfile(files[0], file)
    return folder


def test_a_run_is_checked_and_its_folder_alone_tells_it_again(small, copied, tmp_path, own_cache):
    experiment = small.replace({"data.folder": str(copied), "rows": ["corner", "broken"]})
    run_experiment(experiment, tmp_path / "run", console=QUIET)
    run = open_run(tmp_path / "run")
    said = run.checks.set_index("code")
    assert {"CXR008", "CXR017", "CXR020"} <= set(said.index)
    assert said.loc["CXR020", ["row", "text"]].tolist() == [
        "broken",
        "failed: RuntimeError: no such luck at all",
    ]
    assert "equal in every pixel" in said.loc["CXR008", "text"]
    assert "<code>CXR008</code>" in run.write_report().read_text()

    before = run.checks
    shutil.rmtree(own_cache)
    shutil.rmtree(copied)
    run.evaluate()
    assert open_run(tmp_path / "run").checks.equals(before)


def test_what_is_muted_later_is_shown_as_muted_and_nothing_is_fitted(small, tmp_path, counter):
    run_experiment(small, tmp_path / "run", console=QUIET)
    run_experiment(small.replace({"evaluation.mute": ["CXR017"]}), tmp_path / "run", console=QUIET)
    said = open_run(tmp_path / "run").checks.set_index("code")
    assert said["muted"].to_dict()["CXR017"]
    assert said["muted"].sum() == 1
    assert len(counter.read_text().splitlines()) == 1


def test_a_picture_that_says_nothing_is_nobodys_duplicate(small, tiny_nih, tmp_path, own_cache):
    folder = tmp_path / "blank"
    shutil.copytree(tiny_nih, folder)
    for file in sorted((folder / "images").iterdir())[::5]:
        Image.new("L", (32, 32), 128).save(file)
    run_experiment(small.replace({"data.folder": str(folder)}), tmp_path / "run", console=QUIET)
    assert "CXR008" not in set(open_run(tmp_path / "run").checks["code"])
