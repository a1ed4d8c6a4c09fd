"""Several rows as one: the mean of their logits."""

from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from features.files import read_json, write_json
from models.base import Estimate, Model

#: Probabilities are held so far from 0 and 1: no row of finite training is surer.
EDGE = 1e-6


class Ensemble(Model):
    """The mean logit of other rows of the run, which are named.

    What the rows predict is read from their score files; nothing is fitted again. Radiographs that
    the run has not all scored, and whatever a loaded ensemble is given, go through the models of
    all members.

    Attributes
    ----------
    members : tuple of str
        The rows, each once.
    weighting : {"equal", "valid"}
        Whether every member counts the same, or as much as makes the log-loss on *valid* least.
        What a member has chosen on *valid* itself, such as its best epoch, flatters it there.
    """

    title = "Mean logit of other rows"
    kind = "ensemble"
    seeded: ClassVar[bool] = False

    members: Annotated[tuple[str, ...], Field(min_length=1)] = (
        "hog_lbp_xgboost",
        "hog_lbp_logistic",
        "embedding_xgboost",
    )
    weighting: Literal["equal", "valid"] = "equal"

    @property
    def builds_on(self) -> tuple[str, ...]:
        """The members."""
        return tuple(dict.fromkeys(self.members))

    def estimate(self, train, total) -> Estimate:  # noqa: D102
        return Estimate(seconds=2, disk=1000)

    def fit(self, train, valid, job) -> Self:  # noqa: D102
        self.findings, self.rows = train.findings, job.rows
        self._scores = {name: self.rows[name].scores() for name in self.builds_on}
        self._weights = np.full(len(self._scores), 1 / len(self._scores))
        if self.weighting == "valid":
            self._weights = least_loss(self._logits(valid), valid.labels)
        shares = zip(self.builds_on, self._weights, strict=True)
        self.facts = {"members": {name: round(float(share), 3) for name, share in shares}}
        job.progress("reading scores", 1, 1)
        return self

    def predict(self, radiographs) -> np.ndarray:  # noqa: D102
        from scipy.special import expit

        return expit(np.tensordot(self._weights, self._logits(radiographs), axes=1))

    def _logits(self, radiographs) -> np.ndarray:
        """Return the logits of all members: shape (members, n, findings)."""
        from scipy.special import logit

        scores = [self._of_member(name, radiographs) for name in self.builds_on]
        return logit(np.clip(scores, EDGE, 1 - EDGE))

    def _of_member(self, name: str, radiographs) -> np.ndarray:
        scores = self._scores.get(name)
        if scores is not None and np.isin(radiographs.images, scores.index).all():
            return scores.loc[radiographs.images, list(self.findings)].to_numpy(float)
        model = self.rows[name].model()
        columns = [model.findings.index(finding) for finding in self.findings]
        return model.predict(radiographs)[:, columns]

    def _save(self, folder) -> None:
        write_json(folder / "weights.json", self._weights.tolist())

    def _load(self, folder) -> None:
        self._weights, self._scores = np.array(read_json(folder / "weights.json")), {}


def least_loss(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the weights whose mean of logits has the least log-loss; a convex problem.

    Parameters
    ----------
    logits : numpy.ndarray
        Shape (members, n, findings).
    labels : numpy.ndarray
        Shape (n, findings): 1, 0, or NaN where unknown, which does not count.

    Returns
    -------
    numpy.ndarray
        Shape (members,), at least 0, their sum 1; equal where no label is known.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    known = ~np.isnan(labels)
    given, present = logits[:, known], labels[known].astype(float)
    equal = np.full(len(logits), 1 / len(logits))
    if not present.size:
        return equal

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        mixed = weights @ given
        losses = np.logaddexp(0, mixed) - present * mixed
        return losses.mean(), given @ (expit(mixed) - present) / present.size

    sums_to_one = {"type": "eq", "fun": lambda weights: weights.sum() - 1}
    found = minimize(
        loss, equal, jac=True, bounds=[(0, 1)] * len(equal), constraints=[sums_to_one]
    ).x.clip(0)
    return found / found.sum()
