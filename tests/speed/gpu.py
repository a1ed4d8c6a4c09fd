"""A GPU's turn, in one call: checks, the harness against a bare loop, real radiographs.

`KERAS_BACKEND=jax python tests/speed/gpu.py --data NIH --out gpu` from the checkout writes
``gpu/figures.json``. Without a GPU it says so and stops; `--anywhere` goes on, to try the script
itself at a small size: `--anywhere --model cnn6 --size 32 --images 64 --epochs 1 --seeds 0`.
"""

import argparse
import json
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmark.provenance import versions
from features.findings import FINDINGS
from features.pixels import PixelView
from features.progress import silent
from models import backend, gpu
from models.registry import find


def options_given() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of figures and runs")
    parser.add_argument("--data", help="folder of NIH's radiographs; none are trained on without")
    parser.add_argument("--model", default="densenet121", help="what is timed")
    parser.add_argument("--rows", nargs="+", default=["cnn6", "resnet50", "densenet121"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--images", type=int, default=4096, help="of an epoch that is timed")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, help="the most of a row; its own by default")
    parser.add_argument("--anywhere", action="store_true", help="also without a GPU")
    return parser.parse_args()


def check() -> dict[str, Any]:
    """Hold what the harness believes of the device against what the engine shows."""
    from keras import ops

    backend.start()
    devices = backend.devices()
    assert gpu.has_driver() == bool(devices), "fingerprints and engine disagree on a GPU"
    policy = backend.precision("auto", gpu=bool(devices))
    assert policy == ("mixed_float16" if devices else "float32")
    block = ops.ones((25_000_000,), dtype="float32")
    ops.convert_to_numpy(block[:1])  # it is there
    peak = backend.peak_device_memory()
    assert (peak is not None and peak >= 100_000_000) == bool(devices), f"peak memory is {peak}"
    return {"device": backend.device_name(), "devices": devices, "precision": policy}


def synthesised(images: int, outputs: int, size: int, file: Path):
    """Make noise in a memory-mapped store, as the harness reads it, and labels."""
    from models.training.loop import Part

    rng = np.random.default_rng(images)
    np.save(file, rng.integers(256, size=(images, size, size), dtype="uint8"))
    labels = (rng.random((images, outputs)) < 0.1).astype("float32")
    return Part(PixelView(np.load(file, mmap_mode="r"), np.arange(images)), labels)


def bare_step(network, loss, images: np.ndarray, labels: np.ndarray) -> Callable[[], float]:
    """Return a step of training on one batch that lies on the device; it returns the loss, lazily.

    The engine's own means and Adam, nothing else: no loss is scaled, no figure kept.
    """
    import keras

    network.compile(jit_compile=backend.jit())  # only to learn what Keras compiles here
    optimizer = keras.optimizers.Adam(1e-4)
    optimizer.build(network.trainable_variables)
    images, labels = keras.ops.convert_to_tensor(images), keras.ops.convert_to_tensor(labels)

    def cost():
        return keras.ops.mean(loss(labels, network(images, training=True)))

    if backend.name() == "jax":
        return _jax_step(network, optimizer, loss, images, labels)
    if backend.name() == "torch":
        return _torch_step(network, optimizer, cost)
    return _tensorflow_step(network, optimizer, cost)


def _jax_step(network, optimizer, loss, images, labels) -> Callable[[], Any]:
    import jax
    from keras import ops

    def cost(weights, rest, images, labels):
        logits, rest = network.stateless_call(weights, rest, images, training=True)
        return ops.mean(loss(labels, logits)), rest

    def advance(state, images, labels):
        weights, rest, moments = state
        slopes = jax.value_and_grad(cost, has_aux=True)
        (value, rest), slopes = slopes(weights, rest, images, labels)
        weights, moments = optimizer.stateless_apply(moments, slopes, weights)
        return value, (weights, rest, moments)

    advance = jax.jit(advance, donate_argnums=0)
    variables = network.trainable_variables, network.non_trainable_variables, optimizer.variables
    state = tuple([variable.value for variable in some] for some in variables)

    def step():
        nonlocal state
        value, state = advance(state, images, labels)
        return value

    return step


def _torch_step(network, optimizer, cost) -> Callable[[], Any]:
    import torch

    weights = network.trainable_weights

    def step():
        network.zero_grad()
        value = cost()
        value.backward()
        with torch.no_grad():
            optimizer.apply([weight.value.grad for weight in weights], weights)
        return value

    return step


def _tensorflow_step(network, optimizer, cost) -> Callable[[], Any]:
    import tensorflow as tf

    @tf.function(jit_compile=bool(network.jit_compile))
    def step():
        with tf.GradientTape() as tape:
            value = cost()
        weights = network.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(value, weights), weights, strict=True))
        return value

    return step


