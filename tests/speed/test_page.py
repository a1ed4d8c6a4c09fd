"""The page of twelve rows in Chromium: when it is seen, and how long a sort takes."""

import shutil
from itertools import combinations

import numpy as np
import pytest

from reports.page import render

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu"]

IMAGES, PATIENTS = 25_596, 2_797
ROWS = [f"row_{number}" for number in range(12)]
FINDINGS = [f"Finding {number}" for number in range(14)]
METRICS = ("auc", "ap", "precision", "recall", "specificity", "f1", "accuracy")

#: Press a heading of the longest table, its lines unfiltered, and wait until it is laid out.
SORT = """() => {
    const tables = [...document.querySelectorAll("[data-filters]")].map(
        (box) => [Number(box.querySelector("output").textContent
            .match(/of ([\\d,]+) lines/)[1].replace(",", "")), box],
    );
    const [lines, box] = tables.sort(([a], [b]) => b - a)[0];
    for (const choice of box.querySelectorAll("select")) choice.value = "";
    box.dispatchEvent(new Event("input", { bubbles: true }));
    const table = document.getElementById(box.dataset.filters);
    table.scrollIntoView();
    const times = [...table.tHead.querySelectorAll("button")].slice(0, 6).map((button) => {
        const begun = performance.now();
        button.click();
        document.body.getBoundingClientRect();
        return performance.now() - begun;
    });
    return [lines, times.sort((a, b) => a - b)[3]];
}"""
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


def estimate(random, key):
    value = random.uniform(0.2, 0.9)
    return {key: value, f"{key}_low": value - 0.02, f"{key}_high": value + 0.02}


def metrics(random):
    for row in ROWS:
        for part in ("train", "valid", "test"):
            for finding in (*FINDINGS, "macro", "micro"):
                line = {"row": row, "part": part, "finding": finding, "n": IMAGES, "positives": 99}
                for key in METRICS:
                    line |= estimate(random, key)
                yield line | {"threshold": random.random(), "tp": 1, "fp": 2, "tn": 3, "fn": 4}


def comparison(random):
    for metric in ("auc", "ap"):
        for finding in (*FINDINGS, "macro", "micro"):
            for row, other in combinations(ROWS, 2):
                given = random.normal(0, 0.02)
                line = {"row": row, "other": other, "metric": metric, "finding": finding}
                line |= {"difference": given, "low": given - 0.02, "high": given + 0.02}
                line |= {"se": 0.01, "p": 0.2, "p_holm": 0.9, "mdd": 0.03}
                yield line | {"within_margin": False, "verdict": "undecided"}


def curve(random):
    level = np.linspace(0, 1, 100)
    high = 1 - (1 - level) ** random.uniform(1, 5)
    cuts = list(level[::-1])
    roc = {"fpr": list(level), "tpr": list(high), "threshold": cuts}
    return {"roc": roc, "pr": {"recall": list(level), "precision": cuts, "threshold": cuts}}


@pytest.fixture(scope="module")
def page():
    random = np.random.default_rng(0)
    parts = [
        {"part": part, "images": IMAGES, "patients": PATIENTS, "positives": {}}
        for part in ("train", "valid", "test")
    ]
    return render(
        {
            "name": "speed",
            "rows": [{"name": row, "status": "done", "kind": "deep"} for row in ROWS],
            "findings": [{"name": name, "label": name} for name in FINDINGS],
            "data": {"source": "nih", "images": IMAGES, "patients": PATIENTS, "parts": parts},
            "metrics": list(metrics(random)),
            "tables": {"comparison": list(comparison(random)), "wins": [], "delong": []},
            "evaluation": {"draws": 1000, "level": 0.95, "margin": 0.02},
            "curves": {row: {name: curve(random) for name in FINDINGS} for row in ROWS},
        }
    )


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_a_long_page_is_seen_in_a_second_and_sorted_in_a_tenth(page, tmp_path, capsys):
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = tmp_path / "report.html"
    path.write_text(page, encoding="utf-8")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS).new_page()
        opened.goto(path.as_uri())
        painted = opened.evaluate(PAINT)
        lines, sorted_in = opened.evaluate(SORT)
    with capsys.disabled():
        size = len(page.encode()) / 1e6
        print(f"\n{size:.1f} MB: seen in {painted:.0f} ms, {lines} lines in {sorted_in:.0f} ms")
    assert size <= 6
    assert painted <= 1000
    assert sorted_in <= 100
