"""The split that leaks: as large as the other part by part, and to be had from the audit alone."""

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import benchmark
import features
import models
from benchmark.audits.inflation import shared
from benchmark.audits.leaky import LeakySplit, leak
from benchmark.splits import PARTS, Split, make_split
from features.errors import InputError
from features.radiographs import Radiographs


def radiographs(counts, seed=0) -> Radiographs:
    """Make patients with so many images each."""
    patients = [str(patient) for patient, count in enumerate(counts) for _ in range(count)]
    images = pd.Index([f"{k}.png" for k in range(len(patients))], name="image")
    labels = np.random.default_rng(seed).random((len(patients), 2)) < 0.2
    table = pd.DataFrame({"patient": patients}, images)
    return Radiographs(table, labels.astype(np.float32), ("Edema", "Mass"))


@given(st.lists(st.integers(1, 9), min_size=5, max_size=30), st.integers(0, 9))
def test_every_part_is_as_large_as_it_was(counts, seed):
    split = make_split(radiographs(counts), seed=seed)
    leaky = leak(split)
    for part in PARTS:
        assert (leaky.part == part).sum() == (split.part == part).sum()
    assert list(leaky.images) == list(split.images)


def test_most_patients_of_test_are_in_train_and_it_says_so():
    split = make_split(radiographs([10] * 30))
    leaky = leak(split)

    def share(made):
        return shared(pd.DataFrame({"patient": made.patients, "part": made.part}))

    assert share(split) == 0
    assert share(leaky) > 0.9
    assert leaky.kind == "image"
    assert "it leaks" in leaky.description


def test_it_depends_on_names_and_seed_and_not_on_the_order_of_the_rows():
    table = radiographs([3] * 20)
    order = np.random.default_rng(1).permutation(len(table))
    straight, mixed = leak(make_split(table)), leak(make_split(table.take(order)))
    assert mixed.part.tolist() == straight.part[order].tolist()
    assert leak(make_split(table, seed=1)).fingerprint != straight.fingerprint


def test_what_is_left_out_of_it_changes_no_other_image():
    leaky = leak(make_split(radiographs([3] * 20)))
    kept = np.arange(len(leaky.images)) % 7 > 0
    assert leaky.take(kept).part.tolist() == leaky.part[kept].tolist()


def test_the_split_of_every_run_still_refuses_a_torn_patient():
    leaky = leak(make_split(radiographs([3] * 20)))
    arrays = {name: getattr(leaky, name) for name in ("images", "patients", "part", "fold")}
    with pytest.raises(InputError, match="on two sides of the split"):
        Split(**arrays, kind="patient", seed=0, description="")
    whole = make_split(radiographs([3] * 20))
    with pytest.raises(InputError, match="on two sides of the split"):
        replace(whole, part=leaky.part)


def test_no_kind_of_split_makes_one(tmp_path):
    table = radiographs([3] * 20)
    leaky = leak(make_split(table))
    file = tmp_path / "split.csv"
    pd.DataFrame({"image": leaky.images, "part": leaky.part}).to_csv(file, index=False)
    with pytest.raises(InputError, match="on two sides"):
        make_split(table, kind="column", file=file)
    with pytest.raises(InputError, match="cxrbench audit"):
        make_split(table, kind="image")
    assert {type(make_split(table, kind=kind)) for kind in ("patient", "folds")} == {Split}
    assert Split.__subclasses__() == [LeakySplit]


def test_nothing_but_the_audit_knows_how_to_make_one():
    knowing = [
        file.relative_to(Path(room.__file__).parent.parent).as_posix()
        for room in (features, models, benchmark)
        for file in Path(room.__file__).parent.rglob("*.py")
        if "benchmark.audits.leaky" in imports(file)
    ]
    assert knowing == ["benchmark/audits/runner.py"]


def imports(file: Path) -> set[str]:
    """Return the modules that a file imports, as it names them."""
    nodes = list(ast.walk(ast.parse(file.read_text("utf-8"))))
    whole = {it.name for node in nodes if isinstance(node, ast.Import) for it in node.names}
    parts = [(node.module, node.names) for node in nodes if isinstance(node, ast.ImportFrom)]
    inside = {f"{module}.{it.name}" for module, names in parts for it in names}
    return whole | inside | {module for module, _ in parts}
