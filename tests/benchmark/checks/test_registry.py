import re
from dataclasses import replace
from pathlib import Path

import pytest

from benchmark.checks.check import LEVELS
from benchmark.checks.document import document
from benchmark.checks.registry import COLUMNS, available, checks_table
from benchmark.experiment import load
from features.errors import InputError

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "docs" / "checks.md"


def test_every_check_has_a_code_a_title_a_level_and_an_explanation():
    for code, check in available().items():
        assert re.fullmatch(r"CXR\d{3}", code)
        assert check.title and check.level in LEVELS[:3]
        assert len(check.explanation.split()) > 20
    assert list(available()) == sorted(available())


def test_no_two_checks_share_a_code():
    sources = [file.read_text() for file in Path(HERE.parents[2], "benchmark/checks").glob("*.py")]
    codes = re.findall(r'^@check\("(\w+)"', "".join(sources), re.MULTILINE)
    assert sorted(codes) == list(available())


def test_every_check_has_its_paragraph_in_the_documentation_word_for_word():
    page = PAGE.read_text("utf-8")
    assert document(page) == page
    assert all(f"\n## {code}\n" in page for code in available())


def test_every_check_has_tests_that_bear_its_code():
    tests = "".join(file.read_text() for file in HERE.glob("test_*.py"))
    for code in available():
        assert f"def test_{code.lower()}_speaks" in tests
        assert f'"{code}"' in tests


def test_nothing_is_said_of_a_study_that_is_in_order(study):
    assert checks_table(study).empty


def test_the_gravest_stand_first_and_what_is_muted_is_there_and_says_so(study):
    evidence = replace(
        study,
        unfinished={"cnn6": "failed", "resnet50": "failed"},
        scores={**study.scores, "strong": study.scores["strong"].assign(Mass=0.5)},
        settings=study.settings.model_copy(update={"mute": ("CXR020",)}),
    )
    table = checks_table(evidence)
    assert list(table.columns) == list(COLUMNS)
    assert table["code"].tolist() == ["CXR009", "CXR020", "CXR020"]
    assert table["muted"].tolist() == [False, True, True]
    assert table["row"].tolist() == ["strong", "cnn6", "resnet50"]
    assert table["link"][0] == "docs/checks.md#cxr009"


def test_what_cannot_be_judged_is_said_to_be_so(study):
    table = checks_table(replace(study, duplicates=None, source="phantom"))
    assert dict(zip(table["code"], table["level"], strict=True)) == {
        "CXR004": "unjudged",
        "CXR008": "unjudged",
    }


def test_a_study_without_a_finished_row_is_looked_at_all_the_same(study):
    table = checks_table(replace(study, scores={}, unfinished={"cnn6": "not begun"}))
    assert table.query("level != 'unjudged'")["code"].tolist() == ["CXR020"]


def test_a_study_of_test_alone_is_looked_at_all_the_same(study):
    test = study.split["part"] == "test"
    alone = replace(study, split=study.split[test], truth=study.truth[test])
    table = checks_table(alone)
    assert set(table["code"]) == {"CXR005", "CXR007", "CXR012", "CXR013", "CXR014"}
    assert table.query("level != 'unjudged'")["code"].tolist() == ["CXR014"]


def test_muting_a_code_that_no_check_has_is_one_line_with_the_nearest():
    with pytest.raises(
        InputError, match=r"unknown check 'cxr006' in evaluation.mute; did you mean 'CXR006'\?"
    ):
        load("demo").replace({"evaluation.mute": ["cxr006"]})


def test_an_experiment_with_muted_checks_is_read_back_as_it_was(tmp_path):
    experiment = load("demo").replace({"evaluation.mute": ["CXR006", "CXR001"]})
    file = tmp_path / "muted.toml"
    file.write_text(experiment.to_toml())
    assert load(str(file)).evaluation.mute == ("CXR006", "CXR001")
