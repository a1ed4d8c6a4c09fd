"""Grids before anything is run: which cells, how they are called, what is refused."""

import pytest

from benchmark.api import configure
from benchmark.experiment import load, parse_grid
from benchmark.grids.cells import axes_of, cells_of
from features.errors import InputError


def gridded(**grid):
    places = {f"grid.{place}": values for place, values in grid.items()}
    return load("demo").replace(places, where="--grid")


def test_a_cell_for_each_combination_and_nothing_else_of_the_experiment_changes():
    grid = gridded(**{"split.seed": [0, 1], "models.cnn6.epochs": [3, 5]})
    cells = cells_of(grid)
    assert [(c.experiment.models["cnn6"]["epochs"], c.experiment.split.seed) for c in cells] == [
        *((3, 0), (3, 1)),
        *((5, 0), (5, 1)),
    ]
    back = {"grid": grid.grid, "split.seed": 0, "title": grid.title, "models.cnn6.epochs": 25}
    assert cells[1].experiment.replace(back) == grid
    assert cells[1].experiment.title.endswith(": models.cnn6.epochs = 3, split.seed = 1")


def test_a_grid_stands_in_the_file_as_it_is_read(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(
        'rows = ["prevalence"]\n[split]\nfolds = 5\n'
        '[grid]\nsplit.fold = [0, 1]\n"training.seed" = [3]\n[grid.data]\nsize = [64, 128]\n'
    )
    grid = load(str(file))
    axes = axes_of(grid)
    assert axes.places == {"split.fold": [0, 1], "training.seed": [3], "data.size": [64, 128]}
    assert (axes.settings, axes.sources, axes.averaged) == (["data.size"], ["split"], 2)
    again = tmp_path / "again.toml"
    again.write_text(grid.to_toml())
    assert cells_of(load(str(again)).replace({"name": "mine"})) == cells_of(grid)


def test_a_plain_experiment_is_written_without_a_grid():
    assert "grid" not in load("demo").to_toml()


def test_cells_are_called_by_their_values_whatever_else_is_in_the_grid():
    short = cells_of(gridded(**{"training.seed": [1], "split.seed": [0, 1]}))
    long = cells_of(gridded(**{"split.seed": [5, 1, 0], "training.seed": [1, 2]}))
    assert [cell.name for cell in short] == [
        "split.seed=0,training.seed=1",
        "split.seed=1,training.seed=1",
    ]
    assert {cell.name for cell in short} <= {cell.name for cell in long}


def test_names_of_cells_fit_any_file_system_and_are_told_apart():
    values = ["a/b", "a:b", "../x" * 99, "random", ["x", "y"]]
    names = [c.name for c in cells_of(gridded(**{"models.embedding_xgboost.weights": values}))]
    assert len(set(names)) == 5
    assert names[3].endswith("=random")
    for name in names:
        assert not set(name) & set('/\\:*?"<>|')
        assert len(name) <= 120


def test_what_is_asked_of_all_rows_reaches_those_with_a_value_of_their_own():
    small, large = cells_of(gridded(**{"data.size": [48, 96]}))
    assert load("demo").models["cnn6"]["size"] == 64
    assert (small.experiment.models["cnn6"]["size"], small.experiment.data.size) == (48, 48)
    assert large.experiment.models["cnn6"]["size"] == 96


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        ({"rows": [["cnn6"]]}, r"unknown table 'rows' in \[grid\].*data, evaluation"),
        ({"name": ["a", "b"]}, "unknown table 'name'"),
        ({"splt.seed": [1]}, "unknown table 'splt'.*did you mean 'split'"),
        ({"split": [1]}, "a table cannot vary"),
        ({"split.sed": [1]}, r"unknown key 'sed' in \[split\] of \[grid\]; did you mean 'seed'"),
        ({"split.seed": []}, "write a list of values"),
        ({"split.seed": 3}, r"split\.seed = 3: write a list of values"),
        ({"split.seed": [0, 1, 0]}, "holds 0 twice"),
        ({"split.seed": ["a"]}, r"\[grid\]: split\.seed = 'a': .*integer"),
        ({"split.test": [0.2, 1.5]}, r"split\.test = 1\.5: .*less than 1"),
        ({"models.cnn7.epochs": [1, 2]}, r"unknown row 'cnn7' in \[grid\]; did you mean 'cnn6'"),
        ({"split.seed": {}}, r"\[grid\] is empty"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_line(grid, message):
    with pytest.raises(InputError, match=message) as caught:
        cells_of(gridded(**grid))
    assert "\n" not in str(caught.value)


def test_the_short_form_of_the_command_line():
    assert parse_grid(["split.seed=0, 1,2", "training.weights=random", "a.b=[[1], [2, 3]]"]) == {
        "split.seed": [0, 1, 2],
        "training.weights": ["random"],
        "a.b": [[1], [2, 3]],
    }
    with pytest.raises(InputError, match="write KEY=VALUE,VALUE"):
        parse_grid(["split.seed"])


def test_a_seed_beside_a_grid_is_that_of_what_does_not_vary():
    chosen = configure("demo", seed=7, grid={"split.seed": range(2)})
    cells = cells_of(chosen)
    assert [(c.experiment.split.seed, c.experiment.training.seed) for c in cells] == [
        (0, 7),
        (1, 7),
    ]


@pytest.mark.parametrize(
    "given",
    [
        {"seed": 1, "grid": {"split.seed": [0, 1], "training.seed": [0, 1]}},
        {"size": 64, "grid": {"data.size": [64, 128]}},
        {"options": {"models.cnn6.epochs": 1}, "grid": {"models.cnn6.epochs": [1, 2]}},
        {"options": {"models.cnn6.size": 48}, "grid": {"data.size": [64, 128]}},
    ],
)
def test_a_value_that_the_grid_would_overrule_is_refused(given):
    with pytest.raises(InputError, match=r"cannot be given beside \[grid\]"):
        configure("demo", **given)


def test_settings_are_said_by_as_many_words_as_tell_them_apart():
    places = ["data.size", "models.cnn6.epochs", "models.resnet50.epochs", "split.seed"]
    axes = axes_of(gridded(**{place: [16, 32] for place in places}))
    at = dict.fromkeys(places, 16) | {"models.cnn6.epochs": ""}
    assert axes.said(at, places) == "size = 16, resnet50.epochs = 16, split.seed = 16"


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ({"split.seed": [0, 1], "split.fold": [0, 1]}, "other patients learn and test in each"),
        ({"training.seed": [0, 1], "split.seed": [3]}, "the same patients throughout"),
        ({"training.seed": [0, 1], "split.seed": [3, 4]}, "pooled over the splits"),
        ({"data.size": [64, 128], "split.seed": [3]}, "Nothing is averaged over"),
    ],
)
def test_a_grid_says_what_its_spread_is_a_spread_of(places, words):
    assert words in axes_of(gridded(**places)).sentence()


def test_an_official_test_list_is_no_spread_of_the_patients_tested():
    official = gridded(**{"split.seed": [0, 1]}).replace({"split.kind": "official"})
    assert "other patients learn in each, on one test part" in axes_of(official).sentence()
