"""Handcrafted and learnt features together: XGBoost one-vs-rest on HOG, LBP and an embedding."""

from models.boosted import Boosted
from models.feature_model import FeatureModel


class HybridXGBoost(Boosted, FeatureModel):
    """Trees on texture and on the pooled activations of a backbone; see `OneVsRestXGBoost`."""

    title = "HOG + LBP + embedding, XGBoost"

    features = ("hog", "lbp", "embedding")
    backbone = "densenet121"
    weights = "imagenet"
