"""Predictions made elsewhere become an ordinary run folder, with the same tables and report."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

import benchmark
from benchmark.api import Run
from benchmark.cli import main
from benchmark.console import Console
from benchmark.csv_files import read_csv
from benchmark.printing import show_leaderboard
from benchmark.rows import rows_of
from benchmark.run_folder import RunFolder
from benchmark.scoring import score, score_into
from features.errors import InputError
from features.findings import FINDINGS

FAST = {"evaluation.draws": 100}


@pytest.fixture(scope="module")
def tables(tiny_nih, tmp_path_factory):
    """A folder with the label table and NIH's lists of 120 images, and no image."""
    folder = tmp_path_factory.mktemp("tables")
    shutil.copy(tiny_nih / "Data_Entry_2017.csv", folder)
    images = pd.read_csv(folder / "Data_Entry_2017.csv")["Image Index"]
    (folder / "train_val_list.txt").write_text("\n".join(images[:60]))
    (folder / "test_list.txt").write_text("\n".join(images[60:]))
    return folder


@pytest.fixture(scope="module")
def truth(tables):
    """The labels of the 120 images."""
    table = pd.read_csv(tables / "Data_Entry_2017.csv").set_index("Image Index")
    flags = {f: table["Finding Labels"].str.contains(f).astype(float) for f in FINDINGS}
    return pd.DataFrame(flags).rename_axis("image")


@pytest.fixture(scope="module")
def predict(truth, tmp_path_factory):
    """Write simulated scores of all images, or of some."""

    def predict(name, seed=0, images=slice(None), change=lambda table: table):
        noise = np.random.default_rng(seed).random(truth.shape)
        scores = (0.3 * truth + 0.7 * noise).iloc[images].add_prefix("prob_")
        file = tmp_path_factory.mktemp("scores") / name
        change(scores).to_csv(file)
        return file

    return predict


@pytest.fixture(scope="module")
def scored(tables, predict, tmp_path_factory):
    """A run of two files, one of them with a hostile name; its images are the test part."""
    files = [predict("team7.csv"), predict("<img src=x onerror=alert(1)>.csv", seed=1)]
    return score(*files, data=tables, out=tmp_path_factory.mktemp("run"), quiet=True, options=FAST)


@pytest.fixture
def run(tables, tmp_path):
    """Score files into the folder `run`, without a report."""

    def run(*files, **options):
        given = {"data": tables, "options": FAST, "console": Console(quiet=True)}
        return Run(score_into(tmp_path / "run", files, **given | options).path)

    return run


@pytest.fixture
def split_file(truth, tmp_path):
    """Write a file that says the part, or the fold, of every image."""

    def write(parts, column="part"):
        table = pd.DataFrame({"image": truth.index[: len(parts)], column: parts})
        table.to_csv(tmp_path / "split.csv", index=False)
        return tmp_path / "split.csv"

    return write


def test_without_a_split_the_files_images_are_test_and_no_image_is_needed(scored, truth):
    assert set(scored.split["part"]) == {"test"}
    assert len(scored.truth) == 120
    mass = scored.metrics.set_index(["row", "finding"]).loc[("team7", "Mass")]
    scores = scored.scores("team7")["Mass"]
    assert mass["auc"] == pytest.approx(roc_auc_score(truth["Mass"], scores[truth.index]))
    assert mass["auc_low"] < mass["auc"] < mass["auc_high"]


def test_it_leaves_the_folder_that_a_run_leaves(scored):
    for name in ("experiment.toml", "provenance.json", "split.csv", "truth.csv", "report.html"):
        assert (scored.path / name).is_file()
    row = scored.path / "models" / "team7"
    assert (row / "scores.csv").is_file()
    status = json.loads((row / "status.json").read_text())
    assert (status["state"], status["card"]["kind"]) == ("done", "predictions")
    assert status["card"]["columns"]["Mass"] == "prob_Mass"


def test_scores_are_kept_to_the_last_bit(run, predict):
    file = predict("a.csv")
    given = read_csv(file, index_col="image")
    assert np.array_equal(run(file).scores("a").to_numpy(), given.to_numpy())


def test_thresholds_are_cross_fitted_and_everything_says_so(scored):
    assert set(scored.metrics.query("finding == 'Mass'")["rule"]) == {"f1, cross-fitted"}
    assert set(scored.split["half"]) == {1, 2}
    assert len(pd.read_csv(scored.path / "evaluation" / "halves.csv")) == 2 * 2 * 14
    page = (scored.path / "report.html").read_text()
    assert "cross-fitted over halves of the patients" in page
    assert "chosen on the valid part" not in page
    assert scored.summary["protocol"]["Thresholds"].startswith("No valid part is scored")


