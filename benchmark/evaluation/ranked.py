"""AUC and average precision of many samples of patients at once, and what each patient adds."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.sparse import csr_matrix

#: Numbers held at a time in a table of levels × draws: 2 MiB of float64, which caches hold.
_BLOCK = 1 << 18


@dataclass(frozen=True, eq=False)
class Ranked:
    """The images of one finding as AUC and average precision see them, counted by patient.

    Both depend only on how many negatives lie between two successive scores of positives. Those
    scores are the levels, the highest first; for each level and patient it is counted how many
    positives the patient has there, and how many negatives tied with it or between it and the
    level above. Weighing the patients is then a matrix product, and all draws of a bootstrap are
    one product with the table of how often each patient was drawn.

    Parameters
    ----------
    positives, above, tied : scipy.sparse.csr_matrix
        Shape (levels, patients): images at each level: positives; negatives above it and below
        the level before; negatives tied with it.
    below : numpy.ndarray
        Shape (patients,): negatives below the last level.
    """

    positives: csr_matrix
    above: csr_matrix
    tied: csr_matrix
    below: np.ndarray

    @classmethod
    def of(cls, truth: np.ndarray, scores: np.ndarray, patients: np.ndarray, *, count: int) -> Self:
        """Rank images.

        Parameters
        ----------
        truth : numpy.ndarray
            Shape (n,): 1 present, 0 absent, NaN unknown; unknown images are left out.
        scores : numpy.ndarray
            Shape (n,): any real numbers; higher means more likely present.
        patients : numpy.ndarray
            Shape (n,), int: the place of each image's patient.
        count : int
            How many patients there are.
        """
        mask = ~np.isnan(truth)
        present, scores, patients = truth[mask] > 0, scores[mask], patients[mask]
        levels = np.unique(scores[present])[::-1]
        level = np.searchsorted(-levels, -scores)
        reached = level < len(levels)
        tied = np.zeros(len(scores), dtype=bool)
        tied[reached] = levels[level[reached]] == scores[reached]

        def tally(chosen: np.ndarray) -> csr_matrix:
            places = (level[chosen], patients[chosen])
            shape = (len(levels), count)
            return csr_matrix((np.ones(int(chosen.sum())), places), shape=shape)

        return cls(
            positives=tally(present),
            above=tally(~present & reached & ~tied),
            tied=tally(~present & tied),
            below=np.bincount(patients[~reached], minlength=count).astype(float),
        )

    @property
    def positives_by_patient(self) -> np.ndarray:
        """Shape (patients,): images with the finding."""
        return np.asarray(self.positives.sum(axis=0)).ravel()

    @property
    def negatives_by_patient(self) -> np.ndarray:
        """Shape (patients,): images without it."""
        return np.asarray((self.above + self.tied).sum(axis=0)).ravel() + self.below

    def weighted(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compute both metrics with each patient's images counted as often as he weighs.

        Parameters
        ----------
        weights : numpy.ndarray
            Shape (patients, draws), float64, not negative.

        Returns
        -------
        auc, ap : numpy.ndarray
            Shape (draws,): what `roc_auc_score` and `average_precision_score` of scikit-learn
            give with such sample weights; NaN where a draw lacks a class.
        """
        step = max(1, _BLOCK // max(1, self.positives.shape[0]))
        blocks = [
            self._block(np.ascontiguousarray(weights[:, start : start + step]))
            for start in range(0, weights.shape[1], step)
        ]
        auc, ap = np.concatenate(blocks, axis=1)
        return auc, ap

    def _block(self, weights: np.ndarray) -> np.ndarray:
        # In place where it can be: the tables are large, and making them is what takes the time.
        found, called = self.positives @ weights, self.above @ weights
        half = 0.5 * (self.tied @ weights) if self.tied.nnz else None
        if half is not None:
            called += 2 * half
        np.cumsum(called, axis=0, out=called)  # negatives at or above a level
        positives = found.sum(axis=0)
        negatives = self.below @ weights + (called[-1] if len(called) else 0.0)
        lost = np.einsum("kd,kd->d", found, called)
        if half is not None:
            lost -= np.einsum("kd,kd->d", found, half)
        precision = np.cumsum(found, axis=0)
        called += precision
        np.divide(precision, called, out=precision, where=called > 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            auc = 1 - lost / (positives * negatives)
            ap = np.einsum("kd,kd->d", found, precision) / positives
        undefined = (positives == 0) | (negatives == 0)
        return np.where(undefined, np.nan, [auc, ap])

    def influence(self) -> tuple[np.ndarray, np.ndarray]:
        r"""Compute how fast both metrics change with the weight of each patient.

        The derivative at equal weights: the influence function of the infinitesimal jackknife.
        Its sum is zero, and the sum of its squares estimates the metric's variance where patients
        were drawn by lot, however alike the images of one patient are.

        With :math:`c_k` positives and :math:`f_k` negatives at or above level k and
        :math:`p_k` positives at it, :math:`AP = \sum_k p_k c_k / (c_k + f_k) / n_+`. A positive at
        level j adds its own precision and raises :math:`c_k` of all lower levels; a negative
        raises their :math:`f_k`. The AUC is a mean over pairs, and an image adds those it is in.

        Returns
        -------
        auc, ap : numpy.ndarray
            Shape (patients,); NaN where a class is absent.

        References
        ----------
        Efron, "The Jackknife, the Bootstrap and Other Resampling Plans", SIAM 1982, chapter 6.
        Obuchowski, "Nonparametric Analysis of Clustered ROC Curve Data", Biometrics 53, 1997.
        """
        positives, negatives = self.positives_by_patient, self.negatives_by_patient
        n_pos, n_neg = positives.sum(), negatives.sum()
        if not n_pos or not n_neg:
            return np.full(len(positives), np.nan), np.full(len(positives), np.nan)
        found, tied = (np.asarray(m.sum(axis=1)).ravel() for m in (self.positives, self.tied))
        called = np.cumsum(np.asarray(self.above.sum(axis=1)).ravel() + tied)
        recalled = np.cumsum(found)

        won = n_neg - called + tied / 2  # pairs that a positive at the level wins
        beaten = self.above.T @ (recalled - found) + self.tied.T @ (recalled - found / 2)
        pairs = self.positives.T @ won + beaten + self.below * n_pos
        auc = (found @ won) / (n_pos * n_neg)
        by_auc = pairs / (n_pos * n_neg) - auc * (positives / n_pos + negatives / n_neg)

        precision = recalled / (recalled + called)
        gain = _from_here_on(found * called / (recalled + called) ** 2)
        loss = _from_here_on(found * recalled / (recalled + called) ** 2)
        ap = (found @ precision) / n_pos
        change = self.positives.T @ (precision + gain) - (self.above + self.tied).T @ loss
        return by_auc, (change - ap * positives) / n_pos


def _from_here_on(values: np.ndarray) -> np.ndarray:
    """Sum from each place to the end."""
    return np.cumsum(values[::-1])[::-1]
