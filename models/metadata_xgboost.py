"""The floor that sees no pixels: XGBoost one-vs-rest on age, sex and view position."""

from models.boosted import Boosted
from models.feature_model import FeatureModel


class MetadataXGBoost(Boosted, FeatureModel):
    """Trees on what is known of a radiograph before it is looked at; see `OneVsRestXGBoost`."""

    title = "Age, sex and view, XGBoost"
    kind = "floor"

    features = ("metadata",)
    rounds = 100
    max_depth = 2
    colsample = 1.0
