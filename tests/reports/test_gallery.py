"""Radiographs with heat maps: pictures, and a page that holds all of it."""

import base64
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from reports import gallery, overlays
from reports.page import fragment, render

HOSTILE = "<img src=x onerror=alert(1)>\"' $x$ \u202e" + "w" * 80


def heat_at(row, column):
    heat = np.zeros((256, 256))
    heat[row : row + 64, column : column + 64] = 1
    return heat


def content(image="00000001_000.png"):
    look = {
        "file": "Mass-1.png",
        "image": image,
        "title": f"Mass, {image}",
        "caption": "cnn6: score 0.900",
        "score": 0.9,
        "note": "",
        "pixels": np.full((512, 512), 128, "uint8"),
        "heat": heat_at(0, 0),
        "boxes": [[8, 8, 100, 60]],
        "predicted": [0, 0, 64, 64],
    }
    line = {"map": "cnn6", "part": "test", "finding": "mean", "images": 1, "boxes": 1}
    baseline = {**line, "map": "average box", "pointing": None}
    return {
        "name": f"run {image}",
        "row": {"name": "cnn6", "kind": "deep", "title": "CNN"},
        "part_name": "test part",
        "share": 0.5,
        "layer": "",
        "method": "Grad-CAM",
        "shows": "a map of where in them the evidence lies",
        "note": "",
        "frame": 256,
        "localization": [{"row": "cnn6", "lines": [{**line, "pointing": 1.0}, baseline]}],
        "all_findings": [{"name": "Mass", "label": "Mass"}],
        "findings": [
            {
                "key": "finding-4",
                "title": "Mass",
                "groups": [
                    {
                        "outcome": "true positive",
                        "title": "True positives",
                        "note": "called",
                        "looks": [look],
                    }
                ],
            }
        ],
    }


BOXES = content()["localization"]


def test_a_picture_is_warm_where_the_map_is_and_as_it_was_elsewhere():
    grey = np.full((512, 512), 128, "uint8")
    png = overlays.overlay(grey, heat_at(0, 0), title="Mass, $1", caption="score 0.9")
    picture = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
    warm, cold = picture[60, 40], picture[400, 300]
    assert warm[0] - warm[2] > 60
    assert cold.tolist() == [128, 128, 128]


def test_boxes_are_drawn_where_they_are_said_to_be():
    dark = np.zeros((512, 512), "uint8")
    options = {"title": "", "caption": ""}
    bare = overlays.overlay(dark, np.zeros((256, 256)), **options)
    boxed = overlays.overlay(dark, np.zeros((256, 256)), boxes=[(128, 128, 64, 64)], **options)
    changed = np.argwhere(decoded(bare) != decoded(boxed))
    top, left = changed.min(axis=0)[:2] / (600, 620)
    assert 0.45 < top < 0.51 and 0.42 < left < 0.46


def decoded(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def test_a_map_covers_nothing_where_it_is_zero():
    uri = overlays.heat_uri(heat_at(0, 0))
    image = Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))
    cover = np.asarray(image.convert("RGBA"))[..., 3]
    assert cover[40:, 40:].max() == 0
    assert cover[4, 4] == round(overlays.OPACITY * 255)


def test_every_link_inside_the_page_arrives(astray):
    assert astray(gallery.render(content())) == set()


def test_the_page_holds_its_images_and_asks_for_nothing():
    page = gallery.render(content())
    addresses = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert all(address.startswith(("data:", "#")) for address in addresses)
    assert sum(address.startswith("data:image/") for address in addresses) == 2
    assert 'width="100" height="60"' in page
    assert "average box" in page


def test_names_are_text_on_the_page():
    page = gallery.render(content(HOSTILE))
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_a_gallery_of_nothing_says_so():
    empty = content() | {"findings": [], "localization": []}
    page = gallery.render(empty)
    assert "No radiograph of the test part" in page
    assert "Against the boxes" not in page


def test_pictures_have_the_names_they_were_given():
    told = []
    made = list(gallery.pictures(content(HOSTILE), lambda *step: told.append(step)))
    assert [name for name, _ in made] == ["Mass-1.png"]
    assert made[0][1].startswith(b"\x89PNG")
    assert told == [("drawing", 1, 1)]


@pytest.mark.parametrize("count", [2, 9])
def test_the_ramp_is_a_stylesheets_colours(count):
    stops = overlays.ramp_stops(count)
    assert len(stops) == count
    assert all(re.fullmatch("#[0-9a-f]{6}", stop) for stop in stops)


