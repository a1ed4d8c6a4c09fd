import json
import os
import random
import subprocess
import sys

import pytest

from features.errors import InputError
from models import backend


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    return tmp_path


def test_the_backend_is_keras_own_choice(home, monkeypatch):
    assert backend.name() == "tensorflow"

    (home / "keras.json").write_text(json.dumps({"backend": "torch"}))
    assert backend.name() == "torch"

    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert backend.name() == "jax"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (b'{"backend": "jax",', "cannot be read: Expecting property name.*; mend it, or delete it"),
        (b"", "cannot be read: Expecting value"),
        (b"\xff", "cannot be read: 'utf-8' codec"),
        (b"[]", "holds no settings by name"),
        (b'{"backend": "jaxx"}', "did you mean 'jax'"),
        (b'{"backend": 5}', "unknown backend '5'"),
    ],
)
def test_settings_that_cannot_be_used_name_their_file(home, settings, message):
    file = home / "keras.json"
    file.write_bytes(settings)

    with pytest.raises(InputError, match=message) as told:
        backend.name()

    assert str(file) in str(told.value) and "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("chosen", "line"),
    [
        (
            "jaxx",
            "unknown backend 'jaxx' in KERAS_BACKEND; did you mean 'jax'? "
            "Available: jax, tensorflow, torch",
        ),
        ("jax", "the Keras backend jax is not installed: pip install 'cxrbench[jax]'"),
        ("torch", "the Keras backend torch is not installed: pip install 'cxrbench[torch]'"),
        ("tensorflow", "the Keras backend tensorflow is not installed: pip install tensorflow"),
    ],
)
def test_what_cannot_be_started_is_told_before_anything_is_imported(chosen, line):
    script = (
        "import sys\nfrom models import backend\n"
        "engines = ('keras', 'tensorflow', 'jax', 'torch')\n"
        "sys.modules |= dict.fromkeys(engines)\n"  # as where none is installed
        "try:\n    backend.start()\n"
        "except backend.InputError as error:\n    print(error)\n"
        "print(*filter(sys.modules.get, engines))"
    )

    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "KERAS_BACKEND": chosen},
    )

    assert done.stdout.splitlines() == [line, ""]


@pytest.mark.parametrize(
    ("mixed", "gpu", "policy"),
    [
        ("auto", True, "mixed_float16"),
        ("auto", False, "float32"),
        (True, False, "mixed_float16"),
        (False, True, "float32"),
    ],
)
def test_automatic_precision_is_mixed_on_a_gpu_alone(mixed, gpu, policy):
    assert backend.precision(mixed, gpu=gpu) == policy


def test_a_session_settles_the_seeds_that_a_layer_leaves_open():
    import keras

    def kernel(seed):
        with backend.session(seed=seed, precision="float32"):
            layer = keras.layers.Dense(4)
            layer.build((None, 3))
        return keras.ops.convert_to_numpy(layer.kernel).tolist()

    assert kernel(1) == kernel(1)
    assert kernel(1) != kernel(2)


def test_a_session_puts_back_what_it_found():
    import keras

    state = random.getstate()

    with backend.session(seed=3, precision="mixed_float16"):
        assert keras.config.dtype_policy().name == "mixed_float16"

    assert random.getstate() == state
    assert keras.config.dtype_policy().name == "float32"


def test_device_memory_and_name_are_told_only_where_there_is_a_device():
    there_is_none = backend.devices() == 0

    assert (backend.peak_device_memory() is None) == there_is_none
    assert (backend.device_name() is None) == there_is_none


def test_peak_device_memory_counts_arrays():
    if not backend.devices():
        pytest.skip("no GPU")
    import keras

    block = keras.ops.ones((50_000_000,), dtype="float32")

    assert backend.peak_device_memory() >= 4 * block.shape[0]


def test_asking_for_a_device_imports_no_engine():
    script = (
        "import sys\nfrom models import backend\n"
        "print(backend.peak_device_memory(), backend.device_name())\n"
        "print(*{'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules))"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["None", "None"]


def test_tensorflow_compiles_with_xla_on_a_gpu_alone(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    monkeypatch.setattr(backend, "devices", lambda: 0)
    assert backend.jit() is False

    monkeypatch.setattr(backend, "devices", lambda: 1)
    assert backend.jit() == "auto"

    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert backend.jit() == "auto"


def test_listing_the_deep_rows_imports_no_engine():
    script = (
        "import sys, models.cnn6, models.resnet50, models.densenet121, models.resnet50_frozen\n"
        "models.cnn6.CNN6(epochs=3).depends_on()\n"
        "print(*{'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules))"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == ""


def test_an_engine_that_cannot_start_says_why(tmp_path):
    (tmp_path / "keras.py").write_text(
        "import os\nos.write(2, b'half of it')\nraise RuntimeError('no')"
    )
    script = "from models import backend\nbackend.start()"

    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
    )

    assert done.returncode == 1
    assert "half of it" in done.stderr and "RuntimeError: no" in done.stderr
