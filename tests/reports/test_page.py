"""The page: whole, self-contained, escaped, and short of nothing but what it was not given."""

import base64
import gzip
import hashlib
import html.parser
import json
import re
from itertools import combinations

import pytest
from markupsafe import escape

from reports.exports import exports
from reports.page import fragment, render
from reports.story import headline

HOSTILE = '<script>alert("1")</script>\'&amp; $x$ `|` \u202e שלום \x00' + "x" * 300
VOID = {"meta", "link", "input", "img", "br", "hr"}


class Outline(html.parser.HTMLParser):
    """Collects elements and attributes, and fails on one that is closed out of turn."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open = [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def having(self, name):
        return [attrs[name] for _, attrs in self.elements if name in attrs]


def renamed(value, names):
    """Replace names wherever they stand in plain data, as keys too."""
    if isinstance(value, dict):
        return {names.get(key, key): renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [renamed(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value


@pytest.fixture(scope="module")
def page(simulated):
    return render(simulated)


def test_the_page_is_well_formed_and_every_link_inside_it_arrives(page, astray):
    Outline(page)
    assert astray(page) == set()


def test_the_page_asks_for_nothing_from_outside(page):
    outline = Outline(page)
    addresses = outline.having("src") + outline.having("href")
    assert all(address.startswith(("#", "data:")) for address in addresses)
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)


def test_the_policy_allows_only_the_pages_own_script(page):
    policy = next(content for content in Outline(page).having("content") if "script-src" in content)
    scripts = re.findall(r"<script>(.*?)</script>", page, re.S)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; ")
    assert f"script-src 'sha256-{digest}';" in policy


def test_the_same_summary_gives_the_same_page(little):
    assert render(little) == render(little)


def test_the_page_is_small(page):
    assert len(page.encode()) < 1_500_000


def test_the_page_names_every_row_finding_and_fact(simulated, page):
    for row in simulated["rows"]:
        assert row["name"] in page
    for finding in simulated["findings"]:
        assert finding["label"] in page
    for fact in ("9f2c41d07ab35e68", "3.15.0", "AMD EPYC 7B13", "5 min 1 s", "random weights"):
        assert fact in page
    assert str(escape(simulated["experiment"])) in page


@pytest.mark.parametrize(
    "lacking",
    [
        ("curves",),
        ("history",),
        ("cooccurrence",),
        ("metrics",),
        ("data",),
        ("split",),
        ("findings",),
        ("rows",),
        ("provenance", "protocol", "experiment"),
        ("banners", "title", "created"),
    ],
)
def test_what_the_summary_lacks_is_left_out(little, lacking):
    for key in lacking:
        del little[key]
    Outline(render(little))


def test_a_summary_of_nothing_is_a_page_that_says_so():
    for page in (render({}), fragment({})):
        Outline(page)
        assert "nothing to compare" in page
        assert "Rows and findings" not in page  # of which there are none to choose


def test_a_run_in_which_every_row_failed_shows_why():
    rows = [{"name": "cnn6", "status": "failed", "kind": "deep", "reason": "disk full"}]
    assert "failed: disk full" in render({"rows": rows})


def test_a_section_without_data_has_no_link(little):
    del little["history"]
    links = Outline(render(little)).having("href")
    assert "#run-curves" in links
    assert "#run-training" not in links


def test_hostile_names_are_text_everywhere(little):
    names = {"cnn6": HOSTILE, "Mass": HOSTILE + "2", "phantom": HOSTILE, "random": HOSTILE}
    hostile = renamed(little, names)
    hostile["title"] = hostile["experiment"] = hostile["banners"][0]["text"] = HOSTILE
    hostile["banners"][0]["level"] = '" onload="alert(1)'
    hostile["rows"][1]["reason"] = HOSTILE
    page = render(hostile)
    outline = Outline(page)
    assert [tag for tag, _ in outline.elements].count("script") == 1
    assert not [name for _, attrs in outline.elements for name in attrs if name.startswith("on")]
    assert "&lt;script&gt;alert(" in page


def test_a_name_that_no_encoding_holds_does_not_stop_the_report(little):
    little["data"]["damaged"] = ["half \ud800 a pair.png"]
    assert "half ? a pair.png" in render(little).encode().decode()


def test_downloads_hold_the_table_that_they_stand_under(page, simulated):
    packed = {
        attrs["data-files"]: attrs["data-packed"]
        for _, attrs in Outline(page).elements
        if "data-files" in attrs
    }
    content = gzip.decompress(base64.b64decode(packed["demo-leaderboard-test"])).decode()
    (names, _, count), *lines = map(json.loads, content.splitlines())
    records = [dict(zip(names, line, strict=True)) for line in lines[:count]]
    macro = {
        metric["row"]: metric["auc"]
        for metric in simulated["metrics"]
        if (metric["part"], metric["finding"]) == ("test", "macro")
    }
    assert {record["row"]: record["auc"] for record in records} == macro


def test_every_table_of_the_page_can_be_downloaded(simulated):
    drawn = ("curves", "history", "cooccurrence")  # takes time and has no table
    summary = {key: part for key, part in simulated.items() if key not in drawn}
    offered = Outline(render(summary)).having("data-files")
    tables = {name.removeprefix("tables/") for name, _ in exports(summary, ["csv"])}
    assert {f"{name.removeprefix('demo-')}.csv" for name in offered} == tables


def test_two_fragments_of_one_run_share_no_identifier(little):
    one, two = (Outline(fragment(little)) for _ in range(2))
    assert not set(one.having("id")) & set(two.having("id"))
    assert not {"html", "body", "head", "main"} & {tag for tag, _ in one.elements}


def test_a_fragments_styles_reach_nothing_outside_it(little):
    style = re.search(r"<style>(.*?)</style>", fragment(little), re.S)[1]
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.S)
    depth, outer, word = 0, [], ""
    for mark in style:
        if mark == "{" and depth == 0:
            outer.append(word.strip())
        depth += (mark == "{") - (mark == "}")
        word = "" if mark in "{}" else word + mark
    for selector in outer:
        assert selector == "@media print" or all(
            ".cxrbench" in one for one in selector.split(",")
        ), selector


def words(sentences):
    return re.sub("<[^>]+>", "", " ".join(sentences))


def small(models, floors=(), **more):
    """A summary with a macro test AUC for every row."""
    rows = [{"name": name, "status": "done", "kind": "deep"} for name in models]
    rows += [{"name": name, "status": "done", "kind": "floor"} for name in dict(floors)]
    metrics = [
        {"row": name, "part": "test", "finding": "macro", "auc": auc}
        for name, auc in {**models, **dict(floors)}.items()
    ]
    return {"rows": rows, "metrics": metrics, **more}


def test_the_headline_tells_the_leader_and_the_gaps_that_the_figures_show():
    story = words(headline(small({"a": 0.7004, "b": 0.7126}, {"floor": 0.6})))
    assert "b leads with a macro test AUC of 0.713, 0.013 ahead of a (0.700)." in story
    assert "0.113 above the best floor, floor (0.600); every model beats it." in story


def test_the_headline_calls_small_gaps_level():
    assert "level with b (0.698)" in words(headline(small({"a": 0.7, "b": 0.698})))


def test_the_headline_names_models_below_the_floor():
    story = words(headline(small({"a": 0.7, "b": 0.5, "c": 0.55}, {"floor": 0.6})))
    assert "c and b do not beat it" in story


def test_the_headline_says_when_no_model_beats_the_floor():
    story = words(headline(small({"a": 0.58}, {"floor": 0.6})))
    assert "leads" not in story
    assert "No model beats the floor floor (0.600)." in story


def test_the_headline_tells_failures_and_their_reason():
    run = small({"a": 0.7})
    run["rows"].append({"name": "b", "status": "failed", "kind": "deep", "reason": "disk full"})
    run["rows"].append({"name": "c", "status": "interrupted", "kind": "deep"})
    assert "b failed: disk full. c was interrupted." in words(headline(run))


def test_the_headline_begins_with_what_is_missing_where_nothing_has_finished():
    run = small({})
    run["rows"] = [{"name": name, "status": "missing", "kind": "deep"} for name in "abc"]
    assert words(headline(run)) == (
        "No row has finished yet: there is nothing to compare. a, b and c have not begun."
    )
    assert ">not begun<" in render(run)


def compared(models, floors, verdicts):
    """A summary in which every pair of rows was compared; `verdicts` names those that differ."""
    pairs = combinations([*models, *floors], 2)
    lines = [
        {"row": row, "other": other, "metric": "auc", "finding": "macro"}
        | {"verdict": verdicts.get((row, other), "undecided")}
        for row, other in pairs
    ]
    run = small(models, floors, tables={"comparison": lines})
    run["metrics"][0] |= {"auc_low": 0.68, "auc_high": 0.74}
    return run | {"evaluation": {"level": 0.95, "margin": 0.02}}


def test_the_headline_says_what_the_comparison_has_shown():
    better = dict.fromkeys([("a", "d"), ("a", "floor"), ("b", "floor"), ("c", "floor")], "better")
    verdicts = better | {("a", "b"): "equivalent", ("d", "floor"): "worse"}
    models = {"a": 0.71, "b": 0.705, "c": 0.69, "d": 0.58}
    story = words(headline(compared(models, {"floor": 0.6}, verdicts)))
    assert "a leads with a macro test AUC of 0.710 [0.680, 0.740]; " in story
    assert "equivalent to b, not distinguishable from c, ahead of d." in story
    assert "a, b and c beat the best floor, floor (0.600); d is not shown to." in story


def test_a_verdict_is_read_from_either_side_of_a_pair():
    run = compared({"a": 0.6, "b": 0.7}, {"floor": 0.5}, {("a", "b"): "worse"})
    assert "b leads with a macro test AUC of 0.700; ahead of every other model." in words(
        headline(run)
    )


def test_the_headline_does_not_claim_what_has_not_been_shown():
    run = compared({"a": 0.7, "b": 0.6}, {"floor": 0.5}, {})
    story = words(headline(run))
    assert "not distinguishable from b." in story
    assert "No model is shown to beat the best floor, floor (0.500)." in story
