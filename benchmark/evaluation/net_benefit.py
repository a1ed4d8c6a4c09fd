"""Decision curves: what acting on the scores is worth, for every price of a false alarm."""

import numpy as np

#: The threshold probabilities of a curve: most findings are rare, and so they begin low.
GRID = np.geomspace(0.005, 0.5, 25).round(4)


def net_benefit(
    truth: np.ndarray, scores: np.ndarray, at: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    r"""Compute the net benefit of calling all images at or above a probability.

    Whoever acts from a probability :math:`t` on holds a missed finding for as bad as
    :math:`(1 - t) / t` false alarms. The net benefit counts, an image, the findings found, less
    the false alarms at that price:

    .. math:: \frac{TP}{n} - \frac{FP}{n} \frac{t}{1 - t}

    Calling nobody has 0. It judges scores as probabilities: those that rank well and are not
    calibrated have little.

    Parameters
    ----------
    truth : numpy.ndarray
        Shape (n,), bool.
    scores : numpy.ndarray
        Shape (n,), in [0, 1].
    at : numpy.ndarray
        Shape (points,): threshold probabilities, in (0, 1).

    Returns
    -------
    row, everybody : numpy.ndarray
        Shape (points,): of the scores, and of calling every image; NaN without an image.

    References
    ----------
    Vickers & Elkin, "Decision Curve Analysis: A Novel Method for Evaluating Prediction Models",
    Medical Decision Making 26, 2006.
    """
    if not len(truth):
        return np.full(len(at), np.nan), np.full(len(at), np.nan)
    present, absent = np.sort(scores[truth]), np.sort(scores[~truth])
    found = len(present) - np.searchsorted(present, at)
    alarms = len(absent) - np.searchsorted(absent, at)
    price = at / (1 - at)
    everybody = len(present) - len(absent) * price
    return (found - alarms * price) / len(truth), everybody / len(truth)
