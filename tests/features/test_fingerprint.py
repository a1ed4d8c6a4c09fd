import numpy as np
import pytest

from features.fingerprint import code_digest, digest


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


def test_code_digest_follows_relative_packages_and_names_that_are_no_modules():
    # models.base imports names from features.errors, which are attributes and no modules
    assert code_digest("models.base") != code_digest("features.errors")
