"""The comparison of runs as Python, the command line and a reader see it."""

import csv
import io
import json

import pytest

from benchmark import compare_runs
from benchmark.cli import main
from reports.page import render


@pytest.fixture(scope="module")
def folders(study, tmp_path_factory):
    """Two runs that differ in an option, a version, and in the rows that they have finished."""
    folder = tmp_path_factory.mktemp("runs")
    weak, strong = study.scores(0.3), study.scores(4)
    options = {"hog": {"rounds": 20, "size": 64}}
    before = study.write(
        folder / "before",
        {"hog": weak, "floor": weak},
        options=options,
        failed=("cnn6",),
        versions={"xgboost": "2.1", "numpy": "2.0"},
    )
    options = {"hog": {"rounds": 200, "size": 64}}
    after = study.write(
        folder / "after",
        {"hog": strong, "floor": weak, "lbp": weak},
        options=options,
        versions={"xgboost": "3.2", "numpy": "2.0"},
    )
    return [before, after]


@pytest.fixture(scope="module")
def compared(folders):
    return compare_runs(folders)


@pytest.fixture(scope="module")
def page(compared):
    return render(compared.summary)


def test_a_summary_is_plain_json_and_tells_what_is_not_the_same(compared):
    summary = compared.summary
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    runs = summary["runs"]
    assert runs["names"] == ["before", "after"]
    assert runs["options"] == [{"what": "hog.rounds", "values": {"before": "20", "after": "200"}}]
    assert {"what": "xgboost", "values": {"before": "2.1", "after": "3.2"}} in runs["circumstances"]
    assert "numpy" not in [line["what"] for line in runs["circumstances"]]
    assert {row["name"]: row["status"] for row in summary["rows"]} == {
        "hog": "done",
        "floor": "done",
        "cnn6": "failed",
        "lbp": "done in 1 of 2 runs",
    }
    assert {line["what"]: line["values"] for line in runs["rows_apart"]} == {
        "cnn6": {"before": "failed: out of memory", "after": "not in this run"},
        "lbp": {"before": "not in this run", "after": "AUC not evaluated"},
    }


def test_values_are_told_as_an_experiment_writes_them_and_sizes_with_their_unit(study, tmp_path):
    floor = {"floor": study.scores(1)}
    chosen = {"floor": {"views": ["PA"], "weights": None, "shuffle": True}}
    old = study.write(tmp_path / "old", floor, options={"floor": dict.fromkeys(chosen["floor"], 0)})
    new = study.write(tmp_path / "new", floor, options=chosen)
    known = json.loads((new / "provenance.json").read_text())
    known |= {"git": "0a1b2c", "machine": {"memory": 25_276_514_304}}
    (new / "provenance.json").write_text(json.dumps(known))
    runs = compare_runs([old, new]).summary["runs"]
    assert {it["what"]: it["values"]["new"] for it in runs["options"]} == {
        "floor.views": '["PA"]',
        "floor.weights": "none",
        "floor.shuffle": "true",
    }
    assert {it["what"]: tuple(it["values"].values()) for it in runs["circumstances"]} == {
        "commit": ("none", "0a1b2c"),
        "memory": ("none", "25.3 GB"),
    }


def test_the_page_says_in_words_what_has_changed(compared, page):
    hog = compared.table.query("row == 'hog' and metric == 'auc' and finding == 'macro'")
    before, after = hog[["before", "after"]].to_numpy()[0]
    assert f"better <code>hog</code> {before:.3f} → {after:.3f}" in page
    assert "same scores <code>floor</code>" in page
    assert "Set differently: <code>hog.rounds</code> 20 → 200." in page
    assert "On the same 60 test images of 30 patients" in page
    assert "Leaderboard" not in page


def test_a_comparison_shows_itself_in_a_notebook(compared):
    assert "after against before" in compared._repr_html_()


def test_runs_without_a_common_row_are_a_page_that_says_so(study, folders, tmp_path):
    other = study.write(tmp_path / "other", {"densenet121": study.scores(1)})
    text = render(compare_runs([folders[0], other]).summary)
    assert "nothing to compare" in text
    assert "Change by row" not in text
    assert "not in this run" in text


def test_the_command_prints_the_changes_and_writes_the_page_and_its_tables(
    folders, tmp_path, capsys
):
    out = tmp_path / "page.html"
    with pytest.raises(SystemExit) as end:
        main(["report", *map(str, folders), "--out", str(out), "--format", "html,csv"])
    assert end.value.code == 0
    said = capsys.readouterr().out.splitlines()
    assert said[1].split()[:2] == ["hog", "after"]
    assert "same scores" in said[2]
    assert "after against before" in out.read_text()
    table, matrix = (
        tmp_path / "page" / "tables" / f"{name}.csv"
        for name in ("changes-auc", "changes-auc-by-finding")
    )
    assert {str(out), str(table), str(matrix)} <= set(said)
    (hog, floor) = csv.DictReader(io.StringIO(table.read_text()))
    assert (hog["verdict"], floor["same_scores"]) == ("better", "True")


def test_a_machine_without_a_browser_says_so(folders, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("webbrowser.open", lambda address: False)
    page = tmp_path / "page.html"
    with pytest.raises(SystemExit) as end:
        main(["report", *map(str, folders), "--out", str(page), "--open"])
    assert end.value.code == 0
    assert capsys.readouterr().err == f"no browser was found here to open {page} in\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["BEFORE", "--format", "cvs"], "unknown format 'cvs'; did you mean 'csv'?"),
        (["BEFORE", "--out", "x.html"], "--out is for a comparison"),
        (["BEFORE", "/nowhere"], "/nowhere is no run folder"),
        (["BEFORE", "AFTER", "--out", "page"], "--out page is no page: give a file whose name"),
        (["BEFORE", "AFTER", "--out", "BEFORE"], "is no page: give a file whose name"),
    ],
)
def test_bad_input_is_a_line_and_a_status_of_2(folders, arguments, message, capsys):
    places = dict(zip(("BEFORE", "AFTER"), map(str, folders), strict=True))
    given = [places.get(argument, argument) for argument in arguments]
    with pytest.raises(SystemExit) as end:
        main(["report", *given])
    assert end.value.code == 2
    said = capsys.readouterr()
    assert message in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""
