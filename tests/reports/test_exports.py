"""Files of all that a page shows: complete, told apart, and each to stand alone."""

import csv
import io
import json
import re
import xml.etree.ElementTree as ET

import pytest

from reports.colours import light, mix
from reports.exports import exports
from reports.page import render
from reports.palette import placeholder, standing_alone


@pytest.fixture(scope="module")
def small(simulated):
    """A run with one drawing of each of two kinds, and several tables."""
    kept = ("name", "findings", "rows", "metrics", "data")
    return {key: simulated[key] for key in kept}


@pytest.fixture(scope="module")
def files(small):
    made = list(exports(small, ["csv", "md", "tex", "json", "svg", "pdf"]))
    names = [name for name, _ in made]
    assert len(names) == len(set(names))
    return dict(made)


def test_every_table_is_there_in_every_kind_with_the_same_lines(files, small):
    tables = {name.partition(".")[0] for name in files if name.startswith("tables/")}
    assert {"tables/leaderboard-test", "tables/per-finding", "tables/positives"} <= tables
    for table in tables:
        text = {kind: files[f"{table}.{kind}"].decode() for kind in ("csv", "json", "md", "tex")}
        lines, records = list(csv.DictReader(io.StringIO(text["csv"]))), json.loads(text["json"])
        assert len(lines) == len(records) == text["md"].count("\n") - 2
        assert text["tex"].count(r" \\") == len(lines) + 1
        assert list(lines[0]) == list(records[0])
    assert len(json.loads(files["tables/per-finding.json"])) == len(small["metrics"])


def test_every_drawing_of_the_page_is_there_with_colours_of_its_own(files, small):
    drawings = {name: text for name, text in files.items() if name.endswith(".svg")}
    assert len(drawings) == render(small).count("<svg ") + 1  # the legend
    legend = drawings["figures/legend.svg"].decode()
    assert all(row["name"] in legend for row in small["rows"])
    real = set(light().values())
    for text in drawings.values():
        assert ET.fromstring(text).get("width")
        assert b"var(" not in text
        assert {match.lower() for match in re.findall("#[0-9a-fA-F]{6}", text.decode())} <= real


def test_a_drawing_can_be_had_as_a_pdf_too(files):
    drawings = {name.removesuffix(".svg") for name in files if name.endswith(".svg")}
    assert drawings == {name.removesuffix(".pdf") for name in files if name.endswith(".pdf")}
    assert all(files[f"{name}.pdf"].startswith(b"%PDF") for name in drawings)


def test_only_what_is_asked_for_is_made(small):
    assert {name.rpartition(".")[2] for name, _ in exports(small, ["md"])} == {"md"}


def test_nothing_is_drawn_where_only_the_page_is_asked_for(small, monkeypatch):
    monkeypatch.setattr("reports.exports.sections", lambda *_: pytest.fail("drawn for nothing"))
    assert list(exports(small, ["html"])) == []


def test_names_of_files_hold_nothing_that_a_folder_minds(little):
    little["rows"][0]["name"] = little["metrics"][0]["row"] = "../../etc/<passwd>"
    little["history"] = {"../../etc/<passwd>": little["history"].get("cnn6", [])}
    kept = {key: little[key] for key in ("rows", "history", "findings")}
    for name, _ in exports(kept, ["svg", "csv"]):
        assert re.fullmatch(r"(tables|figures)/[\w-]+\.(svg|csv)", name)


def test_a_page_drawn_later_has_the_page_s_colours_again():
    before = placeholder("row-0")
    with standing_alone():
        assert placeholder("row-0") == light()["row-0"]
    assert placeholder("row-0") == before


def test_colours_are_mixed_as_css_does():
    assert mix("#5fb0e6", "#ffffff", 1) == "#5fb0e6"
    assert mix("#5fb0e6", "#ffffff", 0) == "#ffffff"
