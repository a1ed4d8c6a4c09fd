import subprocess
import sys

import numpy as np
import pytest

from features import fingerprint
from features.fingerprint import _collect, code_digest, digest


def test_equal_inputs_have_equal_digests_whatever_the_order_of_keys():
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})


@pytest.mark.parametrize(
    "other",
    [
        np.arange(6, dtype=np.int64),
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.arange(6, dtype=np.float32) + 1,
    ],
)
def test_an_arrays_values_shape_and_type_all_count(other):
    assert digest(np.arange(6, dtype=np.float32)) != digest(other)


def test_parts_do_not_run_into_each_other():
    assert digest(b"ab", b"c") != digest(b"a", b"bc")


def test_code_digest_changes_with_the_file_and_with_what_it_imports(tmp_path):
    file = tmp_path / "team7.py"
    file.write_text("from features.findings import FINDINGS\n")
    first = code_digest("team7", file)
    assert code_digest("team7", file) == first

    file.write_text("from features.findings import FINDINGS  # and more\n")
    second = code_digest("team7", file)
    file.write_text("def f():\n    from features.findings import FINDINGS\n")
    within = code_digest("team7", file)
    file.write_text("def f():\n    from numpy import FINDINGS\n")
    without = code_digest("team7", file)
    assert len({first, second, within, without}) == 4


def test_a_module_set_apart_does_not_count(monkeypatch):
    read = fingerprint._text

    def digests(text):
        changed = lambda file: text if file.stem == "gradcam" else read(file)  # noqa: E731
        monkeypatch.setattr(fingerprint, "_text", changed)
        return code_digest("models.cnn6"), code_digest("models.cnn6", apart=["models.gradcam"])

    (first, apart), (second, still_apart) = digests("A = 1"), digests("A = 2")

    assert first != second
    assert apart == still_apart


def test_digesting_the_code_of_a_network_imports_no_engine():
    code = (
        "import sys; from features.fingerprint import code_digest;"
        "first = code_digest('models.cnn6');"
        "assert first != code_digest('models.resnet50') != code_digest('models.base');"
        "print([name for name in ('keras', 'models.keras_model') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_code_that_a_network_imports_within_a_function_counts(tmp_path):
    file = tmp_path / "team7.py"
    sources: dict[str, str] = {}
    file.write_text("from models.keras_model import KerasModel\n")
    _collect("team7", file, sources)
    assert {"models.keras_model", "models.training.loop", "features.pixels"} <= set(sources)