def test_a_rule_that_reads_no_label_needs_no_halves(run, predict):
    made = run(predict("a.csv"), options=FAST | {"evaluation.threshold": "fixed=0.4"})
    assert "half" not in made.split
    mass = made.metrics.set_index("finding").loc["Mass"]
    assert (mass["rule"], mass["threshold"]) == ("fixed=0.4", 0.4)
    assert mass["tp"] + mass["fp"] == (made.scores("a")["Mass"] >= 0.4).sum()


def test_cross_fitting_is_no_reason_for_a_remark_on_thresholds(scored):
    asked = scored.metrics.query("rule == 'f1, cross-fitted'")
    assert set(asked["note"]) == {""}
    page = (scored.path / "report.html").read_text()
    assert "On each half" in page


def test_the_report_speaks_of_no_part_that_is_empty(scored):
    assert [part["part"] for part in scored.summary["data"]["parts"]] == ["test"]
    assert set(scored.metrics["part"]) == {"test"}
    page = (scored.path / "report.html").read_text()
    assert "Train</th>" not in page
    assert "Image size" not in page
    assert "Balance of the split" not in page


def test_a_hostile_file_name_is_a_name_in_the_report_and_nothing_else(scored):
    page = (scored.path / "report.html").read_text()
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_a_split_with_valid_chooses_there(run, predict, split_file):
    file = split_file(np.repeat(["train", "valid", "test"], [60, 20, 40]))
    made = run(predict("a.csv"), split=file, options=FAST | {"evaluation.min_positives": 2})
    assert made.split["part"].value_counts().to_dict() == {"train": 60, "test": 40, "valid": 20}
    assert "half" not in made.split
    assert set(made.metrics.query("finding == 'Mass'")["rule"]) == {"f1"}
    assert not (made.path / "evaluation" / "halves.csv").exists()
    assert made.summary["split"]["description"] == "as split.csv says"


def test_a_part_that_a_file_does_not_score_is_left_out_and_said(run, predict, split_file):
    file = split_file(np.repeat(["train", "valid", "test"], [60, 20, 40]))
    whole, test_alone = predict("a.csv"), predict("b.csv", images=slice(80, None))
    made = run(whole, test_alone, split=file)
    assert set(made.split["part"]) == {"test"}
    assert "valid is left out: b has no score of it" in made.summary["data"]["warnings"]
    assert "fingerprint" in made.summary["split"]["description"]


def test_official_lists_name_no_valid_part_and_none_is_drawn(run, predict):
    made = run(predict("a.csv"), split="official")
    assert made.split["part"].value_counts().to_dict() == {"train": 60, "test": 60}
    assert made.summary["split"]["kind"] == "official"
    assert made.summary["crossfitted"]
    alone = run(predict("b.csv", images=slice(60, None)), split="official")
    assert set(alone.split["part"]) == {"test"}


def test_folds_are_parts(run, predict, split_file):
    file = split_file(np.repeat([0, 1, 2], 40), column="fold")
    made = run(predict("a.csv"), split=file, options=FAST | {"split.fold": 2})
    assert made.split["part"].value_counts().to_dict() == {"train": 80, "test": 40}
    with pytest.raises(InputError, match=r"split\.fold = 7: the folds of .* are 0, 1, 2"):
        run(predict("a.csv"), split=file, options={"split.fold": 7})


def test_a_split_that_tears_a_patient_is_refused(run, predict, split_file):
    file = split_file(np.tile(["train", "test"], 60))
    with pytest.raises(InputError, match=r"60 patients .* two sides"):
        run(predict("a.csv"), split=file)


def test_files_that_differ_are_refused_and_common_takes_what_they_share(run, predict):
    whole, part = predict("a.csv"), predict("b.csv", seed=1, images=slice(0, 117))
    with pytest.raises(InputError, match=r"of 120 test images b lacks 3 images \(.*--common"):
        run(whole, part)
    made = run(whole, part, common=True)
    assert len(made.truth) == 117
    assert any("b lacks 3 images" in line for line in made.summary["data"]["warnings"])


def test_images_that_the_table_lacks_are_named_with_their_lines(run, predict):
    def stranger(table):
        return table.rename(index={"00000003_001.png": "x/99999999_000.png"})

    file = predict("a.csv", change=stranger)
    with pytest.raises(InputError, match=r"a has 1 image .* label table: line 7 \(x/99999999_000"):
        run(file)
    assert len(run(file, common=True).truth) == 119


def test_images_that_the_split_lacks_are_named(run, predict, split_file):
    file = split_file(["test"] * 118)
    with pytest.raises(InputError, match=r"2 images that are not in the split: line 120"):
        run(predict("a.csv"), split=file)


def test_nothing_in_common_is_one_line(run, predict):
    with pytest.raises(InputError, match="no image of test is in all files"):
        run(
            *(predict("a.csv", images=slice(0, 60)), predict("b.csv", images=slice(60, None))),
            common=True,
        )


