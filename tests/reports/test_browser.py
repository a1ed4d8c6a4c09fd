"""The page in a real browser: nothing fails, nothing is fetched, and what can be pressed works."""

import re
from urllib.parse import parse_qs, quote

import pytest

from reports.page import fragment, render

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")


@pytest.fixture(scope="module")
def file(simulated, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(simulated), encoding="utf-8")
    return path


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
    assert (
        page.locator("button:visible, select:visible, input:not([type=radio]):visible").count() == 0
    )


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
    assert page.locator("[data-row='0']:visible").count() == 0
    key.click()
    assert page.locator("#run-curves svg [data-row='0']:visible").count() == 28


def choose(page, *names):
    """Press the boxes of `names` in the chooser, with the keyboard alone."""
    page.get_by_role("button", name="Rows and findings").focus()
    page.keyboard.press("Enter")
    for name in names:
        page.locator("[data-chooser]").get_by_role("checkbox", name=name, exact=True).focus()
        page.keyboard.press("Space")
    page.keyboard.press("Escape")


def until(page, script):
    """Wait until `script` is true; the page's policy forbids Playwright to do so by itself."""
    for _ in range(100):
        if page.evaluate(script):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never true: {script}")


def kept(page, key):
    """Wait until the address holds `key`, and return what it says."""
    until(page, f"location.hash.includes('{key}=')")
    return parse_qs(page.evaluate("location.hash").partition("?")[2])[key]


def test_rows_and_findings_are_chosen_for_the_whole_page(opened):
    page = opened()
    choose(page, "hog_lbp_xgboost", "Mass")
    told = page.get_by_role("button", name="Rows and findings")
    assert "7 of 8 rows, 13 of 14 findings" in told.inner_text()
    assert "hog_lbp_xgboost" not in " ".join(column(page, "run-leaderboard-test", "Row"))
    assert "Mass" not in column(page, "run-auc-by-finding", "Finding")
    matrix = page.locator("#run-auc-by-finding tbody tr").first.locator("td:visible")
    assert matrix.count() == 1 + 6  # positives, and the rows that finished but for the one hidden
    assert page.locator("output").inner_text() == "90 of 336 lines"
    titles = page.locator("#run-curves figure:visible figcaption bdi").all_inner_texts()
    assert len(titles) == 2 * 13
    assert "Mass" not in titles
    assert page.locator("[data-row='4']:visible, [data-finding='4']:visible").count() == 0


def test_what_is_chosen_stands_in_the_address_and_outlives_a_reload(opened):
    page, table = opened(), "run-leaderboard-test"
    choose(page, "cnn6")
    press(page, table, "Time")
    page.get_by_role("combobox", name="Part").select_option("valid")
    page.get_by_role("radio", name="F1").check()
    assert kept(page, "hide") == ["cnn6"]
    assert kept(page, "pane.run-metric") == ["4"]
    order = column(page, table, "Row")
    page.reload()
    assert column(page, table, "Row") == order
    assert set(column(page, "run-per-finding", "Part")) == {"valid"}
    assert page.locator("#run-f1-by-finding").is_visible()
    assert page.locator("[data-row='0']:visible").count() == 0


def test_going_back_undoes_no_choice(opened):
    page = opened()
    page.get_by_role("link", name="Curves").click()
    choose(page, "cnn6")
    kept(page, "hide")
    page.get_by_role("link", name="Data", exact=True).click()
    assert kept(page, "hide") == ["cnn6"]
    page.go_back()
    assert page.evaluate("location.hash").startswith("#run-curves?")
    assert kept(page, "hide") == ["cnn6"]
    assert page.locator("[data-row='0']:visible").count() == 0


def test_an_address_that_was_sent_brings_its_choice_and_what_is_unknown_is_ignored(opened):
    sent = "#run-curves?hide=cnn6&hide=nobody&without=Mass&sort.run-leaderboard-test=99.up"
    sent += "&sort.run-costs=length.ascending&pane.run-metric=length"
    page = opened(chosen=sent + "&show.run-per-finding.1=" + quote("<no such row>"))
    assert "7 of 8 rows, 13 of 14" in page.locator("[data-chosen]").inner_text()
    assert (
        page.locator("#run-curves").evaluate("it => Math.abs(it.getBoundingClientRect().top)") < 99
    )
    assert set(column(page, "run-per-finding", "Part")) == {"test"}


def settled(page, part):
    """Scroll to a part of the page, and return its box once nothing moves: that hides the tip."""
    part.scroll_into_view_if_needed()
    before, box = None, part.bounding_box()
    while box != before:
        page.wait_for_timeout(100)
        before, box = box, part.bounding_box()
    return box


def tip(page):
    return page.locator(".tip").inner_text().split("\n")


def test_the_point_of_a_curve_next_to_the_pointer_is_told_with_its_threshold(opened, simulated):
    page = opened()
    drawing = page.locator("#run-curves svg[aria-label='ROC curves, Mass']")
    curve = simulated["curves"]["cnn6"]["Mass"]["roc"]
    place = next(k for k, rate in enumerate(curve["tpr"]) if rate > 0.5)
    page.get_by_role("button", name="Rows and findings").click()
    for row in simulated["rows"][1:]:
        page.get_by_role("checkbox", name=row["name"], exact=True).uncheck()
    page.keyboard.press("Escape")
    box = settled(page, drawing)
    left, right, top, bottom = 0.18, 0.97, 0.04, 0.83  # where the axes lie in the drawing
    x = left + curve["fpr"][place] * (right - left)
    y = bottom - curve["tpr"][place] * (bottom - top)
    # Held to the drawing, which moves as the sections above it are laid out.
    drawing.hover(position={"x": x * box["width"], "y": y * box["height"]})
    row, recall, rate, threshold = tip(page)
    assert row.startswith("cnn6: AUC 0.")
    assert float(recall.removeprefix("recall ")) == pytest.approx(curve["tpr"][place], abs=0.001)
    assert float(rate.split()[-1]) == pytest.approx(curve["fpr"][place], abs=0.001)
    assert float(threshold.split()[-1]) == pytest.approx(curve["threshold"][place], rel=0.001)


