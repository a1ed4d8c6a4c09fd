"""The page in a real browser: nothing fails, nothing is fetched, and what can be pressed works."""

import re
import shutil

import pytest

from reports.page import fragment, render

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def file(simulated, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(simulated), encoding="utf-8")
    return path


@pytest.fixture
def opened(browser, file):
    """Open the report, or another file; whatever the browser complains of fails the test."""
    pages, complaints, requests, addresses = [], [], [], set()

    def visit(path=file, **settings):
        page = browser.new_context(**settings).new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(path.as_uri())
        addresses.add(path.as_uri())
        pages.append(page)
        return page

    yield visit
    for page in pages:
        page.context.close()
    assert complaints == []
    assert set(requests) == addresses


def column(page, table, heading):
    """Return the cells under `heading` in the lines that are shown."""
    return page.locator(f"#{table}").evaluate(
        """(table, heading) => {
            const heads = [...table.tHead.rows[0].cells].map((cell) => cell.innerText.trim());
            return [...table.tBodies[0].rows]
                .filter((row) => row.offsetParent && row.cells[heads.indexOf(heading)])
                .map((row) => row.cells[heads.indexOf(heading)].innerText.trim());
        }""",
        heading,
    )


def press(page, table, heading):
    page.locator(f"#{table} thead").get_by_role("button", name=heading, exact=True).click()


def test_the_report_opens_without_a_complaint_or_a_request(opened):
    assert opened().title().startswith("Classical features")


def test_a_column_is_sorted_by_its_numbers_with_failures_at_the_foot(opened):
    page, table = opened(), "run-leaderboard-test"
    press(page, table, "Time")
    assert column(page, table, "Row")[0].startswith("resnet50")
    assert column(page, table, "Row")[-1].startswith("densenet121")
    press(page, table, "Time")
    assert column(page, table, "Row")[0].startswith("prevalence")
    assert column(page, table, "Row")[-1].startswith("densenet121")
    assert page.locator(f"#{table} [aria-sort=ascending]").count() == 1


def test_costs_are_sorted_by_their_figures(opened):
    page, table = opened(), "run-costs"
    press(page, table, "Images/s, fit")
    rows = [row.split("\n")[0] for row in column(page, table, "Row")]
    assert rows[:3] == ["resnet50_frozen", "cnn6", "resnet50"]
    press(page, table, "Fit")
    press(page, table, "Fit")
    assert column(page, table, "Fit")[:2] == ["< 0.1 s", "1.7 s"]


def test_empty_cells_come_last_in_both_directions(opened):
    page, table = opened(), "run-auc-by-finding"
    for _ in range(2):
        press(page, table, "cnn6")
        assert column(page, table, "Finding")[-2:] == ["Hernia", "Macro mean"]


def test_sorting_works_from_the_keyboard(opened):
    page, table = opened(), "run-leaderboard-test"
    page.locator(f"#{table} thead").get_by_role("button", name="Row").focus()
    page.keyboard.press("Enter")
    rows = [row.split("\n")[0] for row in column(page, table, "Row")[:-1]]
    assert rows == sorted(rows)


def test_the_long_table_shows_the_test_part_until_another_is_chosen(opened):
    page, table = opened(), "run-per-finding"
    assert set(column(page, table, "Part")) == {"test"}
    page.get_by_role("combobox", name="Part").select_option("valid")
    page.get_by_role("combobox", name="Row").select_option("cnn6")
    page.get_by_label("Search").fill("hernia")
    assert column(page, table, "Finding") == ["Hernia"]
    assert column(page, table, "Part") == ["valid"]
    assert page.locator("output").inner_text() == "1 of 336 lines"


def test_the_part_is_switched_without_a_script(opened):
    page = opened(java_script_enabled=False)
    assert page.locator("#run-leaderboard-test").is_visible()
    page.get_by_text("train", exact=True).first.click()
    assert page.locator("#run-leaderboard-train").is_visible()
    assert page.locator("#run-leaderboard-test").is_hidden()


def test_without_a_script_everything_is_there_and_nothing_idle(opened):
    page = opened(java_script_enabled=False)
    assert page.locator("#run-per-finding tbody tr:visible").count() == 336
    assert page.locator("button:visible, select:visible").count() == 0


def test_the_matrix_switches_its_metric_from_the_keyboard(opened):
    page = opened()
    page.get_by_role("radio", name="AUC").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#run-ap-by-finding").is_visible()
    assert page.locator("#run-auc-by-finding").is_hidden()


def test_a_row_is_hidden_in_every_drawing_at_once(opened):
    page = opened()
    assert page.locator("#run-curves svg [data-row='0']").count() == 28
    key = page.get_by_role("group", name="Rows shown").get_by_role("button", name="cnn6")
    key.click()
    assert key.get_attribute("aria-pressed") == "false"
    assert page.locator("svg [data-row='0']:visible").count() == 0
    key.click()
    assert page.locator("svg [data-row='0']:visible").count() > 0


def paper(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_the_theme_follows_the_system_until_it_is_chosen(opened):
    light, dark = opened(color_scheme="light"), opened(color_scheme="dark")
    assert paper(light) != paper(dark)
    light.get_by_role("button", name="Dark theme").click()
    assert paper(light) == paper(dark)
    light.reload()
    assert paper(light) == paper(dark)


def test_drawings_follow_the_theme(opened):
    script = "getComputedStyle(document.querySelector('svg text')).fill"
    assert opened(color_scheme="light").evaluate(script) != opened(color_scheme="dark").evaluate(
        script
    )


def test_print_is_on_white_paper_whatever_the_theme(opened):
    page = opened(color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert paper(page) == "rgb(255, 255, 255)"
    assert page.locator("nav").is_hidden()
    assert page.pdf().startswith(b"%PDF")


@pytest.mark.parametrize("width", [390, 820, 1280])
def test_no_width_makes_the_page_scroll_sideways(opened, width):
    page = opened(viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_hostile_names_are_shown_as_text(opened, little, tmp_path):
    name = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'" + "w" * 300
    little["rows"][0]["name"] = name
    for metric in little["metrics"]:
        metric["row"] = name if metric["row"] == "cnn6" else metric["row"]
    for key in ("curves", "history"):
        little[key][name] = little[key].pop("cnn6")
    little["findings"][0]["label"] = "\u202e" + name
    little["title"] = name
    path = tmp_path / "hostile.html"
    path.write_text(render(little), encoding="utf-8")
    page = opened(path, viewport={"width": 390, "height": 800})
    assert page.locator("h1").inner_text() == name
    assert page.locator("img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_two_fragments_stand_on_one_page_and_leave_it_alone(opened, little, tmp_path):
    path = tmp_path / "notebook.html"
    outer = "<!doctype html><title>notebook</title><p id='outer'>text</p>"
    icon = '<link rel="icon" href="data:,">'
    path.write_text(icon + outer + fragment(little) + fragment(little), encoding="utf-8")
    page = opened(path)
    boards = page.locator("table[id$=leaderboard-test]")
    assert [boards.nth(i).is_visible() for i in range(2)] == [True, True]
    page.get_by_text("valid", exact=True).last.scroll_into_view_if_needed()
    page.locator(".cxrbench").last.get_by_text("train", exact=True).first.click()
    assert [boards.nth(i).is_visible() for i in range(2)] == [True, False]
    margin = page.evaluate("getComputedStyle(document.getElementById('outer')).marginTop")
    assert re.fullmatch(r"1[46]px", margin)
