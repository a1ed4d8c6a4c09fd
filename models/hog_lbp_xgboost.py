"""Handcrafted texture: XGBoost one-vs-rest on HOG and LBP."""

from typing import ClassVar

from pydantic import PositiveFloat, PositiveInt

from models.feature_model import FeatureModel


class HogLbpXGBoost(FeatureModel):
    """Trees on histograms of gradients and of local binary patterns; see `OneVsRestXGBoost`."""

    title: ClassVar[str] = "HOG + LBP, XGBoost"

    features = ("hog", "lbp")
    rounds: PositiveInt = 200
    learning_rate: PositiveFloat = 0.05
    max_depth: PositiveInt = 3
    colsample: PositiveFloat = 0.1
    balanced: bool = False

    def estimator(self, seed):  # noqa: D102
        from models.one_vs_rest import OneVsRestXGBoost

        return OneVsRestXGBoost.from_options(self.options, seed)
