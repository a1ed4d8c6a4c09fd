import pytest

from benchmark.experiment import load, parse_assignments, shipped
from features.errors import InputError


@pytest.mark.parametrize("name", sorted(shipped()))
def test_shipped_experiments_are_valid_and_survive_being_written(name, tmp_path):
    experiment = load(name)
    file = tmp_path / "again.toml"
    file.write_text(experiment.to_toml())
    assert load(str(file)) == experiment
    assert experiment.title


def test_the_demo_compares_six_models_and_two_floors_and_says_that_weights_are_random():
    demo = load("demo")
    assert len(demo.rows) == 8
    assert demo.data.source == "phantom"
    assert demo.training.options["weights"] == "random"


def test_values_are_changed_by_their_dotted_place_and_nothing_else_is():
    demo = load("demo")
    changed = demo.replace(
        parse_assignments(["models.cnn6.epochs=3", "training.weights=imagenet", "split.seed=7"])
    )
    assert changed.models["cnn6"]["epochs"] == 3
    assert changed.training.options["weights"] == "imagenet"
    assert changed.split.seed == 7
    assert changed.replace({"split.seed": 0}).split == demo.split
    assert load("demo") == demo


def test_assignments_are_toml_values_or_else_words():
    assert parse_assignments(["a.b=[1, 2]", "c=true", "d = x=y", "e='1'"]) == {
        "a.b": [1, 2],
        "c": True,
        "d": "x=y",
        "e": "1",
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data.syze": 3}, r"unknown key 'syze' in \[data\] of --set; did you mean 'size'\?"),
        ({"splt.seed": 3}, r"unknown key 'splt' in --set; did you mean 'split'\?"),
        ({"data.size": "big"}, r"--set: data\.size = 'big': .*integer"),
        ({"data.source": "mimic"}, r"data\.source = 'mimic': .*'phantom' or 'nih'"),
        ({"split.test": 1.5}, r"split\.test = 1\.5: .*less than 1"),
        ({"rows": []}, "at least one row"),
        ({"rows": ["cnn6", "cnn6"]}, "named twice"),
        ({"name.first": 1}, "'name' is a value and no table"),
    ],
)
def test_bad_values_are_one_line_that_names_the_place(changes, message):
    with pytest.raises(InputError, match=message) as caught:
        load("demo").replace(changes)
    assert "\n" not in str(caught.value)


def test_an_unknown_experiment_a_missing_file_and_no_toml_are_told_apart(tmp_path):
    with pytest.raises(InputError, match=r"unknown experiment 'demmo'; did you mean 'demo'\?"):
        load("demmo")
    with pytest.raises(InputError, match="no experiment file at"):
        load(str(tmp_path / "none.toml"))
    broken = tmp_path / "broken.toml"
    broken.write_text("rows = [")
    with pytest.raises(InputError, match="is not TOML"):
        load(str(broken))


def test_an_assignment_without_a_value_says_how_to_write_one():
    with pytest.raises(InputError, match="write KEY=VALUE"):
        parse_assignments(["models.cnn6.epochs"])
