"""Rows that build on other rows: their order, what makes them stale, what becomes of them."""

import shutil

import numpy as np
import pytest

from benchmark.console import Console
from benchmark.rows import rows_of
from benchmark.runner import run_experiment
from features.errors import InputError

QUIET = Console(quiet=True)

#: The logits of another row's scores, doubled; says how often it was fitted.
ABOVE = '''
"""Above: another row's scores, squared."""
import json
import numpy as np
from models.base import Model


class Above(Model):
    title = "squared scores of another row"
    on: tuple[str, ...] = ("corner",)
    counter: str = ""

    @property
    def builds_on(self):
        return self.on

    def fit(self, train, valid, job):
        self.findings, self.rows = train.findings, job.rows
        with open(self.counter, "a") as out:
            out.write(f"{','.join(job.rows)}\\n")
        return self

    def predict(self, radiographs):
        table = self.rows[self.on[0]].scores()
        return table.loc[radiographs.images, list(self.findings)].to_numpy() ** 2

    def _save(self, folder):
        pass

    def _load(self, folder):
        pass
'''


@pytest.fixture
def stacked(small, tmp_path):
    """An experiment whose first row builds on its second."""
    file = tmp_path / "above.py"
    file.write_text(ABOVE)
    return small.replace({"rows": ["above", "corner"], "models.above": {"model": str(file)}})


def run(experiment, folder, **options):
    return run_experiment(experiment, folder, console=QUIET, **options)


def fits(counter):
    return counter.read_text().split()


def test_what_a_row_builds_on_is_fitted_first(stacked, tmp_path, counter):
    outcome = run(stacked, tmp_path / "run")
    assert not outcome.failed
    assert fits(counter) == ["fitted", "corner"]
    above, corner = (outcome.folder.row(name).scores() for name in ("above", "corner"))
    np.testing.assert_allclose(above, corner**2, rtol=1e-6)


def test_a_second_run_fits_nothing(stacked, tmp_path, counter):
    run(stacked, tmp_path / "run")
    run(stacked, tmp_path / "run")
    assert len(fits(counter)) == 2


def test_an_option_of_the_lower_row_fits_both_again(stacked, tmp_path, counter):
    run(stacked, tmp_path / "run")
    run(stacked.replace({"models.corner.gain": 0.5}), tmp_path / "run")
    assert fits(counter) == ["fitted", "corner"] * 2


def test_an_option_of_the_upper_row_leaves_the_lower_alone(stacked, tmp_path, counter):
    run(stacked, tmp_path / "run")
    run(stacked.replace({"models.above.on": ["corner", "twin"], "rows": ["above", "corner", "twin"],
                         "models.twin": stacked.models["corner"]}), tmp_path / "run")  # fmt: skip
    assert fits(counter) == ["fitted", "corner", "fitted", "corner,twin"]


def test_other_scores_of_the_same_fit_below_make_the_upper_row_stale(stacked, tmp_path, counter):
    folder = run(stacked, tmp_path / "run").folder
    scores = folder.row("corner").scores() * 0.5  # as a GPU's next training might have them
    folder.row("corner").write_scores(scores.index.to_numpy(), list(scores), scores.to_numpy())
    run(stacked, tmp_path / "run")
    assert fits(counter) == ["fitted", "corner", "corner"]


def test_a_row_on_a_failed_row_fails_with_its_name(stacked, tmp_path):
    rows = {"rows": ["above", "broken"], "models.above.on": ["broken"]}
    outcome = run(stacked.replace(rows), tmp_path / "run")
    assert outcome.failed["above"] == "it builds on broken, which is not finished"


def test_a_row_whose_foundation_is_lost_fails_with_its_name(stacked, tmp_path, counter):
    folder = run(stacked, tmp_path / "run").folder
    shutil.rmtree(folder.row("corner").path)
    counter.unlink()
    counter.mkdir()  # so that it cannot be fitted again
    outcome = run(stacked, tmp_path / "run")
    assert set(outcome.failed) == {"above", "corner"}
    assert outcome.failed["above"] == "it builds on corner, which is not finished"


def test_a_row_that_is_not_there_is_named(stacked):
    with pytest.raises(InputError, match=r"unknown row 'cornr' in what above builds on.*'corner'"):
        rows_of(stacked.replace({"models.above.on": ["cornr"]}))


def test_rows_on_each_other_are_refused(stacked):
    twins = {"rows": ["above", "twin"], "models.above.on": ["twin"]}
    twin = stacked.models["above"] | {"on": ["above"]}
    with pytest.raises(InputError, match="above on twin on above"):
        rows_of(stacked.replace(twins | {"models.twin": twin}))


def test_the_ensemble_averages_finished_rows(stacked, tmp_path):
    rows = {
        "rows": ["ensemble", "corner", "prevalence"],
        "models.ensemble.members": ["corner", "prevalence"],
    }
    outcome = run(stacked.replace(rows), tmp_path / "run")
    assert not outcome.failed
    metrics = outcome.folder.metrics().set_index(["row", "part", "finding"])["auc"]
    assert metrics["ensemble", "test", "Mass"] == metrics["corner", "test", "Mass"]
