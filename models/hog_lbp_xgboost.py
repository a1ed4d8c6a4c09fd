"""Handcrafted texture: XGBoost one-vs-rest on HOG and LBP."""

from models.boosted import Boosted
from models.feature_model import FeatureModel


class HogLbpXGBoost(Boosted, FeatureModel):
    """Trees on histograms of gradients and of local binary patterns; see `OneVsRestXGBoost`."""

    title = "HOG + LBP, XGBoost"

    features = ("hog", "lbp")
