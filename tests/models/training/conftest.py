"""Trainings in processes of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("small.py")


@pytest.fixture
def train_apart(tmp_path):
    """Run `small.py`; return what it says, or its exit status where it was killed."""

    def train(folder="job", **told):
        job = tmp_path / folder
        job.mkdir(exist_ok=True)
        paths = os.pathsep.join([str(SCRIPT.parents[3]), *sys.path])
        done = subprocess.run(
            [sys.executable, SCRIPT, job, json.dumps(told)],
            capture_output=True,
            text=True,
            env=os.environ | {"PYTHONPATH": paths},
            check=False,
        )
        if done.returncode < 0:
            return done.returncode
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1])

    return train
