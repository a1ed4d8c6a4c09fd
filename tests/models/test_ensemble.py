"""The ensemble: what it makes of other rows' scores."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from features.errors import InputError
from models.base import Job
from models.ensemble import Ensemble, least_loss


@dataclass
class Row:
    """A finished row whose scores are known; its model predicts one constant for all."""

    table: pd.DataFrame
    constant: float = 0.5
    asked: int = 0

    def scores(self):
        return self.table

    def model(self):
        self.asked += 1
        return self

    @property
    def findings(self):
        return tuple(self.table.columns)

    def predict(self, radiographs):
        return np.full((len(radiographs), len(self.findings)), self.constant)


@pytest.fixture
def parts(spotted):
    """Train, valid, and both together as one data set."""
    everything = spotted(60, seed=1)
    return everything.take(range(40)), everything.take(range(40, 60)), everything


def rows_of(everything, **scores):
    index = pd.Index(everything.images, name="image")
    columns = list(everything.findings)
    return {name: Row(pd.DataFrame(it, index, columns)) for name, it in scores.items()}


def random_scores(seed, shape=(60, 2)):
    return np.random.default_rng(seed).uniform(0.01, 0.99, shape)


def fitted(parts, rows, folder, **options):
    model = Ensemble(members=tuple(rows), **options)
    return model.fit(*parts[:2], Job(folder, rows=rows))


def test_it_scores_the_mean_logit(parts, tmp_path):
    a, b = random_scores(0), random_scores(1)
    model = fitted(parts, rows_of(parts[2], a=a, b=b), tmp_path)
    wanted = expit((logit(a) + logit(b)) / 2)
    np.testing.assert_allclose(model.predict(parts[2]), wanted, rtol=1e-9)


def test_members_may_name_their_findings_in_any_order(parts, tmp_path):
    scores = random_scores(0)
    rows = rows_of(parts[2], a=scores)
    rows["a"].table = rows["a"].table[rows["a"].table.columns[::-1]]
    model = fitted(parts, rows, tmp_path)
    np.testing.assert_allclose(model.predict(parts[2]), scores, rtol=1e-9)


def test_a_member_that_is_certain_does_not_silence_the_others(parts, tmp_path):
    rows = rows_of(parts[2], sure=np.zeros((60, 2)), a=np.full((60, 2), 0.5))
    scores = fitted(parts, rows, tmp_path).predict(parts[2])
    assert ((scores > 0) & (scores < 0.01)).all()


def test_a_member_named_twice_counts_once(parts, tmp_path):
    rows = rows_of(parts[2], a=random_scores(0), b=random_scores(1))
    once = fitted(parts, rows, tmp_path).predict(parts[2])
    model = Ensemble(members=("a", "a", "b")).fit(*parts[:2], Job(tmp_path, rows=rows))
    assert np.array_equal(model.predict(parts[2]), once)


def test_weights_learnt_on_valid_favour_the_member_that_knows(parts, tmp_path):
    labels = parts[2].labels
    knows = expit(3 * (labels - 0.5) + np.random.default_rng(0).normal(0, 1, labels.shape))
    rows = rows_of(parts[2], knows=knows, guesses=random_scores(1))
    model = fitted(parts, rows, tmp_path, weighting="valid")
    assert model.facts["members"]["knows"] > 0.8
    assert sum(model.facts["members"].values()) == pytest.approx(1, abs=1e-3)


def test_nothing_outside_valid_has_a_say_in_the_weights(parts, tmp_path):
    scores = {"a": random_scores(0), "b": random_scores(1)}
    first = fitted(parts, rows_of(parts[2], **scores), tmp_path, weighting="valid").facts
    others = {name: np.vstack([1 - it[:40], it[40:]]) for name, it in scores.items()}
    again = fitted(parts, rows_of(parts[2], **others), tmp_path, weighting="valid").facts
    assert first == again


def test_the_least_loss_is_the_least_of_a_grid():
    random = np.random.default_rng(0)
    logits, labels = random.normal(size=(2, 50, 3)), (random.random((50, 3)) < 0.4).astype(float)
    labels[:5, 1] = np.nan
    known = ~np.isnan(labels)

    def loss(share):
        mixed = (share * logits[0] + (1 - share) * logits[1])[known]
        return np.mean(np.logaddexp(0, mixed) - labels[known] * mixed)

    grid = np.linspace(0, 1, 10001)
    best = grid[np.argmin([loss(share) for share in grid])]
    assert least_loss(logits, labels)[0] == pytest.approx(best, abs=1e-3)


def test_without_a_known_label_all_weigh_the_same():
    weights = least_loss(np.zeros((3, 4, 2)), np.full((4, 2), np.nan))
    np.testing.assert_allclose(weights, 1 / 3)


def test_radiographs_beyond_the_run_go_through_the_members_models(parts, spotted, tmp_path):
    rows = rows_of(parts[2], a=random_scores(0), b=random_scores(1))
    rows["b"].constant = expit(2.0)
    model = fitted(parts, rows, tmp_path)
    assert not rows["a"].asked
    strangers = spotted(70, seed=9).take(range(60, 70))  # beyond the 60 whose scores are known
    np.testing.assert_allclose(model.predict(strangers), expit(1.0), rtol=1e-6)
    model.save(tmp_path)
    loaded = Ensemble.load(tmp_path, rows)
    np.testing.assert_allclose(loaded.predict(spotted(5, seed=9)), expit(1.0), rtol=1e-6)


def test_it_needs_a_member():
    with pytest.raises(InputError, match="members"):
        Ensemble(members=())
