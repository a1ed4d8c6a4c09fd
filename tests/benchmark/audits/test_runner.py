"""An audit as it is run: two runs on parts of the same sizes, a table, a page, kept and resumed."""

import json
import shutil
from pathlib import Path

import pytest

from benchmark import audit, open_run
from benchmark.audits.run import Audit
from benchmark.cli import main
from benchmark.experiment import Experiment
from benchmark.run_folder import RunFolder
from features.errors import InputError


@pytest.fixture(scope="module")
def audited(tiny_nih, tmp_path_factory) -> Audit:
    """Two floors, audited from the command line."""
    folder = tmp_path_factory.mktemp("audited")
    data = {"source": "nih", "folder": str(tiny_nih), "size": 32}
    content = {"name": "small", "rows": ["cnn6"], "data": data, "evaluation": {"draws": 100}}
    (folder / "small.toml").write_text(Experiment.parse(content, "small").to_toml())
    command = ["audit", str(folder / "small.toml"), "--out", str(folder / "audit"), "--quiet"]
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as end:
        patch.setenv("CXRBENCH_CACHE", str(folder / "cache"))
        main([*command, "--model", "prevalence", "--model", "patient_memory"])
    assert end.value.code == 0
    return open_run(folder / "audit")


def test_an_audit_is_two_runs_with_parts_of_the_same_sizes(audited):
    assert isinstance(audited, Audit)
    patient, image = (audited.runs[name].split for name in ("patient", "image"))
    assert list(patient.index) == list(image.index)
    assert patient["part"].value_counts().equals(image["part"].value_counts())
    assert patient.groupby("patient")["part"].nunique().max() == 1
    assert image.groupby("patient")["part"].nunique().max() > 1
    assert list(audited.metrics["protocol"].unique()) == ["patient", "image"]


def test_its_table_has_the_figures_of_both(audited):
    line = audited.table.set_index(["row", "finding"]).loc[("patient_memory", "Mass")]
    for name, run in audited.runs.items():
        metrics = run.metrics.set_index(["part", "row", "finding"])["auc"]
        assert line[f"auc_{name}"] == pytest.approx(metrics["test", "patient_memory", "Mass"])
        assert line[f"train_auc_{name}"] == pytest.approx(
            metrics["train", "patient_memory", "Mass"]
        )
    assert (audited.leaderboard["auc_patient"] == 0.5).all()


def test_its_page_shows_what_its_folder_holds(audited):
    page = (audited.path / "report.html").read_text("utf-8")
    assert "What leaks" in page and "patient_memory" in page
    assert json.loads(json.dumps(audited.summary, allow_nan=False)) == audited.summary
    assert [line["row"] for line in audited.lines()] == list(audited.leaderboard.index)
    with pytest.raises(InputError, match=r"is an audit: scores belong to a run, such as .*patient"):
        audited.scores("prevalence")


def test_the_image_level_run_says_of_itself_that_it_leaks(audited):
    leaky, patient = audited.runs["image"].summary, audited.runs["patient"].summary
    assert leaky["split"]["kind"] == "image"
    assert any("This split leaks" in banner["text"] for banner in leaky["banners"])
    assert "This split leaks" in leaky["protocol"]["Split"]
    said = [patient[key] for key in ("banners", "protocol", "split")]
    assert "leaks" not in json.dumps(said)


def test_in_a_runs_folder_it_is_a_section_of_that_runs_report(audited, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(audited.path / "patient", folder)
    assert "audit" not in open_run(folder).summary
    shutil.copytree(audited.path, folder / "audit")
    assert open_run(folder).summary["audit"] == audited.summary["audit"]

    said = (folder / "provenance.json").read_text()
    own = open_run(folder).summary["split"]["fingerprint"]
    (folder / "provenance.json").write_text(said.replace(own, "another"))
    assert "audit" not in open_run(folder).summary  # which was of another split


def test_a_row_that_fails_on_one_split_is_named_with_it_and_tried_again(
    small, tmp_path, model_files, counter, capsys
):
    (tmp_path / "small.toml").write_text(small.to_toml())
    source = Path(model_files["broken"])
    whole = "if set(train.patients).isdisjoint(valid.patients): raise"
    source.write_text(source.read_text().replace("raise", whole))
    command = [
        "audit",
        str(tmp_path / "small.toml"),
        "--model",
        "broken",
        "--out",
        str(tmp_path / "audit"),
    ]
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


def test_a_run_is_not_overwritten(audited, tmp_path):
    shutil.copytree(audited.path / "patient", tmp_path / "run")
    before = (tmp_path / "run" / "split.csv").read_bytes()
    with pytest.raises(InputError, match=r"run holds a run; audit into .*run.audit$"):
        audit(RunFolder(audited.path).experiment(), out=tmp_path / "run", quiet=True)
    assert (tmp_path / "run" / "split.csv").read_bytes() == before


def test_a_grid_is_refused_before_anything_is_done(small, tmp_path):
    with pytest.raises(InputError, match=r"an audit is of one split"):
        audit(small.replace({"grid.split.seed": [0, 1]}), out=tmp_path / "audit")
    assert not (tmp_path / "audit").exists()
