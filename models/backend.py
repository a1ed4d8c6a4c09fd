"""All that has to differ by Keras backend or by device."""

import json
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

#: "auto" is on for a GPU.
Mixed = Literal["auto"] | bool

#: What a loaded GPU driver leaves in the file system: NVIDIA's, AMD's.
_DRIVERS = ("/dev/nvidiactl", "/dev/kfd")


def name() -> str:
    """Return the backend that Keras will use or uses; imports nothing."""
    configured = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "keras.json"
    if chosen := os.environ.get("KERAS_BACKEND"):
        return chosen
    if configured.is_file():
        return json.loads(configured.read_text("utf-8")).get("backend", "tensorflow")
    return "tensorflow"


def has_driver() -> bool:
    """Say whether a GPU's driver is loaded and not hidden from us; imports nothing."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    return not hidden and any(Path(driver).exists() for driver in _DRIVERS)


def devices() -> int:
    """Return the number of GPUs that the backend sees; imports it."""
    if name() == "jax":
        import jax

        return sum(device.platform == "gpu" for device in jax.devices())
    if name() == "torch":
        import torch

        return torch.cuda.device_count()
    import tensorflow as tf

    return len(tf.config.list_physical_devices("GPU"))


def precision(mixed: Mixed, *, gpu: bool) -> str:
    """Return the Keras dtype policy to compute with.

    Parameters
    ----------
    mixed : "auto" or bool
        Whether to compute in 16 bits where that is safe; "auto" where there is a GPU.
    gpu : bool
        Whether there is one.
    """
    return "mixed_float16" if mixed is True or (mixed == "auto" and gpu) else "float32"


def jit() -> bool | str:
    """Return Keras' `jit_compile`: no XLA for TensorFlow on the CPU, where it halves the speed."""
    return "auto" if name() != "tensorflow" or devices() else False


@contextmanager
def session(*, seed: int, precision: str, deterministic: bool = False) -> Iterator[None]:
    """Build and train networks inside: with a dtype policy, and with every seed settled.

    Keras draws the seeds that a layer or an initialiser leaves open from Python's `random`. It
    starts from `seed` here, so that a network need not name one, and is put back afterwards, as is
    the dtype policy. Determinism stays on for the process: engines offer no way back.

    Parameters
    ----------
    seed : int
        The one source of randomness.
    precision : str
        A Keras dtype policy, as `precision` returns it.
    deterministic : bool, optional
        Whether the engine must use only operations that give the same bits each time.
    """
    import keras

    if deterministic:
        _make_deterministic()
    policy, state = keras.config.dtype_policy(), random.getstate()
    keras.config.set_dtype_policy(precision)
    random.seed(seed)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(policy)
        random.setstate(state)


def _make_deterministic() -> None:
    if name() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
    elif name() == "torch":
        import torch

        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True)
    else:  # XLA reads its flags when it first meets a device; on the CPU it needs none
        flags = os.environ.get("XLA_FLAGS", "")
        os.environ["XLA_FLAGS"] = f"{flags} --xla_gpu_deterministic_ops=true".strip()


def peak_device_memory() -> int | None:
    """Return the most bytes held on the first GPU so far; None where there is none."""
    if not devices():
        return None
    if name() == "jax":
        import jax

        return (jax.devices()[0].memory_stats() or {}).get("peak_bytes_in_use")
    if name() == "torch":
        import torch

        return torch.cuda.max_memory_allocated()
    import tensorflow as tf

    return int(tf.config.experimental.get_memory_info("GPU:0")["peak"])
