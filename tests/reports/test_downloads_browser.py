"""Files that the page makes in a real browser are those that Python writes."""

import xml.etree.ElementTree as ET

import pytest

from reports.colours import light
from reports.exports import exports
from reports.page import clean, render
from reports.palette import VARIABLES

#: Quotes, commas, line ends, what Markdown and LaTeX read, other scripts, and a NUL.
HOSTILE = 'a,"b"\n[1] _c_ |d| `e` \\f {g} <h> ~^&%$# ± ≥ → שלום \u2028 \x00'
HOSTILE += "\N{EN DASH}\N{MINUS SIGN}\N{MULTIPLICATION SIGN}"


#: Keeps what the page would download: Chromium refuses many files that no hand has asked for.
CAUGHT = """
    window.caught = {};
    let last;
    const create = URL.createObjectURL;
    URL.createObjectURL = (blob) => create((last = blob));
    HTMLAnchorElement.prototype.click = function () {
        const { download } = this;
        last.text().then((text) => { window.caught[download] = text; });
    };
"""


@pytest.fixture(scope="module")
def summary(simulated):
    """A run of two rows and two findings, one of each with a hostile name."""
    rows, findings = simulated["rows"], simulated["findings"]
    return clean(
        {
            "name": "demo",
            "rows": [rows[0] | {"name": HOSTILE}, rows[6], rows[3]],
            "findings": [findings[0], findings[1] | {"label": HOSTILE}],
            "metrics": [
                metric | ({"row": HOSTILE} if metric["row"] == rows[0]["name"] else {})
                for metric in simulated["metrics"]
                if metric["row"] in (rows[0]["name"], rows[6]["name"])
                and metric["finding"] in ("Atelectasis", "Cardiomegaly", "macro", "micro")
            ],
            "curves": {
                rows[6]["name"]: {
                    "Atelectasis": simulated["curves"][rows[6]["name"]]["Atelectasis"]
                }
            },
        }
    )


@pytest.fixture(scope="module")
def written(summary):
    """What Python writes, by name."""
    return dict(exports(summary, ["csv", "md", "tex", "json", "svg"]))


@pytest.fixture(scope="module")
def file(summary, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(summary), encoding="utf-8")
    return path


def downloaded(page, button):
    """Press a button, wherever it is folded away; return the file's name and bytes."""
    with page.expect_download() as caught:
        button.dispatch_event("click")
    return caught.value.suggested_filename, caught.value.path().read_bytes()


def test_every_file_of_every_table_is_the_one_that_python_writes(opened, written):
    page = opened(prepare=CAUGHT)
    count = page.evaluate(
        """() => {
            const buttons = document.querySelectorAll("[data-files] button");
            buttons.forEach((button) => button.click());
            return buttons.length;
        }"""
    )
    page.wait_for_function("(count) => Object.keys(caught).length === count", arg=count)
    expected = {
        f"demo-{name.removeprefix('tables/')}": content.decode()
        for name, content in written.items()
        if name.startswith("tables/")
    }
    found = page.evaluate("caught")
    assert found.keys() == expected.keys()
    assert {name for name in found if found[name] != expected[name]} == set()


def test_a_button_downloads_its_file(opened, written):
    page = opened()
    name, content = downloaded(page, page.get_by_role("button", name="CSV").first)
    assert name == "demo-leaderboard-test.csv"
    assert content == written["tables/leaderboard-test.csv"]


def test_a_drawing_alone_is_the_one_that_python_draws_also_from_a_dark_page(opened, written):
    page = opened(color_scheme="dark")
    figure = page.locator("figure", has=page.locator("svg[aria-label='ROC curves, Atelectasis']"))
    name, content = downloaded(page, figure.get_by_role("button"))
    assert name == "roc-curves-atelectasis.svg"
    assert b"var(" not in content

    def told(text):
        return [
            (part.tag, part.text, part.get("d"), part.get("style"))
            for part in ET.fromstring(text).iter()
        ]

    assert told(content) == told(written[f"figures/{name}"])


def test_a_row_that_is_hidden_is_not_in_the_drawing_s_file(opened, summary):
    page = opened()
    figure = page.locator("figure", has=page.locator("svg[aria-label='ROC curves, Atelectasis']"))
    assert b"<title>metadata_xgboost" in downloaded(page, figure.get_by_role("button"))[1]
    key = page.locator("#run-curves").get_by_role("button", name="metadata_xgboost")
    key.dispatch_event("click")
    assert b"<title>metadata_xgboost" not in downloaded(page, figure.get_by_role("button"))[1]


def test_without_a_script_the_page_says_what_writes_the_files(opened):
    page = opened(java_script_enabled=False)
    assert "cxrbench report RUN --format csv" in page.locator(".files").first.inner_text()
    assert page.locator("button:visible").count() == 0


def test_a_browser_that_cannot_unpack_keeps_that_sentence(opened):
    page = opened(prepare="delete window.DecompressionStream")
    assert "cxrbench report RUN" in page.locator(".files").first.inner_text()
    assert page.locator(".files button").count() == 0


def test_colours_of_drawings_that_leave_the_page_are_the_page_s_on_light_paper(opened):
    seen = opened(color_scheme="light").evaluate(
        """(names) => names.map((name) => {
            const root = document.querySelector(".cxrbench");
            root.style.color = `var(--${name})`;
            const brush = document.createElement("canvas").getContext("2d");
            brush.fillStyle = getComputedStyle(root).color;
            brush.fillRect(0, 0, 1, 1);
            return [...brush.getImageData(0, 0, 1, 1).data.slice(0, 3)];
        })""",
        list(VARIABLES),
    )
    for name, colour in zip(VARIABLES, seen, strict=True):
        ours = [int(light()[name][place : place + 2], 16) for place in (1, 3, 5)]
        assert ours == pytest.approx(colour, abs=1), name
