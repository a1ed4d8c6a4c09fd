"""The section on checks: what was remarked, what was muted, and what found nothing."""

import re

import pytest

from reports.checks import checks, counts, table
from reports.page import render


def check(code, level, **more):
    title = f"{code} title"
    why = f"What {code} means: see `--fresh`."
    return {"code": code, "title": title, "level": level, "explanation": why, "muted": False} | more


def remark(code, level, text, **more):
    plain = {"code": code, "level": level, "text": text, "row": "", "finding": "", "muted": False}
    return plain | more


@pytest.fixture
def checked(little):
    """Six checks: an error, a warning, one muted, one muted that found nothing, two others."""
    little["checks"] = [
        check("CXR001", "warning"),
        check("CXR002", "warning", muted=True),
        check("CXR003", "error"),
        check("CXR004", "info"),
        check("CXR008", "error"),
        check("CXR009", "info", muted=True),
    ]
    little["tables"] = {
        "checks": [
            remark("CXR003", "error", "AUC below 0.5", row="cnn6"),
            remark("CXR001", "warning", "not above", row="cnn6; metadata_xgboost"),
            remark("CXR002", "warning", "few have Mass", finding="Mass", muted=True),
            remark("CXR008", "unjudged", "not compared"),
        ]
    }
    return little


def test_each_check_is_in_one_state_and_the_gravest_stand_first(checked):
    made = checks(checked)
    codes = {state: [it.code for it in of_state] for state, of_state in made.items()}
    assert codes == {
        "heard": ["CXR003", "CXR001"],
        "muted": ["CXR002", "CXR009"],
        "unjudged": ["CXR008"],
        "passed": ["CXR004"],
    }
    assert counts(made) == {"Error": 1, "Warning": 1, "Note": 0}


def test_the_section_names_level_rows_and_remark_and_explains_itself(checked):
    page = render(checked)
    section = re.search(r'<section id="run-checks".*?</section>', page, re.S)[0]
    assert "1 error, 1 warning, 0 notes" in section
    assert "1 checks found nothing" not in section
    assert "Muted by the experiment: CXR002, CXR009." in section
    assert "What CXR003 means: see <code>--fresh</code>." in section
    for text in ("AUC below 0.5", "not above", "few have Mass", "not compared", "<b>Error</b>"):
        assert text in section
    assert section.count(">metadata_xgboost<") == 1


def test_all_remarks_can_be_downloaded_with_what_is_muted(checked):
    records = table(checked).records
    assert [record["muted"] for record in records] == ["", "", "muted", ""]
    assert 'data-files="demo-checks"' in render(checked)


def test_where_nothing_is_remarked_the_section_says_so(little):
    little["checks"] = [check("CXR001", "warning"), check("CXR002", "warning")]
    little["tables"] = {"checks": []}
    page = render(little)
    assert "2 checks found nothing" in page
    assert "demo-checks" not in page


def test_a_run_that_was_never_checked_has_no_section(little):
    assert "run-checks" not in render(little)


def test_remarks_are_text_and_nothing_else(checked):
    checked["tables"]["checks"][0]["text"] = "<b>bold</b>"
    checked["checks"][0]["explanation"] = "`<i>`"
    page = render(checked)
    assert "&lt;b&gt;bold" in page and "<code>&lt;i&gt;</code>" in page
