"""A model file to copy: one class, named as you like, in a file named as its row shall be.

Try yours with ``cxrbench check-model FILE``, and see it beside the others with
``cxrbench run demo --add-model FILE``.
"""

from typing import ClassVar

from pydantic import PositiveFloat

from models.feature_model import FeatureModel
from models.space import Float, Range


class Template(FeatureModel):
    """Logistic regression on HOG."""

    #: What readers of the report see.
    title: ClassVar[str] = "HOG, logistic regression"

    #: What the classifier sees: any of "hog", "lbp", "embedding", "metadata", "row:NAME".
    features = ("hog",)

    #: An option of your own: a name, a type, a default. ``--set models.template.strength=0.1``
    #: changes it.
    strength: PositiveFloat = 0.01

    #: What ``cxrbench tune`` may give your options: a range, or a `Choice` of values.
    search_space: ClassVar[dict[str, Range]] = {"strength": Float(1e-5, 10.0, log=True)}

    def estimator(self, seed):
        """Return any classifier of scikit-learn's kind.

        It may score one finding or many: what scores one is fitted once for each. Take all its
        randomness from `seed`, and the same run gives the same figures tomorrow.
        """
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        classifier = LogisticRegression(C=self.strength, max_iter=500, random_state=seed)
        return make_pipeline(StandardScaler(), classifier)
