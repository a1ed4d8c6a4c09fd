from typing import ClassVar

import numpy as np
import pytest

from features.errors import InputError
from models.base import Model


class Coin(Model):
    """Scores every image alike."""

    title: ClassVar[str] = "a coin"
    share: float = 0.5
    grid: tuple[int, ...] = (4, 4)

    def fit(self, train, valid, job):
        self.findings = train.findings
        return self

    def predict(self, radiographs):
        return np.full((len(radiographs), len(self.findings)), self.share)

    def _save(self, folder):
        pass

    def _load(self, folder):
        pass


class Biased(Coin):
    share = 0.9  # a default is changed without an annotation, as a student would


def test_options_are_the_annotated_attributes_also_of_base_classes():
    assert set(Coin.option_types()) == {"share", "grid"}
    assert Biased().options == {"share": 0.9, "grid": (4, 4)}


def test_values_are_held_to_the_annotation_and_words_from_a_command_line_are_read():
    assert Coin(share="0.25").share == 0.25
    assert Coin(grid=[2, 3]).grid == (2, 3)
    with pytest.raises(InputError, match=r"test_base\.share = 'much': .*number"):
        Coin(share="much")


def test_an_unknown_option_is_an_error_with_the_nearest_match():
    with pytest.raises(InputError, match=r"unknown option 'shore'.*did you mean 'share'\?"):
        Coin(shore=0.1)


def test_one_models_options_do_not_leak_into_another():
    Coin(share=0.1)
    assert Coin().share == 0.5


def test_saving_keeps_options_findings_and_facts(tmp_path):
    model = Coin(share=0.7)
    model.findings, model.facts = ("Mass",), {"weights": None}
    model.save(tmp_path)
    again = Coin.load(tmp_path)
    assert (again.options, again.findings, again.facts) == (
        model.options,
        ("Mass",),
        {"weights": None},
    )
