"""Boosted: the classifier of every row of trees, mixed into a `FeatureModel`."""

from typing import TYPE_CHECKING, Any, Literal

from pydantic import PositiveFloat, PositiveInt

from models.gpu import boosting_device

if TYPE_CHECKING:
    from models.one_vs_rest import OneVsRestXGBoost


class Boosted:
    """XGBoost one-vs-rest; to be named before `FeatureModel` among a row's bases.

    Attributes
    ----------
    rounds, max_rounds, patience, enough_positives, learning_rate, max_depth, colsample, balanced
        As `OneVsRestXGBoost` takes them.
    device : {"auto", "cpu", "cuda"}
        Where to boost; see `boosting_device`.
    """

    rounds: PositiveInt = 200
    max_rounds: PositiveInt = 1000
    patience: PositiveInt = 30
    enough_positives: PositiveInt = 100
    learning_rate: PositiveFloat = 0.05
    max_depth: PositiveInt = 3
    colsample: PositiveFloat = 0.1
    balanced: bool = False
    device: Literal["auto", "cpu", "cuda"] = "auto"

    def depends_on(self) -> dict[str, Any]:
        """Return what the features depend on, the options, and the device that is there."""
        return super().depends_on() | {"device": boosting_device(self.device)}  # type: ignore[misc]

    def estimator(self, seed: int) -> "OneVsRestXGBoost":
        """Return the classifier, with the row's options."""
        from models.one_vs_rest import OneVsRestXGBoost

        return OneVsRestXGBoost.of(self, seed)
