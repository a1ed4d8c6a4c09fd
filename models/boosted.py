"""Boosted: the classifier of every row of trees, mixed into a `FeatureModel`."""

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, NonNegativeFloat, PositiveInt

from models.gpu import boosting_device
from models.space import Float, Int, Range

if TYPE_CHECKING:
    from models.one_vs_rest import OneVsRestXGBoost

#: Above 0, at most 1.
Share = Annotated[float, Field(gt=0, le=1)]


class Boosted:
    """XGBoost one-vs-rest; to be named before `FeatureModel` among a row's bases.

    Attributes
    ----------
    rounds, max_rounds, patience, enough_positives, balanced
        As `OneVsRestXGBoost` takes them.
    learning_rate, max_depth, min_child_weight, subsample, colsample, reg_lambda
        Likewise.
    device : {"auto", "cpu", "cuda"}
        Where to boost; see `boosting_device`.
    """

    search_space: ClassVar[dict[str, Range]] = {
        "rounds": Int(50, 400, log=True),
        "learning_rate": Float(0.01, 0.3, log=True),
        "max_depth": Int(1, 5),
        "min_child_weight": Float(0.1, 30, log=True),
        "subsample": Float(0.5, 1.0),
        "colsample": Float(0.02, 0.5, log=True),
        "reg_lambda": Float(0.1, 100, log=True),
    }

    rounds: PositiveInt = 200
    max_rounds: PositiveInt = 1000
    patience: PositiveInt = 30
    enough_positives: PositiveInt = 100
    learning_rate: Share = 0.05
    max_depth: PositiveInt = 3
    min_child_weight: NonNegativeFloat = 1.0
    subsample: Share = 1.0
    colsample: Share = 0.1
    reg_lambda: NonNegativeFloat = 1.0
    balanced: bool = False
    device: Literal["auto", "cpu", "cuda"] = "auto"

    def depends_on(self) -> dict[str, Any]:
        """Return what the features depend on, the options, and the device that is there."""
        return super().depends_on() | {"device": boosting_device(self.device)}  # type: ignore[misc]

    @property
    def settled(self) -> dict[str, Any]:
        """The options, with the device that is here: a worker may have another."""
        return super().settled | {"device": boosting_device(self.device)}  # type: ignore[misc]

    def estimator(self, seed: int) -> "OneVsRestXGBoost":
        """Return the classifier, with the row's options."""
        from models.one_vs_rest import OneVsRestXGBoost

        return OneVsRestXGBoost.of(self, seed)
