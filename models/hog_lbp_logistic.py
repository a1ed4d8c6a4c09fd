"""The linear reference: logistic regression on HOG and LBP."""

from typing import ClassVar

from pydantic import PositiveFloat, PositiveInt

from models.feature_model import FeatureModel
from models.space import Float, Range


class HogLbpLogistic(FeatureModel):
    """A linear classifier on standardised texture features, one a finding.

    Attributes
    ----------
    C : float
        Inverse strength of the L2 penalty.
    max_iter : int
        The most iterations of the solver (L-BFGS).
    """

    title = "HOG + LBP, logistic regression"
    seeded: ClassVar[bool] = False  # L-BFGS draws nothing
    search_space: ClassVar[dict[str, Range]] = {"C": Float(1e-6, 1.0, log=True)}

    features = ("hog", "lbp")
    C: PositiveFloat = 1e-3
    max_iter: PositiveInt = 300

    def estimator(self, seed):  # noqa: D102
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        classifier = LogisticRegression(C=self.C, max_iter=self.max_iter)
        return make_pipeline(StandardScaler(), classifier)
