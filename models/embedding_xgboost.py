"""A frozen backbone's embedding: XGBoost one-vs-rest on pooled activations."""

from typing import ClassVar

from pydantic import PositiveFloat, PositiveInt

from models.feature_model import FeatureModel


class EmbeddingXGBoost(FeatureModel):
    """Trees on the pooled activations of a backbone; see `OneVsRestXGBoost`."""

    title: ClassVar[str] = "Frozen backbone's embedding, XGBoost"

    features = ("embedding",)
    backbone = "densenet121"
    weights = "imagenet"
    rounds: PositiveInt = 200
    learning_rate: PositiveFloat = 0.05
    max_depth: PositiveInt = 3
    colsample: PositiveFloat = 0.1
    balanced: bool = False

    def estimator(self, seed):  # noqa: D102
        from models.one_vs_rest import OneVsRestXGBoost

        return OneVsRestXGBoost.from_options(self.options, seed)
