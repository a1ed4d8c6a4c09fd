"""How a network is trained, and what is said of it afterwards."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from features.findings import NO_FINDING
from models import backend, losses
from models.sharing import ALONE, Sharing
from models.training.orders import Sampling

if TYPE_CHECKING:
    from models.keras_model import KerasModel


@dataclass(frozen=True)
class Phase:
    """Epochs under one optimiser.

    Parameters
    ----------
    epochs : int
        The most passes over *train*.
    learning_rate : float
        Adam's first.
    patience : int
        Epochs without a better one before the phase stops; 0 never stops it.
    reduce_patience : int
        Epochs without a better one before the learning rate is halved; 0 never halves it.
    backbone : {"trained", "tuned", "frozen"}
        Whether the networks inside the network are trained as all the rest is, or but for their
        batch normalisations, or not at all.
    """

    epochs: int
    learning_rate: float
    patience: int = 0
    reduce_patience: int = 0
    backbone: Literal["trained", "tuned", "frozen"] = "trained"


@dataclass(frozen=True)
class Plan:
    """How a network is trained.

    Parameters
    ----------
    phases : tuple of Phase
        One after the other.
    batch_size : int
        The most radiographs of a step.
    loss : losses.Loss
        Of the logits.
    findings : int
        The number of outputs, from the first, whose mean AUC is ``val_auc``.
    monitor : {"val_loss", "val_auc"}
        What decides on the best epoch, on stopping and on the learning rate.
    sampling : {"shuffled", "balanced"}
        Which images an epoch shows; see `models.training.orders`.
    steps : int
        Steps that are handed to the device at a time.
    sharing : Sharing
        Among what a batch is shared out.
    seed : int
        Of the order of the images.
    """

    phases: tuple[Phase, ...]
    batch_size: int
    loss: losses.Loss
    findings: int
    monitor: str
    sampling: Sampling = "shuffled"
    steps: int = 1
    sharing: Sharing = ALONE
    seed: int = 0


def plan_of(model: "KerasModel", train: np.ndarray, valid: np.ndarray, *, seed: int) -> Plan:
    """Make the plan that a model's options ask for.

    Parameters
    ----------
    model : KerasModel
        Its findings are known.
    train, valid : numpy.ndarray
        Shape (n, outputs): the targets of each part.
    seed : int
        Of the order of the images.
    """
    n = sum(finding != NO_FINDING for finding in model.findings)
    both = (valid[:, :n] == 1).any(axis=0) & (valid[:, :n] == 0).any(axis=0)
    return Plan(
        phases=_phases(model),
        batch_size=model.batch_size,
        loss=losses.make(model.loss, train, gamma=model.gamma, balanced=model.balanced),
        findings=n,
        monitor=model.monitor if both.any() else "val_loss",  # without both there is no AUC
        sampling=model.sampling,
        steps=1 if _one_step_alone(model) else model.steps_per_execution,
        sharing=model.sharing,
        seed=seed,
    )


def _one_step_alone(model: "KerasModel") -> bool:
    """Whether the engine takes one step at a time: PyTorch, and TensorFlow on several devices."""
    engine = backend.name()
    return engine == "torch" or (engine == "tensorflow" and len(model.sharing) > 1)


def _phases(model: "KerasModel") -> tuple[Phase, ...]:
    waits = model.patience, model.reduce_patience
    if not model.head_epochs:
        return (Phase(model.epochs, model.learning_rate, *waits),)
    return (
        Phase(model.head_epochs, model.head_learning_rate, backbone="frozen"),
        Phase(model.epochs, model.learning_rate, *waits, backbone="tuned"),
    )


def described(model: "KerasModel", plan: Plan, best: int, before: int) -> dict[str, Any]:
    """Return the facts of a model that was trained, `before` of its epochs earlier; JSON-able."""
    return {
        "parameters": model.trained.count_params(),
        "trainable_parameters": sum(math.prod(w.shape) for w in model.trained.trainable_weights),
        "best_epoch": best,
        "epochs": len(model.history),
        "resumed_after": before,
        "monitor": plan.monitor,
        "batch_size": plan.batch_size,
        "precision": model.precision,
        "backend": backend.name(),
        "devices": list(model.sharing.devices),
        "notes": list(_notes(model, plan)),
    }


def _notes(model: "KerasModel", plan: Plan) -> Iterator[str]:
    if plan.monitor != model.monitor:
        yield f"{plan.monitor} decided: no finding has both classes in the valid part"
    if plan.steps != model.steps_per_execution:
        yield "steps_per_execution was 1: PyTorch, and TensorFlow on several devices, take one"
    weighted = model.loss == "weighted_bce" or (model.loss == "focal" and model.balanced)
    if plan.sampling == "balanced" and weighted:
        yield "balanced sampling and a loss that weighs classes both make up for rare findings"
    idle = [name for name in ("rotation", "flip", "brightness") if getattr(model, name)]
    if idle and len(model.trained.input_shape) == 2:
        yield f"{', '.join(idle)} changed nothing: this row learns from features"
    if model.head_epochs and not any(hasattr(layer, "layers") for layer in model.trained.layers):
        yield "head_epochs only prolonged the training: this row trains no backbone"
    elif model.head_epochs and getattr(model, "weights", None) == "random":
        yield "two phases from random weights: batch-norm statistics never met a radiograph"