def test_curves_are_read_with_the_arrow_keys(opened, simulated):
    page = opened()
    first = page.locator("#run-curves svg").nth(1)
    page.locator("#run-curves svg[tabindex='0']").first.focus()
    page.keyboard.press("Shift+ArrowRight")
    assert first.evaluate("it => it === document.activeElement")
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    finding = simulated["findings"][0]["name"]
    curve = simulated["curves"]["resnet50_frozen"][finding]["roc"]
    row, recall, *_ = tip(page)
    assert row.startswith("resnet50_frozen: AUC")
    assert float(recall.split()[-1]) == pytest.approx(curve["tpr"][1], abs=0.001)
    page.keyboard.press("Escape")
    assert page.locator(".tip").is_hidden()


def test_a_cell_of_the_matrix_says_what_it_is(opened):
    page = opened()
    cell = page.locator("#run-auc-by-finding tbody tr").first.locator("td").nth(2)
    settled(page, cell)
    cell.hover()
    row = page.locator("#run-auc-by-finding thead th").nth(3).inner_text()
    assert tip(page)[:2] == [f"{row}: {cell.inner_text()}", "Atelectasis"]


def test_of_a_long_table_the_first_lines_are_laid_out_and_the_others_follow(opened):
    page, table = opened(), "#run-per-finding"
    page.get_by_role("combobox", name="Part").select_option("")
    assert page.locator(f"{table} tbody tr").count() == 60
    page.locator(f"{table} + .further").scroll_into_view_if_needed()
    until(page, "document.querySelectorAll('#run-per-finding tbody tr').length > 60")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(f"{table} tbody tr").count() == 336


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(opened, scheme):
    page = opened(color_scheme=scheme)
    page.get_by_role("button", name="Rows and findings").click()
    found = axe.Axe().run(page).response["violations"]
    assert [it["id"] for it in found if it["impact"] in ("serious", "critical")] == []


def test_sections_are_found_on_a_narrow_screen_without_a_script(opened):
    page = opened(java_script_enabled=False, viewport={"width": 360, "height": 800})
    link = page.get_by_role("link", name="Curves")
    assert link.is_hidden()
    page.get_by_role("button", name="Sections").click()
    link.click()
    assert page.locator("#run-curves").evaluate("it => it.getBoundingClientRect().top") < 200


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
    assert page.locator(".side").is_hidden()
    assert page.pdf().startswith(b"%PDF")


@pytest.mark.parametrize("width", [360, 820, 1280])
def test_no_width_makes_the_page_scroll_sideways(opened, width):
    page = opened(viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("table", ["run-leaderboard-test", "run-costs"])
def test_names_of_rows_stay_whole_on_a_narrow_screen(opened, table):
    page = opened(viewport={"width": 360, "height": 800})
    heights = page.locator(f"#{table} tbody th bdi").evaluate_all(
        "names => names.map(it => it.getBoundingClientRect().height)"
    )
    assert max(heights) < 30  # one line


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
    page = opened(path, viewport={"width": 360, "height": 800})
    assert page.locator("h1").inner_text() == name
    choose(page, name)
    assert kept(page, "hide") == [name]
    assert page.locator("img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_two_fragments_stand_on_one_page_and_leave_it_alone(opened, little, tmp_path):
    path = tmp_path / "notebook.html"
    outer = "<!doctype html><title>notebook</title><p id='outer'>text</p>"
    icon = '<link rel="icon" href="data:,">'
    path.write_text(icon + outer + fragment(little) + fragment(little), encoding="utf-8")
    page = opened(path)
    boards = page.locator("table[id$=leaderboard-test]")
    assert [boards.nth(i).is_visible() for i in range(2)] == [True, True]
    # A cell that is run again goes, and comes back below the other.
    page.evaluate("document.querySelector('.cxrbench').remove()")
    script = """(text) => {
        const cell = document.createRange().createContextualFragment(text);
        document.body.append(cell);
    }"""
    page.evaluate(script, fragment(little))
    page.locator(".cxrbench").last.locator("[data-chooser-button]").click()
    page.get_by_role("checkbox", name="cnn6", exact=True).uncheck()
    page.keyboard.press("Escape")
    shown = [boards.nth(i).locator("tbody [data-row='0'], tr[data-row='0']") for i in range(2)]
    assert [it.first.is_visible() for it in shown] == [True, False]
    page.get_by_text("valid", exact=True).last.scroll_into_view_if_needed()
    page.locator(".cxrbench").last.get_by_text("train", exact=True).first.click()
    assert [boards.nth(i).is_visible() for i in range(2)] == [True, False]
    margin = page.evaluate("getComputedStyle(document.getElementById('outer')).marginTop")
    assert re.fullmatch(r"1[46]px", margin)
