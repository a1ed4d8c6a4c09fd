"""Published figures stand beside ours where the split is the same, and nowhere else."""

import pytest

from benchmark.published import OFFICIAL_TEST, beside, published
from features.findings import FINDINGS


def test_every_figure_has_a_source_a_split_and_a_finding():
    table = published()
    assert table.notna().all(axis=None)
    assert set(table["finding"]) == {*FINDINGS, "mean"}
    assert set(table["kind"]) == {"official", "other"}
    assert table["auc"].between(0.5, 1).all()
    assert not table.duplicated(["source", "finding"]).any()


@pytest.mark.parametrize("source", sorted(set(published()["source"])))
def test_a_mean_is_that_of_the_findings_as_printed(source):
    figures = published().query("source == @source").set_index("finding")["auc"]
    if len(figures) > 1:
        assert list(figures.index) == [*FINDINGS, "mean"]
        assert figures["mean"] == pytest.approx(figures.drop("mean").mean(), abs=6e-4)


def test_on_the_whole_official_test_list_figures_on_it_are_comparable():
    made = beside(source="nih", kind="official", test_images=OFFICIAL_TEST)
    assert made["same"]
    for line in made["lines"]:
        assert line["comparable"] == (line["kind"] == "official")
    assert "CheXNet" not in {line["source"] for line in made["lines"] if line["comparable"]}


@pytest.mark.parametrize(
    ("kind", "images", "words"),
    [
        ("patient", OFFICIAL_TEST, "a split of its own"),
        ("column", 25_000, "a split of its own"),
        ("official", 421, "421 of the 25,596 images"),
    ],
)
def test_on_any_other_test_part_none_is(kind, images, words):
    made = beside(source="nih", kind=kind, test_images=images)
    assert not made["same"]
    assert not any(line["comparable"] for line in made["lines"])
    assert words in made["statement"]


def test_beside_the_phantom_there_is_one_sentence_and_no_figure():
    made = beside(source="phantom", kind="official", test_images=OFFICIAL_TEST)
    assert made["lines"] == []
    assert "no published figure is comparable" in made["statement"]
