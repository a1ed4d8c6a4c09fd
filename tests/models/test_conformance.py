from pathlib import Path

import pytest

from models import registry
from models.conformance import CHECKS, Bench, run_checks

SHAMELESS = """
import numpy as np
from models.base import Model


class Shameless(Model):
    title = "does everything wrong"

    def __init__(self, **options):
        super().__init__()

    def fit(self, train, valid, job):
        train.labels[:] = 1

    def predict(self, radiographs):
        return np.random.default_rng().normal(size=(len(radiographs), 14))

    def _save(self, folder):
        (folder / "model.pkl").write_bytes(b"anything")

    def _load(self, folder):
        pass
"""


@pytest.fixture(scope="module", params=[*sorted(registry.available()), "template"])
def bench(request, tmp_path_factory) -> Bench:
    """Each model of the folder, the one to copy too, fitted once."""
    file = Path(registry.__file__).with_name("template.py")
    kind = registry.from_file(file) if request.param == "template" else registry.find(request.param)
    return Bench(kind, tmp_path_factory.mktemp(request.param))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_every_model_conforms(bench, check):
    assert check(bench) is None


def test_the_suite_catches_what_it_is_for(tmp_path):
    file = tmp_path / "shameless.py"
    file.write_text(SHAMELESS)
    found = dict(run_checks(str(file)))
    assert len(found) == len(CHECKS)
    assert {name for name, reason in found.items() if reason is None} == {
        "names itself",
        "defaults are valid",
        "tunes its options",
    }
