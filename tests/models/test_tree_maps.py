"""Where the texture lies that trees split on."""

import sys

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import models
from benchmark.rows import ONLOOKERS
from features import fingerprint
from features.errors import InputError
from features.fingerprint import code_digest
from models.base import Job
from models.conformance import tiny_radiographs
from models.feature_model import FeatureModel
from models.hog_lbp_xgboost import HogLbpXGBoost
from models.metadata_xgboost import MetadataXGBoost

OPTIONS = {"size": 32, "rounds": 20, "colsample": 1.0}


@pytest.fixture(scope="module")
def radiographs(tmp_path_factory):
    """Noise; where the first finding is, the upper left quarter is brighter. None has the last."""
    return tiny_radiographs(tmp_path_factory.mktemp("radiographs"))


@pytest.fixture(scope="module")
def fit(radiographs, tmp_path_factory):
    def fit(*features, **options):
        model = HogLbpXGBoost(features=features, **OPTIONS | options)
        job = Job(tmp_path_factory.mktemp("job"))
        return model.fit(radiographs.take(range(24)), radiographs.take(range(24, 36)), job)

    return fit


@pytest.fixture(scope="module")
def texture(fit):
    return fit("hog", "lbp")


@pytest.fixture(scope="module")
def mixed(fit):
    return fit("metadata", "hog")


def test_gain_is_one_map_where_the_finding_shows(texture, radiographs):
    finding = radiographs.findings[0]
    maps = texture.heatmaps(radiographs.without_truth(), finding)
    assert maps.shape == (36, 8, 8) and maps.dtype == np.float32
    assert (maps == maps[0]).all() and maps.min() >= 0
    # Only the edges of the quarter tell: brightness alone changes no gradient and no pattern.
    row, column = np.unravel_index(maps[0].argmax(), (8, 8))
    assert row in (3, 4) or column in (3, 4)
    edges = np.zeros((8, 8), bool)
    edges[:5, 3:5] = edges[3:5, :5] = True
    assert maps[0][edges].mean() > 3 * maps[0][~edges].mean()


def test_the_whole_gain_of_the_texture_is_on_the_map(texture, mixed, radiographs):
    for model, first in ((texture, 0), (mixed, 6)):
        (heat,) = model.heatmaps(radiographs.take([0]), radiographs.findings[0])
        assert heat.sum() == pytest.approx(model._fitted.gains()[0, first:].sum(), rel=1e-5)


def test_shap_is_what_speaks_for_the_finding_in_each_radiograph(texture, radiographs):
    finding = radiographs.findings[0]
    maps = texture.heatmaps(radiographs.without_truth(), finding, method="shap")
    scores = texture.predict(radiographs)[:, 0]
    assert maps.shape == (36, 8, 8) and maps.min() >= 0
    assert np.corrcoef(maps.sum(axis=(1, 2)), scores)[0, 1] > 0.9

    import xgboost

    matrix = xgboost.DMatrix(texture._matrix(radiographs))
    values = texture._fitted.booster(0).predict(matrix, pred_contribs=True)
    np.testing.assert_allclose(1 / (1 + np.exp(-values.sum(axis=1))), scores, atol=1e-5)
    wanted = values[:, :-1].clip(0).sum(axis=1)
    np.testing.assert_allclose(maps.sum(axis=(1, 2)), wanted, rtol=1e-4)


def test_a_map_is_the_same_whatever_radiographs_are_beside_it(texture, radiographs):
    finding = radiographs.findings[0]
    maps = texture.heatmaps(radiographs, finding, method="shap")
    assert np.array_equal(
        texture.heatmaps(radiographs.take([3]), finding, method="shap"), maps[3:4]
    )
    assert texture.heatmaps(radiographs.take([]), finding, method="shap").shape == (0, 8, 8)


@pytest.mark.parametrize("method", ["gain", "shap"])
def test_a_finding_without_trees_has_an_empty_map(texture, radiographs, method):
    maps = texture.heatmaps(radiographs, radiographs.findings[-1], method=method)
    assert maps.shape == (36, 8, 8) and not maps.any()


def test_a_saved_model_looks_where_it_did(texture, radiographs, tmp_path):
    texture.save(tmp_path)
    again = HogLbpXGBoost.load(tmp_path)
    for method in again.heatmap_methods:
        maps = [
            each.heatmaps(radiographs, "Atelectasis", method=method) for each in (texture, again)
        ]
        assert np.array_equal(*maps)


def test_what_has_no_place_is_told(texture, mixed):
    assert sum(texture.facts["gain"]) == pytest.approx(1, abs=1e-3)
    assert texture.facts["widths"] == [1764, 480] and texture.heatmap_note == ""

    share = mixed.facts["gain"][0]
    assert 0 < share < 1
    assert mixed.heatmap_note.startswith(f"{share:.0%} of its trees' gain, ")
    assert mixed.heatmap_note.endswith(" has no place in the image (metadata)")


class Logistic(FeatureModel):
    """Texture, but no trees."""

    features = ("hog",)

    def estimator(self, seed):
        return LogisticRegression()


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (MetadataXGBoost(), r"none of its features \(metadata\) has a place in the image"),
        (HogLbpXGBoost(features=["embedding"]), r"none of its features \(embedding\) has a place"),
        (Logistic(), "its classifier is not OneVsRestXGBoost"),
    ],
)
def test_a_model_without_maps_says_why(model, why, radiographs):
    with pytest.raises(InputError, match=f"has no heat maps: {why}"):
        model.heatmaps(radiographs, "Mass")


class Everywhere(Logistic):
    """A student's own maps."""

    def heatmaps(self, radiographs, finding, *, layer="", method=""):
        return np.ones((len(radiographs), 8, 8), "float32")


def test_maps_of_its_own_are_not_taken_from_a_model():
    assert Everywhere().why_no_heatmaps == ""
    assert Everywhere().heatmap_methods == ()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"method": "gains"}, "unknown method 'gains' in hog_lbp_xgboost; did you mean 'gain'?"),
        ({"method": "grad-cam"}, "Available: gain, shap"),
        ({"layer": "relu5"}, "hog_lbp_xgboost is no network: it has no layer 'relu5'"),
        ({"finding": "Mas"}, "unknown finding 'Mas' in hog_lbp_xgboost; did you mean 'Mass'?"),
    ],
)
def test_what_trees_do_not_know_is_named(texture, radiographs, asked, message):
    with pytest.raises(InputError) as error:
        texture.heatmaps(radiographs, **{"finding": "Mass"} | asked)
    assert message in str(error.value)


def test_maps_have_no_part_in_a_fit(fit, radiographs, monkeypatch):
    monkeypatch.setitem(sys.modules, "models.tree_maps", None)  # to import it is an error
    monkeypatch.delattr(models, "tree_maps", raising=False)
    assert len(fit("hog", rounds=1).predict(radiographs)) == 36


@pytest.mark.parametrize("changed_file", ["tree_maps", "places"])
def test_other_maps_fit_no_row_again(changed_file, monkeypatch):
    read = fingerprint._text

    def digests():
        return code_digest("models.hog_lbp_xgboost", apart=ONLOOKERS), code_digest(
            "models.tree_maps"
        )

    row, maps = digests()
    changed = lambda file: "A = 1" if file.stem == changed_file else read(file)  # noqa: E731
    monkeypatch.setattr(fingerprint, "_text", changed)
    assert digests()[0] == row
    assert digests()[1] != maps
