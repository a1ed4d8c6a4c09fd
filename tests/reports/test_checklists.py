"""The section on reporting checklists."""

from reports.checklists import section
from reports.page import render


def test_answers_are_a_table_and_the_rest_is_one_line(little):
    little["checklists"] = [
        {
            "name": "CLAIM",
            "title": "CLAIM, 2024 update",
            "reference": "a journal",
            "items": [
                {"number": "1", "asks": "The title", "answer": ""},
                {"number": "7", "asks": "Sources", "answer": "A <table> & more."},
                {"number": "44", "asks": "Funding", "answer": ""},
            ],
        }
    ]
    page = render(little)
    assert "<summary>CLAIM, 2024 update: 1 of 3 items</summary>" in page
    assert "A &lt;table&gt; &amp; more." in page
    assert "For the authors to answer: 1 The title; 44 Funding." in page


def test_without_checklists_there_is_no_section(summary):
    assert section(summary, "run") == {}