def test_the_report_shows_what_the_boxes_said_and_leaves_the_section_out_without(little):
    assert "Where the models looked" not in render(little)
    little["localization"] = content()["localization"]
    page = render(little)
    assert "Where the models looked" in page
    assert 'id="run-localization-by-finding"' in page


def looks(*boxed):
    """Looks at radiographs 0, 1, … of falling scores; those of the numbers given have a box."""
    (look,) = content()["findings"][0]["groups"][0]["looks"]
    bare = {"boxes": [], "predicted": None}
    return [
        {**look, "image": f"{at}.png", "score": 0.9 - at / 10} | ({} if at in boxed else bare)
        for at in range(3)
    ]


def groups(**of_outcome):
    return [
        {"outcome": name.replace("_", " "), "title": name, "note": "", "looks": given}
        for name, given in of_outcome.items()
    ]


def test_a_selection_takes_the_highest_score_with_a_box_and_else_the_highest():
    made = groups(true_positive=looks(1, 2), false_positive=looks(), false_negative=looks(0))
    found = {"key": "finding-4", "title": "Mass", "groups": made}
    missed = {"key": "finding-5", "title": "Nodule", "groups": made[2:]}
    selected = gallery.selection(content() | {"findings": [found, missed]})
    assert json.loads(json.dumps(selected)) == selected
    (shown,) = selected["findings"]
    assert [(it["outcome"], it["image"]) for it in shown["looks"]] == [
        ("true positive", "1.png"),
        ("false positive", "0.png"),
    ]


def test_a_selection_of_every_finding_is_small():
    random = np.random.default_rng(0)
    coarse = Image.fromarray(random.integers(0, 255, (16, 16), "uint8"))
    heat = np.asarray(coarse.resize((256, 256))) / 255
    look = looks(0)[0] | {"pixels": np.asarray(coarse.resize((512, 512))), "heat": heat}
    both = groups(true_positive=[look], false_positive=[look])
    findings = [{"key": "", "title": str(at), "groups": both} for at in range(14)]
    assert len(json.dumps(gallery.selection(content() | {"findings": findings}))) < 300_000


def explained(summary, image="00000001_000.png"):
    selected = {
        "row": "cnn6",
        **gallery.selection(content(image)),
        "gallery": "models/gallery.html",
    }
    return summary | {"looks": [selected]}


def test_the_report_shows_the_selection_and_where_the_rest_is(little):
    page = render(explained(little))
    assert page.count('class="view"') == 1
    assert 'width="100" height="60"' in page and "Grad-CAM" in page
    assert 'href="models/gallery.html"' in page
    assert "Against the boxes" not in page  # no row was held against any
    assert "models/gallery.html" not in fragment(explained(little))  # a notebook lies elsewhere
    ids = re.findall(r' id="([^"]*)"', render(explained(little) | {"localization": BOXES}))
    assert len(ids) == len(set(ids))
    assert "Where the models looked" not in render(little | {"looks": []})


def test_names_in_a_selection_are_text(little):
    page = render(explained(little, HOSTILE))
    assert "<img src=x" not in page and "&lt;img src=x" in page


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("kind", ["gallery", "report"])
def test_in_a_browser_maps_and_boxes_can_be_taken_off_without_a_script(
    browser, tmp_path, width, kind, little
):
    made = {"gallery": lambda: gallery.render(content(HOSTILE))}
    made["report"] = lambda: render(explained(little, HOSTILE))
    file = tmp_path / f"{kind}.html"
    file.write_text(made[kind](), encoding="utf-8")
    said = []
    size = {"width": width, "height": 800}
    with browser.new_context(viewport=size, java_script_enabled=False) as context:
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: said.append(request.url[:5]))
        page.goto(file.as_uri())
        page.locator(".view").scroll_into_view_if_needed()
        heat, boxes = page.locator(".view .heat"), page.locator(".view svg")
        assert heat.is_visible() and boxes.is_visible()
        page.locator("label", has_text="Heat map").click()
        assert heat.is_hidden() and boxes.is_visible()
        page.locator("label", has_text="Boxes").click()
        assert boxes.is_hidden()
        assert heat.evaluate("image => image.complete && image.naturalWidth") == 64
    assert set(said) <= {"file:", "data:"}
    with browser.new_context(viewport=size) as context:
        page = context.new_page()
        page.goto(file.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == width
