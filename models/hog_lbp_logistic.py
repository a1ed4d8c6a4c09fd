"""The linear reference: logistic regression on HOG and LBP."""

from pydantic import PositiveFloat, PositiveInt

from models.feature_model import FeatureModel


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

    features = ("hog", "lbp")
    C: PositiveFloat = 1e-3
    max_iter: PositiveInt = 300

    def estimator(self, seed):  # noqa: D102
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        classifier = LogisticRegression(C=self.C, max_iter=self.max_iter, random_state=seed)
        return make_pipeline(StandardScaler(), classifier)
