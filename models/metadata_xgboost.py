"""The floor that sees no pixels: XGBoost one-vs-rest on age, sex and view position."""

from typing import ClassVar

from models.boosted import Boosted
from models.feature_model import FeatureModel
from models.space import Range


class MetadataXGBoost(Boosted, FeatureModel):
    """Trees on what is known of a radiograph before it is looked at; see `OneVsRestXGBoost`."""

    title = "Age, sex and view, XGBoost"
    kind = "floor"

    search_space: ClassVar[dict[str, Range]] = {}  # a floor that is tuned is no fixed bar

    features = ("metadata",)
    rounds = 100
    max_depth = 2
    colsample = 1.0
