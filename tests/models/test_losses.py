import keras
import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from features.errors import InputError
from models import losses
from models.sharing import Sharing
from models.training.batches import Batches

UNKNOWN = np.nan
LABELS = np.array([[1, 0, 0], [0, 1, UNKNOWN], [0, 0, 1], [1, 0, 0], [0, 0, 0]], "float32")
LOGITS = np.array(
    [[0.3, -2.0, 1.5], [-1.2, 0.7, 9.0], [4.0, -0.1, -3.3], [-2.5, 0.0, 0.2], [1.1, -6.0, -0.4]],
    "float32",
)


def closed_form(labels, logits, positive, negative, gamma):
    """The textbook's formula, in float64, over known labels."""
    p = 1 / (1 + np.exp(-np.float64(logits)))
    present = positive * (1 - p) ** gamma * -np.log(p)
    absent = negative * p**gamma * -np.log(1 - p)
    return np.where(labels == 1, present, absent)[~np.isnan(labels)].mean()


def mean(loss, labels, logits):
    return keras.ops.sum(loss.each(labels, logits)) / max(1, (~np.isnan(labels)).sum())


def value(loss, labels, logits) -> float:
    return losses.mean_over_known(loss.each(labels, logits), labels)


def gradient(loss, labels, logits) -> np.ndarray:
    """By the backend's own differentiation."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        given = tf.Variable(logits)
        with tf.GradientTape() as tape:
            cost = mean(loss, labels, given)
        return tape.gradient(cost, given).numpy()
    if keras.backend.backend() == "jax":
        import jax

        return np.asarray(jax.grad(lambda z: mean(loss, labels, z))(logits))
    import torch

    given = torch.tensor(logits, requires_grad=True)
    mean(loss, labels, given).backward()
    return given.grad.numpy()


def finite_differences(function, at, step=1e-6) -> np.ndarray:
    slopes = np.zeros(at.shape)
    for place in np.ndindex(at.shape):
        moved = np.zeros(at.shape)
        moved[place] = step
        slopes[place] = (function(at + moved) - function(at - moved)) / (2 * step)
    return slopes


LOSSES = [
    pytest.param("bce", {}, 0.0, id="bce"),
    pytest.param("weighted_bce", {}, 0.0, id="weighted_bce"),
    pytest.param("focal", {"gamma": 2.0, "balanced": True}, 2.0, id="focal, balanced"),
    pytest.param("focal", {"gamma": 1.5, "balanced": False}, 1.5, id="focal"),
]


@pytest.mark.parametrize(("name", "options", "gamma"), LOSSES)
def test_a_loss_equals_its_closed_form(name, options, gamma):
    loss = losses.make(name, LABELS, **options)

    expected = closed_form(LABELS, LOGITS, loss.positive, loss.negative, gamma)

    assert value(loss, LABELS, LOGITS) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("name", "options", "gamma"), LOSSES)
def test_a_gradient_equals_finite_differences_of_the_closed_form(name, options, gamma):
    loss = losses.make(name, LABELS, **options)

    def exact(logits):
        return closed_form(LABELS, logits, loss.positive, loss.negative, gamma)

    slopes = finite_differences(exact, np.float64(LOGITS))

    np.testing.assert_allclose(gradient(loss, LABELS, LOGITS), slopes, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize(("name", "options", "gamma"), LOSSES)
def test_extreme_logits_neither_overflow_nor_lose_their_gradient(name, options, gamma):
    loss = losses.make(name, LABELS, **options)
    wrong = np.where(LABELS == 1, -1e4, 1e4).astype("float32")

    assert np.isfinite(value(loss, LABELS, wrong))
    assert np.isfinite(value(loss, LABELS, -wrong))
    assert np.isfinite(gradient(loss, LABELS, -wrong)).all()
    pull = gradient(loss, LABELS, wrong)
    known = ~np.isnan(LABELS)
    assert (np.sign(pull[known]) == np.where(LABELS[known] == 1, -1, 1)).all()


@pytest.mark.parametrize("name", ["bce", "weighted_bce", "focal"])
def test_an_unknown_label_costs_nothing_and_teaches_nothing(name):
    loss = losses.make(name, LABELS)
    elsewhere = LOGITS.copy()
    elsewhere[1, 2] = -50.0

    assert value(loss, LABELS, LOGITS) == value(loss, LABELS, elsewhere)
    assert gradient(loss, LABELS, LOGITS)[1, 2] == 0


def test_labels_that_are_all_unknown_cost_nothing():
    nothing = np.full((2, 3), np.nan, "float32")

    assert value(losses.make("focal", nothing), nothing, LOGITS[:2]) == 0


def test_weighted_bce_makes_both_sides_of_a_finding_weigh_the_same():
    loss = losses.make("weighted_bce", LABELS)

    positives, negatives = np.nansum(LABELS == 1, axis=0), np.nansum(LABELS == 0, axis=0)

    np.testing.assert_allclose(loss.positive * positives, loss.negative * negatives, rtol=1e-6)
    np.testing.assert_allclose(loss.positive + loss.negative, 1, rtol=1e-6)


def test_balanced_weights_are_those_of_scikit_learn():
    loss = losses.make("focal", LABELS)

    for finding, labels in enumerate(LABELS.T):
        known = labels[~np.isnan(labels)]
        expected = compute_class_weight("balanced", classes=np.array([0, 1]), y=known)
        weights = [loss.negative[finding], loss.positive[finding]]
        np.testing.assert_allclose(weights, expected, rtol=1e-6)


@pytest.mark.parametrize("name", ["bce", "weighted_bce", "focal"])
def test_a_finding_of_one_class_is_learnt_too(name):
    absent, present, nothing = np.zeros((4, 1)), np.ones((4, 1)), np.full((4, 1), UNKNOWN)

    loss = losses.make(name, np.hstack([absent, present, nothing]))

    assert loss.positive.tolist() == loss.negative.tolist() == [1, 1, 1]


def test_focal_loss_without_gamma_and_balance_is_cross_entropy():
    focal = losses.make("focal", LABELS, gamma=0.0, balanced=False)

    assert value(focal, LABELS, LOGITS) == value(losses.make("bce", LABELS), LABELS, LOGITS)


def test_accuracy_counts_known_labels_alone():
    right = (LOGITS > 0) == (LABELS == 1)

    share = losses.mean_over_known(losses.rightness(LABELS, LOGITS), LABELS)

    assert share == pytest.approx(right[~np.isnan(LABELS)].mean())


@pytest.mark.parametrize("devices", [1, 2])
def test_the_weights_of_a_batch_make_its_mean_that_over_known_labels(devices):
    loss = losses.make("focal", LABELS)
    options = {"batch_size": 5, "sharing": Sharing(("device",) * devices)}
    ((logits, labels, weights),) = Batches(LOGITS, LABELS, **options)

    mean = float(keras.ops.mean(loss(labels, logits) * weights))  # as every engine takes it

    assert len(logits) == 5 + devices - 1
    assert mean == pytest.approx(value(loss, LABELS, LOGITS), rel=1e-5)


def test_an_unknown_loss_is_told_with_the_nearest():
    with pytest.raises(InputError, match="unknown loss 'focall'; did you mean 'focal'"):
        losses.make("focall", LABELS)