def test_fifteen_labels_only_where_all_files_have_them(run, predict):
    fifteen = predict("a.csv", change=lambda table: table.assign(no_finding=0.3))
    assert "No Finding" in run(fifteen).truth
    both = run(fifteen, predict("b.csv"))
    assert "No Finding" not in both.truth
    notes = {row["name"]: row["notes"] for row in both.summary["rows"]}
    assert "left out No Finding: not all files have it" in notes["a"]


def test_a_run_is_evaluated_again_from_its_files_with_the_same_figures(run, predict):
    made = run(predict("a.csv"))
    before = made.metrics
    benchmark.open_run(made.path).evaluate()
    assert made.metrics.equals(before)


def test_scoring_again_into_the_folder_replaces_what_was_judged(run, predict):
    run(predict("a.csv"))
    made = run(predict("a.csv", seed=1, images=slice(0, 100)))
    assert len(made.truth) == len(made.scores("a")) == 100


def test_a_run_of_models_is_not_overwritten(run, predict, small, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "experiment.toml").write_text(small.to_toml())
    with pytest.raises(InputError, match="holds a run of models"):
        run(predict("a.csv"))


def test_running_it_as_an_experiment_is_one_clear_line(run, predict):
    made = run(predict("a.csv"))
    with pytest.raises(InputError, match=r"predictions made elsewhere \(a\): there is no model"):
        rows_of(RunFolder(made.path).experiment())
    written = (made.path / "experiment.toml").read_text()
    assert "training" not in written
    assert "epochs" not in written


def test_options_that_would_do_nothing_are_refused(run, predict):
    with pytest.raises(InputError, match=r"--set training\.seed: score knows evaluation"):
        run(predict("a.csv"), options={"training.seed": 1})
    with pytest.raises(InputError, match="did you mean 'draws'"):
        run(predict("a.csv"), options={"evaluation.drwas": 1})


def test_a_second_label_file_judges_predictions_too(run, predict, truth, tmp_path):
    truth[["Mass", "Edema"]].iloc[:90].astype(int).to_csv(tmp_path / "panel.csv")
    options = FAST | {"evaluation.labels": str(tmp_path / "panel.csv")}
    made = run(predict("a.csv"), options=options)
    lines = made.summary["tables"]["second_labels"]
    assert {line["n"] for line in lines} == {90}
    assert {line["finding"] for line in lines} == {"Mass", "Edema", "macro"}
    answers = {it["number"]: it["answer"] for it in made.summary["checklists"][0]["items"]}
    assert answers["17"] == "Labels of panel.csv beside the data set's own."
    assert answers["20"] == answers["26"] == answers["32"] == ""  # of fits nothing is known

    assert run(predict("a.csv")).summary["tables"]["second_labels"] == []


def test_one_patient_has_no_thresholds_but_no_traceback_either(run, predict):
    made = run(predict("a.csv", images=slice(0, 2)))
    assert made.metrics["threshold"].isna().all()


def test_the_command_prints_a_leaderboard_for_programs(predict, tables, tmp_path, capsys):
    files = [str(predict("a.csv")), f"net={predict('b.csv', seed=1)}"]
    draws = ["--set", "evaluation.draws=100", "--out", str(tmp_path / "run"), "--quiet"]
    with pytest.raises(SystemExit) as end:
        main(["score", *files, "--data", str(tables), *draws, "--json"])
    assert end.value.code == 0
    said = json.loads(capsys.readouterr().out)
    assert {line["row"] for line in said["leaderboard"]} == {"a", "net"}


def test_the_leaderboard_has_no_seconds_where_nothing_was_fitted(scored, capsys):
    show_leaderboard(scored, as_json=False)
    told = capsys.readouterr().out
    assert "team7" in told
    assert "seconds" not in told


def test_the_command_refuses_both_scales(predict, tables, capsys):
    files = [str(predict("a.csv")), "--data", str(tables)]
    with pytest.raises(SystemExit) as end:
        main(["score", *files, "--logits", "--probabilities"])
    assert end.value.code == 2
    assert "exclude each other" in capsys.readouterr().err


def test_the_official_test_list_of_chest_xray14(nih, tmp_path, own_cache):
    listed = (nih / "test_list.txt").read_text().split()
    random = np.random.default_rng(0)
    table = pd.DataFrame(random.random((len(listed), 14)).round(4), listed, list(FINDINGS))
    table.to_csv(tmp_path / "a.csv", index_label="Image Index")
    made = score(
        tmp_path / "a.csv",
        data=nih,
        split="official",
        out=tmp_path / "run",
        options={"evaluation.draws": 100},
        quiet=True,
    )
    test = made.metrics.set_index("finding")
    assert test.loc["Infiltration", "n"] == 25_596
    assert made.summary["data"]["patients"] == 2_797
    assert test.loc["macro", "auc"] == pytest.approx(0.5, abs=0.03)
    assert (made.path / "report.html").stat().st_size < 3e6