def timed(step: Callable[[], Any], times: int) -> float:
    """Return the seconds that so many steps take, the device's part included."""
    from keras import ops

    start = time.perf_counter()
    for _ in range(times):
        value = step()
    ops.convert_to_numpy(value)  # it follows from all steps
    return time.perf_counter() - start


def race(given: argparse.Namespace) -> dict[str, float]:
    """Train through the harness, and after each epoch as many steps by hand on one batch."""
    from models.training import loop
    from models.training.plan import plan_of

    kind = find(given.model)
    random = {"weights": "random"} if "weights" in kind.option_types() else {}
    sizes = {"size": given.size, "batch_size": given.batch, "epochs": given.rounds + 1}
    model = kind(**sizes, **random, patience=99)
    model.findings = FINDINGS
    train, valid = (
        synthesised(images, len(model.outputs), given.size, given.out / f"{images}.npy")
        for images in (given.images, given.batch)
    )
    plan, shape = plan_of(model, train.targets, valid.targets, seed=0), (given.size, given.size)
    theirs: list[float] = []
    with model._session(seed=0):
        network, twin = (model.build(shape, "uint8", seed=0) for _ in range(2))
        step = bare_step(twin, plan.loss, valid.inputs[:], valid.targets)
        history, *_ = loop.train(
            network,
            train,
            valid,
            plan,
            folder=given.out / "race",
            key=str(time.time()),
            progress=silent,
            report=lambda *_: theirs.append(timed(step, given.images // given.batch)),
        )
    ours = [line["seconds"] for line in history]
    ratios = [bare / harness for bare, harness in zip(theirs[1:], ours[1:], strict=True)]
    return {
        "images_per_second_harness": given.images / median(ours[1:]),
        "images_per_second_bare": given.images / median(theirs[1:]),
        "ratio": median(ratios),
    }


def train_rows(given: argparse.Namespace) -> list[dict[str, Any]]:
    """Run the rows on real radiographs, once a seed; return a line for each."""
    from benchmark import run

    lines = []
    epochs = {"training.epochs": given.epochs} if given.epochs else {}
    for seed in given.seeds:
        done = run(
            "nih-sample",
            data=given.data,
            size=given.size,
            models=given.rows,
            seed=seed,
            options={"training.batch_size": given.batch, **epochs},
            out=given.out / f"seed-{seed}",
            quiet=True,
        )
        metrics = done.metrics.set_index(["row", "part", "finding"])["auc"]
        for row in given.rows:
            if row in done.failed:
                lines.append({"row": row, "seed": seed, "failed": done.failed[row]})
                continue
            cost = json.loads((done.path / "models" / row / "cost.json").read_text("utf-8"))
            auc = metrics[(row, "test", "macro")]
            lines.append({"row": row, "seed": seed, "auc": round(float(auc), 4), "cost": cost})
    return lines


def main() -> None:
    """Check, time, train; write and print what came of it."""
    given = options_given()
    if not backend.devices() and not given.anywhere:
        print(f"skipped: {backend.name()} sees no GPU; --anywhere tries the script on the CPU")
        return
    given.out.mkdir(parents=True, exist_ok=True)
    said = {"command": shlex.join(sys.argv), "versions": versions(), "backend": backend.name()}
    said |= check()
    said["race"] = race(given)
    print(json.dumps(said, indent=1), flush=True)  # should the rest outlast the machine
    said["rows"] = train_rows(given) if given.data else "not run: no --data"
    (given.out / "figures.json").write_text(json.dumps(said, indent=1) + "\n", "utf-8")
    print(json.dumps(said["rows"], indent=1))


if __name__ == "__main__":
    main()
