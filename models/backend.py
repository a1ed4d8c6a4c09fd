"""All that has to differ by Keras backend or by device."""

import json
import os
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Literal

from features.errors import InputError, unknown

NAMES = ("tensorflow", "jax", "torch")

#: Opens a context for networks to be built and trained in.
Scope = Callable[[], AbstractContextManager]

#: "auto" is on for a GPU.
Mixed = Literal["auto"] | bool


def name() -> str:
    """Return the backend that Keras will use or uses; imports nothing.

    Raises
    ------
    InputError
        If ``KERAS_BACKEND`` or Keras' own settings name another than `NAMES`, or those settings
        cannot be read.
    """
    configured = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "keras.json"
    chosen, where = os.environ.get("KERAS_BACKEND"), "KERAS_BACKEND"
    if not chosen and configured.is_file():
        chosen, where = _settings(configured).get("backend"), str(configured)
    if chosen and chosen not in NAMES:
        raise unknown("backend", chosen, NAMES, where=where)
    return chosen or "tensorflow"


def _settings(file: Path) -> dict[str, Any]:
    try:
        settings = json.loads(file.read_text("utf-8"))
    except ValueError as error:  # no JSON, or no UTF-8
        raise InputError(f"{file} cannot be read: {error}; mend it, or delete it") from None
    if not isinstance(settings, dict):
        raise InputError(f"{file} holds no settings by name; mend it, or delete it")
    return settings


def check_installed() -> None:
    """Refuse a backend that is not installed; imports nothing.

    Raises
    ------
    InputError
        If it is not, or `name` does not know it.
    """
    chosen = name()
    if find_spec(chosen) is None:
        wanted = chosen if chosen == "tensorflow" else f"'cxrbench[{chosen}]'"
        raise InputError(f"the Keras backend {chosen} is not installed: pip install {wanted}")


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
    """Return Keras' `jit_compile`: no XLA for TensorFlow on the CPU, where it halves the speed.

    What is compiled is compiled for one shape of batch, and anew for each other.
    """
    return "auto" if name() == "jax" or (name() == "tensorflow" and devices()) else False


def own_randomness(network) -> None:
    """Let dropouts draw from generators of their own, which a seed settles and a training keeps.

    On PyTorch, Keras has a dropout without a seed draw from the engine's own generator, though the
    layer holds one, whose state was drawn when the layer was made.

    Parameters
    ----------
    network : keras.Model
        Changed in place, networks inside it included.
    """
    from features.backbones import every_layer

    if name() != "torch":
        return
    for layer in every_layer(network):
        generator = getattr(layer, "seed_generator", None)
        if generator is not None and generator._initial_seed is None:
            generator._initial_seed = 0  # a mark that there is one, no more: the state stays


@contextmanager
def session(*, seed: int, precision: str, scope: Scope = nullcontext) -> Iterator[None]:
    """Build and train networks inside: with a dtype policy, and with every seed settled.

    Keras draws the seeds that a layer or an initialiser leaves open from Python's `random`. It
    starts from `seed` here, so that a network need not name one, and is put back afterwards, as is
    the dtype policy.

    Parameters
    ----------
    seed : int
        The one source of randomness.
    precision : str
        A Keras dtype policy, as `precision` returns it.
    scope : callable, optional
        Opens the context that `models.sharing` asks for.
    """
    import keras

    policy, state = keras.config.dtype_policy(), random.getstate()
    keras.config.set_dtype_policy(precision)
    random.seed(seed)
    try:
        with scope():
            yield
    finally:
        keras.config.set_dtype_policy(policy)
        random.setstate(state)


def make_deterministic() -> None:
    """Hold the engine to operations that give the same bits each time, until the process ends.

    To be called before the engine is asked anything: it may read its flags but once.
    """
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


def gradient(function: Callable[[Any], tuple[Any, Any]], at: Any) -> tuple[Any, Any]:
    """Differentiate a function of a tensor; Keras has no operation for it.

    Parameters
    ----------
    function : callable
        From a tensor to a scalar and whatever else is wanted of the same evaluation.
    at : tensor
        Where to differentiate.

    Returns
    -------
    gradient : tensor
        Of the shape of `at`; zero where the scalar does not depend on it.
    more : object
        What the function returned beside the scalar.
    """
    if name() == "jax":
        import jax

        return jax.grad(function, has_aux=True)(at)
    if name() == "torch":
        import torch

        leaf = at.detach().requires_grad_(True)
        value, more = function(leaf)
        return torch.autograd.grad(value, leaf, allow_unused=True, materialize_grads=True)[0], more
    import tensorflow as tf

    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(at)
        value, more = function(at)
    return tape.gradient(value, at, unconnected_gradients="zero"), more


def start() -> None:
    """Import the engine and find its devices, without what its C++ code has to say meanwhile.

    No setting keeps TensorFlow from writing straight to the standard error, about a GPU that is
    not there, for example. Where starting fails, all of it is said.

    Raises
    ------
    InputError
        If the backend is unknown or not installed; before anything is imported.
    """
    check_installed()
    with TemporaryFile() as heard:
        kept = os.dup(2)
        os.dup2(heard.fileno(), 2)
        try:
            import keras  # noqa: F401

            devices()
        except BaseException:
            heard.seek(0)
            os.write(kept, heard.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def peak_device_memory() -> int | None:
    """Return the most bytes held so far on any one GPU; None where none is at work.

    It is what the engine has given to arrays, not what it has reserved. Imports nothing: an engine
    that is not loaded holds nothing.
    """
    if not _at_work():
        return None
    if name() == "jax":
        import jax

        stats = [device.memory_stats() or {} for device in jax.local_devices()]
        return max((held["peak_bytes_in_use"] for held in stats if held), default=None)
    if name() == "torch":
        import torch

        return max(torch.cuda.max_memory_allocated(k) for k in range(devices()))
    import tensorflow as tf

    told = tf.config.experimental.get_memory_info
    try:
        return max(int(told(f"GPU:{k}")["peak"]) for k in range(devices()))
    except (ValueError, tf.errors.OpError):  # an allocator that keeps no account
        return None


def device_name() -> str | None:
    """Return the name of the first GPU; None where none is at work. Imports nothing."""
    if not _at_work():
        return None
    if name() == "jax":
        import jax

        return jax.local_devices()[0].device_kind
    if name() == "torch":
        import torch

        return torch.cuda.get_device_name(0)
    import tensorflow as tf

    first = tf.config.list_physical_devices("GPU")[0]
    return tf.config.experimental.get_device_details(first).get("device_name")


def _at_work() -> bool:
    """Say whether the engine is loaded and sees a GPU."""
    loaded = sys.modules.keys() & NAMES
    return bool(loaded) and name() in loaded and devices() > 0
