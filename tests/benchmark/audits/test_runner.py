"""An audit as it is run: two runs on parts of the same sizes, a table, a page, kept and resumed."""

import json
from pathlib import Path

import pytest

from benchmark import audit, open_run, run
from benchmark.audits.run import Audit
from benchmark.cli import main
from features.errors import InputError


@pytest.fixture
def file(small, tmp_path, counter):
    """The small experiment as a file, so that any of its models can be audited alone."""
    counters = {f"models.{name}.counter": str(counter) for name in small.models}
    path = tmp_path / "small.toml"
    path.write_text(small.replace({"training": {}, "evaluation.draws": 100} | counters).to_toml())
    return path


def test_an_audit_is_two_runs_a_table_and_a_page(file, tmp_path, capsys):
    out = tmp_path / "audit"
    command = ["audit", str(file), "--model", "corner", "--model", "patient_memory"]
    with pytest.raises(SystemExit) as end:
        main([*command, "--out", str(out), "--json", "--quiet"])
    assert end.value.code == 0
    found = open_run(out)
    assert isinstance(found, Audit)
    assert json.loads(capsys.readouterr().out)["audit"] == found.records()

    splits = {name: run.split for name, run in found.runs.items()}
    assert list(splits) == ["patient", "image"]
    patient, image = splits.values()
    assert list(patient.index) == list(image.index)
    assert patient["part"].value_counts().equals(image["part"].value_counts())
    assert patient.groupby("patient")["part"].nunique().max() == 1
    assert image.groupby("patient")["part"].nunique().max() > 1

    table = found.table.set_index(["row", "finding"])
    for name, its in found.runs.items():
        auc = its.metrics.query("part == 'test' and finding == 'Mass'").set_index("row")["auc"]
        assert table.loc[("corner", "Mass"), f"auc_{name}"] == pytest.approx(auc["corner"])
    assert table.loc[("patient_memory", "macro"), "auc_patient"] == 0.5
    assert list(found.leaderboard.index) == ["corner", "patient_memory"]
    assert list(found.metrics["protocol"].unique()) == ["patient", "image"]
    assert json.loads(json.dumps(found.summary, allow_nan=False)) == found.summary
    page = (out / "report.html").read_text("utf-8")
    assert "What leaks" in page and "patient_memory" in page


def test_an_audit_in_a_runs_folder_is_a_section_of_its_report_and_warns_of_its_own_leak(
    file, tmp_path
):
    folder = tmp_path / "run"
    options = {"models": ["prevalence"], "quiet": True}
    whole = run(file.as_posix(), out=folder, **options).summary
    found = audit(file.as_posix(), out=folder / "audit", **options)
    assert whole["audit"] is None
    assert open_run(folder).summary["audit"] == found.summary["audit"]

    leaky, patient = found.runs["image"].summary, found.runs["patient"].summary
    assert leaky["split"]["kind"] == "image"
    assert any("This split leaks" in banner["text"] for banner in leaky["banners"])
    assert "This split leaks" in leaky["protocol"]["Split"]
    for summary in (patient, whole):
        assert "leaks" not in json.dumps([summary[key] for key in ("banners", "protocol", "split")])
    with pytest.raises(InputError, match=r"is an audit: scores belong to a run, such as .*patient"):
        found.scores("prevalence")

    said = (folder / "provenance.json").read_text()
    (folder / "provenance.json").write_text(said.replace(whole["split"]["fingerprint"], "another"))
    assert open_run(folder).summary["audit"] is None  # which was of another split


def test_a_row_that_fails_on_one_split_is_named_with_it_and_tried_again(
    file, tmp_path, model_files, counter, capsys
):
    source = Path(model_files["broken"])
    whole = "if set(train.patients).isdisjoint(valid.patients): raise"
    source.write_text(source.read_text().replace("raise", whole))
    command = ["audit", str(file), "--model", "broken", "--out", str(tmp_path / "audit")]
    for fitted in (2, 3):  # the one that is finished is kept
        with pytest.raises(SystemExit) as end:
            main(command)
        assert end.value.code == 1
        assert len(counter.read_text().splitlines()) == fitted
    found = open_run(tmp_path / "audit")
    assert found.failed == {"broken (patient)": "RuntimeError: no such luck at all"}
    assert len(found.table) == 0
    assert "done in 1 of 2 splits" in (tmp_path / "audit" / "report.html").read_text("utf-8")
    assert "broken (patient) failed" in capsys.readouterr().out


def test_a_grid_is_refused_before_anything_is_done(small, tmp_path):
    with pytest.raises(InputError, match=r"an audit is of one split"):
        audit(small.replace({"grid.split.seed": [0, 1]}), out=tmp_path / "audit")
    assert not (tmp_path / "audit").exists()
