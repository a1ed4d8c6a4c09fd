"""The classical rows and the floors, as the harness meets them."""

import joblib
import numpy as np
import pytest

from benchmark.datasets.nih import read_nih
from benchmark.splits import PARTS, make_split
from features.errors import InputError
from models.base import Job
from models.conformance import tiny_radiographs
from models.registry import available, find
from models.template import Template

ROWS = (
    "prevalence",
    "metadata_xgboost",
    "hog_lbp_xgboost",
    "hog_lbp_logistic",
    "embedding_xgboost",
    "hybrid_xgboost",
)
TINY = {"size": 32, "rounds": 5, "weights": "random"}


@pytest.fixture(scope="module")
def radiographs(tmp_path_factory):
    return tiny_radiographs(tmp_path_factory.mktemp("radiographs"))


def fitted(name, radiographs, folder, *, seed=0, **options):
    kind = find(name)
    known = {key: value for key, value in (TINY | options).items() if key in kind.option_types()}
    train, valid = radiographs.take(range(24)), radiographs.take(range(24, 36))
    return kind(**known).fit(train, valid, Job(folder, seed))


@pytest.mark.parametrize("name", ROWS)
def test_a_row_has_a_name_a_title_and_a_place(name):
    kind = available()[name]
    assert kind.name() == name and kind.title
    assert kind.kind == ("floor" if name in ("prevalence", "metadata_xgboost") else "classical")


def test_the_template_works_but_is_no_row(radiographs, tmp_path):
    assert "template" not in available()
    train, valid = radiographs.take(range(24)), radiographs.take(range(24, 36))
    model = Template(size=32, strength=0.1).fit(train, valid, Job(tmp_path))
    assert np.isfinite(model.predict(valid.without_truth())).all()


def test_prevalence_knows_its_training_part_and_nothing_else(radiographs, tmp_path):
    model = fitted("prevalence", radiographs, tmp_path)
    scores = model.predict(radiographs.without_truth())
    wanted = radiographs.labels[:24].mean(axis=0)
    np.testing.assert_allclose(scores, np.tile(wanted, (36, 1)), rtol=1e-6)


def test_prevalence_counts_known_labels_only(radiographs, tmp_path):
    masked = radiographs.take(range(36))
    masked.labels[:12, 0] = np.nan
    scores = fitted("prevalence", masked, tmp_path).predict(masked)
    assert scores[0, 0] == pytest.approx(radiographs.labels[12:24, 0].mean())


def test_metadata_scores_depend_on_nothing_but_age_sex_and_view(radiographs, tmp_path):
    model = fitted("metadata_xgboost", radiographs, tmp_path)
    table = radiographs.table
    other = table.assign(patient="9", follow_up=7, width=512.0, height=512.0)
    moved = radiographs.__class__(other, None, archive=None)
    assert np.array_equal(model.predict(moved), model.predict(radiographs.without_truth()))


@pytest.mark.parametrize("name", ["metadata_xgboost", "hog_lbp_xgboost"])
def test_scores_are_bit_identical_on_two_runs_whatever_the_workers(name, radiographs, tmp_path):
    first = fitted(name, radiographs, tmp_path, seed=4).predict(radiographs)
    with joblib.parallel_config("loky", n_jobs=2):
        second = fitted(name, radiographs, tmp_path, seed=4).predict(radiographs)
    assert np.array_equal(first, second)


def test_the_linear_reference_depends_on_no_seed(radiographs, tmp_path):
    first, second = (
        fitted("hog_lbp_logistic", radiographs, tmp_path, seed=seed).predict(radiographs)
        for seed in (0, 1)
    )
    assert np.array_equal(first, second)
    assert not find("hog_lbp_logistic").seeded  # so no other seed fits it again


def test_an_embeddings_grids_are_an_option_of_the_row():
    row = find("embedding_xgboost")
    where, last = row(), row(embedding_grids=[0, 0, 0, 1])
    assert [one._extractor("embedding").width for one in (where, last)] == [5120, 1024]
    assert where.depends_on() != last.depends_on()
    assert where.estimate(1000, 1200).seconds > last.estimate(1000, 1200).seconds
    with pytest.raises(InputError, match="embedding_grids"):
        row(embedding_grids=[4, 1])


def test_options_reach_the_booster(radiographs, tmp_path):
    few, many = (
        fitted("hog_lbp_xgboost", radiographs, tmp_path, rounds=rounds) for rounds in (2, 6)
    )
    assert few._fitted.estimators[0].rounds_.max() == 2
    assert many._fitted.estimators[0].rounds_.max() == 6


def test_facts_count_trees_and_leaves(radiographs, tmp_path):
    model = fitted("hog_lbp_xgboost", radiographs, tmp_path, rounds=3, max_depth=1)
    boosted = np.count_nonzero(model._fitted.estimators[0].rounds_)
    assert model.facts["trees"] == 3 * boosted
    assert model.facts["trees"] < model.facts["leaves"] <= 2 * model.facts["trees"]
    assert "trees" not in fitted("prevalence", radiographs, tmp_path).facts


@pytest.mark.nih
@pytest.mark.slow
def test_texture_ranks_real_radiographs_of_other_patients(nih, tmp_path):
    from sklearn.metrics import roc_auc_score

    radiographs, _ = read_nih(nih, cache=tmp_path)
    means = []
    for seed in (0, 1, 2):
        parts = make_split(radiographs, seed=seed).part
        train, valid, test = (radiographs.take(parts == name) for name in PARTS)
        model = find("hog_lbp_xgboost")(size=128).fit(train, valid, Job(tmp_path, seed))
        scores = model.predict(test.without_truth())
        means.append(roc_auc_score(test.labels, scores, average="macro"))
    assert np.mean(means) >= 0.65


@pytest.mark.parametrize("option", ["subsample", "colsample", "learning_rate"])
def test_a_share_is_at_most_one(option):
    with pytest.raises(InputError, match=f"{option} = 2"):
        find("hog_lbp_xgboost")(**{option: 2})
