"""The floor that sees no pixels: XGBoost one-vs-rest on age, sex and view position."""

from typing import ClassVar

from pydantic import PositiveFloat, PositiveInt

from models.feature_model import FeatureModel


class MetadataXGBoost(FeatureModel):
    """Trees on what is known of a radiograph before it is looked at; see `OneVsRestXGBoost`."""

    title: ClassVar[str] = "Age, sex and view, XGBoost"
    kind = "floor"

    features = ("metadata",)
    rounds: PositiveInt = 100
    learning_rate: PositiveFloat = 0.05
    max_depth: PositiveInt = 2
    colsample: PositiveFloat = 1.0

    def estimator(self, seed):  # noqa: D102
        from models.one_vs_rest import OneVsRestXGBoost

        return OneVsRestXGBoost.from_options(self.options, seed)
