"""Fixtures that several rooms share."""

import json
import os
import subprocess
import sys
import time
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


class Cluster:
    """A Dask scheduler and its workers, each a process of its own.

    Parameters
    ----------
    folder : Path
        For the scheduler's address and everyone's log.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._scheduler = self._start("scheduler", "--port", "0")
        self.workers: list[subprocess.Popen] = []

    def start_worker(self, **options) -> subprocess.Popen:
        """Start a worker of one thread; options are those of `subprocess.Popen`."""
        self.workers.append(self._start("worker", "--nthreads", "1", "--no-nanny", **options))
        return self.workers[-1]

    def hold(self, count: int) -> None:
        """Have exactly so many workers: start new ones for those that died, end the others."""
        from distributed import Client

        with Client(f"tcp://{self.address}", set_as_default=False) as client:
            while self._renew(count) != set(client.run(os.getpid, on_error="ignore").values()):
                time.sleep(0.05)

    def _renew(self, count: int) -> set[int]:
        alive = [worker for worker in self.workers if worker.poll() is None]
        for worker in alive[count:]:
            worker.kill()
        self.workers = alive[:count]
        while len(self.workers) < count:
            self.start_worker()
        return {worker.pid for worker in self.workers}

    @property
    def address(self) -> str:
        """The scheduler's, HOST:PORT."""
        file = self._folder / "scheduler.json"
        while not file.exists():
            time.sleep(0.05)
        return json.loads(file.read_text())["address"].removeprefix("tcp://")

    def close(self) -> None:
        for process in (*self.workers, self._scheduler):
            process.kill()
            process.wait()

    def _start(self, role: str, *arguments: str, **options) -> subprocess.Popen:
        code = str(Path(__file__).resolve().parent.parent)
        paths = os.pathsep.join(filter(None, [code, os.environ.get("PYTHONPATH")]))
        common = ["--host", "127.0.0.1", "--no-dashboard"]
        file = str(self._folder / "scheduler.json")
        command = [sys.executable, "-P", "-m", f"distributed.cli.dask_{role}", *arguments, *common]
        given = {"cwd": self._folder, "env": os.environ | {"PYTHONPATH": paths}} | options
        with (self._folder / "log.txt").open("a") as log:
            return subprocess.Popen(
                [*command, "--scheduler-file", file], stdout=log, stderr=log, **given
            )


@pytest.fixture(scope="session")
def start_cluster(tmp_path_factory):
    """Return what starts a Dask cluster, which ends with the tests."""
    pytest.importorskip("distributed")
    clusters = []

    def start() -> Cluster:
        clusters.append(Cluster(tmp_path_factory.mktemp("cluster")))
        return clusters[-1]

    yield start
    for cluster in clusters:
        cluster.close()
