"""A frozen backbone's embedding: XGBoost one-vs-rest on pooled activations."""

from models.boosted import Boosted
from models.feature_model import FeatureModel


class EmbeddingXGBoost(Boosted, FeatureModel):
    """Trees on the pooled activations of a backbone; see `OneVsRestXGBoost`."""

    title = "Frozen backbone's embedding, XGBoost"

    features = ("embedding",)
    backbone = "densenet121"
    weights = "imagenet"
    embedding_grids = (4, 0, 0, 1)  # texture and where it is, beside what the last map holds
