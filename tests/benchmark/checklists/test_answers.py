"""Checklists are answered from a run's summary, and by nothing that it does not prove."""

import tomllib
from importlib.resources import files

import pytest

from benchmark.api import open_run
from benchmark.checklists.answers import FACTS, checklists, markdown
from benchmark.console import Console
from benchmark.runner import run_experiment


def given():
    text = (files("benchmark.checklists") / "items.toml").read_text("utf-8")
    return tomllib.loads(text)["checklists"]


def answers(summary, name):
    (checklist,) = (it for it in checklists(summary) if it["name"] == name)
    return {item["number"]: item["answer"] for item in checklist["items"]}


@pytest.fixture
def bare():
    """The least that a summary holds: no finished row, no part, no table."""
    return {
        "data": {"source": "nih", "images": 3, "patients": 2},
        "findings": [{"name": "Mass", "label": "Mass"}],
        "split": {"kind": "patient", "description": "by patient", "fingerprint": "abc"},
        "rows": [{"name": "cnn6", "status": "failed", "reason": "no luck"}],
        "provenance": {},
    }


def test_all_items_are_there_once_and_name_facts_that_exist():
    counts = {checklist["name"]: len(checklist["items"]) for checklist in given()}
    assert counts == {"CLAIM": 44, "TRIPOD+AI": 52}
    named = set()
    for checklist in given():
        numbers = [item["number"] for item in checklist["items"]]
        assert len(set(numbers)) == len(numbers)
        named |= {fact for item in checklist["items"] for fact in item.get("answered_by", ())}
    assert named == set(FACTS)


def test_a_run_without_a_finished_row_claims_no_figure(bare):
    said = answers(bare, "CLAIM")
    assert said["7"] == "A data set laid out like NIH's: 3 radiographs of 2 patients."
    for number in ("20", "22", "28", "29", "30", "32", "36", "37", "38", "44"):
        assert said[number] == ""


def test_facts_are_those_of_the_summary(bare):
    people = {"part": "test", "shared_patients": 0, "female": 1, "male": 1, "age_median": 50.0}
    ages = {"age_quarter": 40.0, "age_three_quarters": 61.5, "age_unknown": 0, "sex_unknown": 1}
    macro = {"row": "cnn6", "part": "test", "finding": "macro", "auc": 0.81234}
    bare |= {
        "rows": [{"name": "cnn6", "title": "Six layers", "status": "done", "kind": "deep"}],
        "metrics": [macro | {"auc_low": 0.79, "auc_high": 0.83}],
        "tables": {
            "characteristics": [people | ages | {"pa": 2, "ap": 1, "view_unknown": 0}],
            "negatives": [
                {"row": "cnn6", "finding": "macro", "negatives": "no finding", "lift": 0.033}
            ],
        },
    }
    said = answers(bare, "CLAIM")
    assert said["20"] == ""  # one part alone
    assert said["22"] == "cnn6: Six layers."
    assert said["30"] == "Negatives without any finding move the macro AUC of cnn6 by +0.033."
    assert "age 50 years (quartiles 40 to 61.5)" in said["36"]
    assert said["37"].startswith("Highest macro AUC on test: cnn6, 0.812 [0.790, 0.830].")
    both = bare["tables"]["characteristics"] * 2
    assert answers(bare | {"tables": {"characteristics": both}}, "CLAIM")["20"].startswith("No")
    both[0]["shared_patients"] = 4
    bare["tables"]["characteristics"] = both
    assert answers(bare, "TRIPOD+AI")["12a"].endswith("Some patients are in two parts.")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"missing": 0, "pixels": False}, "7 without a score or outside the split"),
        ({"missing": 4, "limit": 3}, "4 named in the table but not on disk, 3 beyond the limit"),
        ({"missing": 5, "damaged": ["a", "b"]}, "5 named in the table but not on disk, 2 damaged"),
    ],
)
def test_every_image_of_the_table_is_accounted_for(bare, more, said):
    bare["data"] |= {"images_in_table": 10} | more
    assert answers(bare, "CLAIM")["8"] == f"3 radiographs used; left out: {said}."


def test_software_that_has_fitted_nothing_is_called_so(bare):
    bare["provenance"] = {"versions": {"keras": "3.0"}}
    assert answers(bare, "CLAIM")["23"] == "keras 3.0."
    bare["rows"] = [{"name": "theirs", "title": "Theirs", "status": "done", "kind": "predictions"}]
    assert answers(bare, "CLAIM")["23"] == "Of the evaluation alone: keras 3.0."


def test_the_phantom_is_called_what_it_is(bare):
    bare["data"]["source"] = "phantom"
    assert answers(bare, "CLAIM")["5"].startswith("No study of patients")


def test_a_document_names_what_is_left_to_the_authors(bare):
    bare["split"]["description"] = "as a|b says"
    text = markdown(checklists(bare), title="A small experiment")
    assert text.startswith("# Reporting checklists: A small experiment\n")
    assert "| 19 | How data were assigned to the parts | As a\\|b says; fingerprint abc. |" in text
    assert "For the authors to answer: 1 Title: a study of AI, and of which kind; 2" in text
    assert text.count("## ") == 2


def test_a_run_leaves_its_answers_in_its_folder(small, tmp_path):
    folder = tmp_path / "run"
    run_experiment(small.replace({"evaluation.draws": 100}), folder, console=Console(quiet=True))
    run = open_run(folder)
    run.write_report()
    text = (folder / "evaluation" / "checklist.md").read_text("utf-8")
    assert "| 20 | At which level the parts are disjoint | No patient is in two parts. |" in text
    assert "corner: mean of a corner." in text
    assert f"fingerprint {run.summary['split']['fingerprint']}" in text
