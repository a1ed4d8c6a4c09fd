import pytest

from features.errors import InputError
from models.base import Model
from models.space import Choice, Float, Int


class Bent(Model):
    """A model that is never fitted."""

    bend: float = 0.5
    epochs: int = 3

    def fit(self, train, valid, job):
        return self

    def predict(self, radiographs):
        raise NotImplementedError

    def _save(self, folder): ...

    def _load(self, folder): ...


def spanned(**space) -> Bent:
    return type("Spanned", (Bent,), {"search_space": space})()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Float(1, 1),
        lambda: Float(2, 1),
        lambda: Float(0, 1, log=True),
        lambda: Float(0, float("inf")),
        lambda: Int(3, 2),
        lambda: Choice("one"),
        lambda: Choice(1, 1),
        lambda: Choice((1, 2), (3, 4)),
    ],
)
def test_a_range_that_holds_nothing_to_choose_from_is_refused(wrong):
    with pytest.raises(InputError, match="wanted"):
        wrong()


def test_a_range_widens_to_what_the_experiment_has_set():
    assert Float(0.1, 1.0).including(0.5) == Float(0.1, 1.0)
    assert Float(0.1, 1.0, log=True).including(3.0) == Float(0.1, 3.0, log=True)
    assert Int(2, 8).including(1) == Int(1, 8)
    assert Choice("a", "b").including("c") == Choice("a", "b", "c")
    with pytest.raises(InputError, match="0 < low"):
        Float(0.1, 1.0, log=True).including(0.0)
    with pytest.raises(InputError, match="None is no number"):
        Float(0.1, 1.0).including(None)
    with pytest.raises(InputError, match="no whole number"):
        Int(2, 8).including(2.5)


def test_a_models_space_holds_its_own_values():
    model = spanned(bend=Float(0.6, 0.9), epochs=Int(1, 9))
    assert model.space() == {"bend": Float(0.5, 0.9), "epochs": Int(1, 9)}


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({"bent": Float(0, 1)}, "unknown option 'bent' in search_space of .*did you mean 'bend'"),
        ({"epochs": Float(0.5, 2.5)}, "epochs = 0.5"),
        ({"bend": Choice("much", "more")}, "bend = 'much'"),
        ({"bend": (0, 1)}, "no Float, Int or Choice"),
    ],
)
def test_a_space_that_does_not_fit_the_options_is_refused(space, message):
    with pytest.raises(InputError, match=message):
        spanned(**space).space()
