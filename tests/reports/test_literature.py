"""Published figures beside the run's."""

import pytest

from reports import literature
from reports.marks import Marks
from reports.page import render


def published(source, finding, auc, *, comparable):
    split = "NIH's lists" if comparable else "the authors' own"
    told = {"source": source, "year": 2018, "reference": "arXiv:1", "split": split}
    return {**told, "finding": finding, "auc": auc, "comparable": comparable}


@pytest.fixture
def beside(little):
    lines = [
        published("Lists & Co", "Mass", 0.81, comparable=True),
        published("Lists & Co", "mean", 0.99, comparable=True),
        published("Own split", "Mass", 0.87, comparable=False),
    ]
    little["published"] = {"statement": "Tested on the list.", "same": True, "lines": lines}
    return little


def test_comparable_figures_are_ranked_with_ours_and_the_others_stand_apart(beside):
    content = literature.section(beside, "run")
    assert [it.cells[0].text for it in content["beside"].lines] == [
        *("Lists & Co", "cnn6", "metadata_xgboost")
    ]
    assert [it.cells[0].text for it in content["apart"].lines] == ["Own split"]
    ours = content["beside"].lines[1]
    macro = next(
        m["auc"]
        for m in beside["metrics"]
        if (m["row"], m["part"], m["finding"]) == ("cnn6", "test", "macro")
    )
    assert (ours.row, ours.cells[2].text) == ("cnn6", f"{macro:.3f}")


def test_on_another_split_ours_do_not_stand_beside_theirs(beside):
    for line in beside["published"]["lines"]:
        line["comparable"] = False
    content = literature.section(beside, "run")
    assert content["beside"] is None
    assert {it.row for it in content["apart"].lines} == {""}


def test_beside_the_phantom_one_sentence_is_all(beside):
    beside["published"] = {"statement": "Drawn by a program.", "same": False, "lines": []}
    page = render(beside)
    assert "Drawn by a program." in page
    assert "run-published" not in page


def test_every_column_of_a_finding_is_chosen_with_it_however_files_spell_it(beside):
    for line in beside["published"]["lines"]:
        line["finding"] = line["finding"].replace("Mass", "Pleural_Thickening")
    table = literature.section(beside, "run")["beside"]
    marked = {column.label: str(Marks(beside).heading(column)) for column in table.columns}
    places = {it["label"]: place for place, it in enumerate(beside["findings"])}
    assert "Pleural thickening" in places
    assert {label: mark for label, mark in marked.items() if mark} == {
        label: f' data-finding="{place}"' for label, place in places.items()
    }


def test_the_page_names_every_source_once(beside):
    page = render(beside)
    assert page.count("Lists &amp; Co, 2018: arXiv:1; test part: NIH&#39;s lists") == 1
    assert "not comparable" in page
