import subprocess
import sys

import pytest

from features.errors import InputError
from models import registry
from models.base import Model

ROWS = {
    *("prevalence", "metadata_xgboost", "hog_lbp_xgboost", "embedding_xgboost"),
    *("hog_lbp_logistic", "hybrid_xgboost", "ensemble"),
    *("resnet50_frozen", "cnn6", "resnet50", "densenet121"),
}

TEAM = """
from sklearn.linear_model import LogisticRegression
from models.feature_model import FeatureModel

class Team7(FeatureModel):
    features = ("hog",)

    def estimator(self, seed):
        return LogisticRegression(max_iter=500, random_state=seed)
"""


def test_every_model_file_is_found_and_nothing_else():
    found = registry.available()
    assert set(found) >= ROWS
    assert "template" not in found
    assert all(issubclass(model, Model) for model in found.values())
    assert all(model.name() == name for name, model in found.items())


def test_every_model_has_a_title_of_its_own():
    titles = [model.title for model in registry.available().values()]
    assert all(titles)
    assert len(set(titles)) == len(titles)


def test_listing_models_imports_no_engine():
    code = (
        "import sys; from models import registry; registry.available();"
        "print([m for m in ('tensorflow', 'keras', 'xgboost', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_students_file_is_a_model(tmp_path):
    file = tmp_path / "team7.py"
    file.write_text(TEAM)
    model = registry.find(str(file))
    assert model.name() == "team7"
    assert model().options["features"] == ("hog",)


def test_an_unknown_model_is_one_line_with_the_nearest():
    with pytest.raises(InputError, match=r"unknown model 'cnn7'; did you mean 'cnn6'\?"):
        registry.find("cnn7")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x = 1", "must define exactly one model; it defines none"),
        ("import nowhere_to_be_found", "cannot be imported: ModuleNotFoundError"),
        (TEAM + TEAM.replace("Team7", "Team8"), "it defines Team7, Team8"),
    ],
)
def test_a_file_that_is_no_model_says_why(tmp_path, content, message):
    file = tmp_path / "broken.py"
    file.write_text(content)
    with pytest.raises(InputError, match=message):
        registry.find(str(file))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"no model file at .*missing\.py"):
        registry.find(str(tmp_path / "missing.py"))
