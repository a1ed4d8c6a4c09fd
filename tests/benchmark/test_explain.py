"""A phantom run, explained from end to end."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from benchmark import api
from benchmark.cli import main

OPTIONS = {
    "data.phantom.images": 48,
    "data.phantom.patients": 24,
    "data.phantom.size": 32,
    "models.cnn6.size": 32,
    "models.cnn6.epochs": 1,
    "models.cnn6.batch_size": 16,
    "models.trees": {
        "model": "hog_lbp_xgboost",
        "features": ["hog", "lbp", "row:cnn6"],
        "size": 32,
        "rounds": 5,
    },
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A finished run of a floor, a network, and trees on texture and on the network."""
    home = tmp_path_factory.mktemp("explain")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CXRBENCH_CACHE", str(home / "cache"))
        rows = ["prevalence", "cnn6", "trees"]
        api.run("demo", models=rows, options=OPTIONS, out=home / "run", quiet=True)
        yield home / "run"


@pytest.fixture(scope="module")
def found(folder):
    return api.open_run(folder).explain("cnn6", part="all", top=2, quiet=True)


def test_every_boxed_radiograph_is_held_against_its_boxes_beside_the_baselines(folder, found):
    boxes = pd.read_csv(next(folder.parent.glob("cache/phantom/*/BBox_List_2017.csv")))
    maps = ["cnn6", "centre", "random map", "average box"]
    assert list(found.table["map"].unique()) == maps
    of_findings = found.table[found.table["finding"] != "mean"]
    assert of_findings.groupby("map")["boxes"].sum().to_dict() == dict.fromkeys(maps, len(boxes))
    assert found.judged["image"].nunique() == boxes["Image Index"].nunique()
    assert found.table["containment"].dropna().between(0, 1).all()


def test_only_radiographs_that_are_looked_at_are_decoded(folder, found, tmp_path, monkeypatch):
    (data,) = folder.parent.glob("cache/phantom/*")
    monkeypatch.setenv("CXRBENCH_CACHE", str(tmp_path / "elsewhere"))

    images = found.judged["image"].unique()[:3].tolist()
    api.open_run(folder).explain("cnn6", images=images, part="all", data=data, quiet=True)

    (store,) = (tmp_path / "elsewhere").glob("pixels/*/32.npy")
    assert len(np.load(store)) == 3


def test_a_gallery_of_some_images_leaves_the_whole_one_alone(folder, found):
    before = found.gallery.read_bytes()

    some = api.open_run(folder).explain("cnn6", findings=["Mass"], part="all", quiet=True)

    assert some.gallery == found.gallery.parent / "selected" / "gallery.html"
    assert found.gallery.read_bytes() == before


def test_the_table_is_kept_with_the_row_and_shown_in_the_report(folder, found):
    kept = pd.read_csv(folder / "models" / "cnn6" / "localization.csv")
    assert kept["pointing"].to_numpy() == pytest.approx(found.table["pointing"], nan_ok=True)
    pairs = pd.read_csv(folder / "models" / "cnn6" / "localization_pairs.csv")
    again = pairs[pairs["map"] == "cnn6"].groupby("finding")["pointing"].mean()
    told = kept[(kept["map"] == "cnn6") & (kept["finding"] != "mean")].set_index("finding")
    assert told["pointing"].to_dict() == pytest.approx(again.to_dict())

    summary = api.open_run(folder).summary
    assert [row["row"] for row in summary["localization"]] == ["cnn6"]
    assert "Where the models looked" in (folder / "report.html").read_text()


def test_a_few_of_the_maps_are_kept_with_the_row_and_shown_in_the_report(folder, found):
    (shown,) = api.open_run(folder).summary["looks"]
    called = {(look.finding, look.outcome) for look in found.looks if "positive" in look.outcome}
    kept = [look for finding in shown["findings"] for look in finding["looks"]]
    assert len(kept) == len(called) > 0
    assert (shown["row"], shown["part_name"]) == ("cnn6", "test, valid and train parts")
    assert len(json.dumps(shown)) < 300_000
    page = (folder / "report.html").read_text()
    assert page.count('class="view"') == len(kept)
    assert (folder / shown["gallery"]) == found.gallery
    assert f'href="{shown["gallery"]}"' in page


def test_the_gallery_shows_the_highest_scores_of_each_finding_first(found):
    shown = pd.DataFrame([vars(look) for look in found.looks])
    for (_, outcome), group in shown.groupby(["finding", "outcome"]):
        assert len(group) <= 2
        assert group["score"].is_monotonic_decreasing
        called = (group["score"] >= group["threshold"]).all()
        assert called == (outcome != "false negative")
    missed = shown[shown["outcome"] == "false negative"]
    assert all(len(boxes) for boxes in missed["boxes"])


def test_pictures_and_a_page_of_its_own_are_written(folder, found):
    heatmaps = folder / "models" / "cnn6" / "heatmaps"
    pictures = sorted(heatmaps.glob("*.png"))
    assert found.gallery == heatmaps / "gallery.html"
    assert len(pictures) == len(found.looks) > 0
    assert np.asarray(Image.open(pictures[0])).shape == (600, 620, 4)
    page = found.gallery.read_text()
    assert page.count("<figure>") == len(found.looks)
    assert "http" not in page.replace("http-equiv", "")


def test_named_images_are_all_shown_and_keep_nothing_in_the_run(folder, found, tmp_path):
    before = (folder / "models" / "cnn6" / "localization.csv").read_bytes()
    run = api.open_run(folder)
    image = run.split.index[run.split["part"] == "train"][0]
    options = {"images": [image], "findings": ["mass", "pleural thickening"], "part": "train"}
    some = run.explain("cnn6", **options, layer="conv3", out=tmp_path / "out", quiet=True)
    assert {(look.image, look.finding) for look in some.looks} == {
        (image, "Mass"),
        (image, "Pleural_Thickening"),
    }
    assert {look.map.shape for look in some.looks} == {(8, 8)}
    assert sorted(file.suffix for file in (tmp_path / "out").iterdir()) == [
        ".html",
        ".json",
        ".png",
        ".png",
    ]
    assert (folder / "models" / "cnn6" / "localization.csv").read_bytes() == before


@pytest.mark.parametrize("method", ["", "shap"])
def test_trees_are_held_against_the_same_boxes_as_a_network(folder, found, tmp_path, method):
    options = {"findings": ["Mass"], "part": "all", "out": tmp_path, "quiet": True}
    trees = api.open_run(folder).explain("trees", method=method, **options)

    maps = np.array([look.map for look in trees.looks])
    assert maps.shape[1:] == (8, 8) and maps.any()
    assert (maps == maps[0]).all() == (method == "")  # gain is one map for all radiographs
    assert set(trees.table["method"]) == {method or "gain"}
    baselines = [
        looked.judged.query("finding == 'Mass' and map in ['centre', 'average box']")
        for looked in (trees, found)
    ]
    assert len(baselines[0])
    pd.testing.assert_frame_equal(*(table.reset_index(drop=True) for table in baselines))


def test_what_the_maps_of_trees_show_and_leave_out_is_told(folder, tmp_path, capsys):
    options = ["--part", "all", "--top", "1", "--finding", "Mass", "--out", str(tmp_path)]
    with pytest.raises(SystemExit):
        main(["explain", str(folder), "trees", *options, "--quiet"])
    said = capsys.readouterr().out
    assert "of its trees' gain, averaged over the findings, has no place" in said
    page = (tmp_path / "gallery.html").read_text()
    assert "texture lies that the finding&#39;s trees split on, the same for all" in page
    assert "has no place in the image (row:cnn6)." in page
    assert "Grad-CAM" not in page


def test_an_earlier_gallery_makes_room_and_nothing_else_does(folder, found, tmp_path):
    (tmp_path / "mine.png").write_bytes(b"mine")
    run = api.open_run(folder)
    names = []
    for image in run.split.index[:2]:
        run.explain("cnn6", images=[image], findings=["Mass"], part="all", out=tmp_path, quiet=True)
        names.append({file.name for file in tmp_path.glob("*.png")})
    assert [len(name) for name in names] == [2, 2]
    assert names[0] & names[1] == {"mine.png"}


def test_the_command_prints_the_table_and_where_the_gallery_is(folder, found, capsys):
    with pytest.raises(SystemExit) as end:
        main(["explain", str(folder), "cnn6", "--part", "all", "--top", "0", "--quiet", "--json"])
    assert end.value.code == 0
    said = json.loads(capsys.readouterr().out)
    assert said["gallery"].endswith("gallery.html")
    assert {"map", "finding", "hit_0.1", "pointing"} <= set(said["localization"][0])

    with pytest.raises(SystemExit):
        main(["explain", str(folder), "cnn6", "--part", "all", "--top", "0", "--quiet"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:2] == ["finding", "map"]
    assert lines[-2].startswith("test, valid and train parts")
    assert lines[-1].startswith("gallery: ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["/nowhere", "cnn6"], "/nowhere is no run folder"),
        (["RUN", "cnn7"], "unknown row 'cnn7'"),
        (["RUN", "prevalence"], "rows of RUN that have them: cnn6, trees"),
        (["RUN", "prevalence"], "prevalence has no heat maps: its model does not say where"),
        (
            ["RUN", "cnn6", "--finding", "Mas"],
            "unknown finding 'Mas' in cnn6; did you mean 'Mass'?",
        ),
        (["RUN", "cnn6", "--images", "00000001_00.png", "--part", "all"], "did you mean '00000001"),
        (["RUN", "cnn6", "--layer", "conv33"], "unknown layer 'conv33' in cnn6; did you mean"),
        (["RUN", "cnn6", "--method", "gradcam"], "did you mean 'grad-cam'?"),
        (
            ["RUN", "trees", "--method", "hirescam"],
            "'hirescam' in hog_lbp_xgboost. Available: gain",
        ),
        (["RUN", "trees", "--layer", "conv3"], "hog_lbp_xgboost is no network: it has no layer"),
        (["RUN", "cnn6", "--part", "tset"], "unknown part 'tset'; did you mean 'test'?"),
        (["RUN", "cnn6", "--share", "1.5"], "share = 1.5"),
        (["RUN", "cnn6", "--data", "/nowhere"], "/nowhere"),
    ],
)
def test_what_cannot_be_explained_is_said_in_a_line(folder, arguments, message, capsys):
    given = [str(folder) if word == "RUN" else word for word in arguments]
    with pytest.raises(SystemExit) as end:
        main(["explain", *given, "--quiet"])
    said = capsys.readouterr()
    assert end.value.code == 2
    assert message.replace("RUN", str(folder)) in said.err
    assert len(said.err.strip().splitlines()) == 1


def test_a_row_that_is_not_finished_says_how_it_stands(folder, tmp_path, capsys):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    status = {"state": "failed", "reason": "no such luck"}
    (copy / "models" / "cnn6" / "status.json").write_text(json.dumps(status))
    with pytest.raises(SystemExit) as end:
        main(["explain", str(copy), "cnn6"])
    assert end.value.code == 2
    assert "cnn6 of" in (err := capsys.readouterr().err) and "is failed: no such luck" in err


def test_a_row_whose_lower_row_is_not_finished_names_it(folder, tmp_path, capsys):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    (copy / "models" / "cnn6" / "status.json").write_text('{"state": "running"}')
    with pytest.raises(SystemExit) as end:
        main(["explain", str(copy), "trees"])
    assert end.value.code == 2
    assert "cannot be loaded: it builds on cnn6, which is not finished" in capsys.readouterr().err


def test_a_row_that_is_fitted_again_forgets_what_its_boxes_said(folder, found, tmp_path):
    import shutil

    from benchmark.run_folder import RunFolder

    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    run = RunFolder(copy)
    assert len(run.row("cnn6").localization())
    run.open_row("cnn6", "another fingerprint")
    assert run.row("cnn6").localization().empty


def test_a_row_on_a_network_that_was_fitted_again_is_not_explained(folder, tmp_path, capsys):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    below = api.open_run(copy)._run.row("cnn6")
    scores = below.scores() * 0.5  # as another fit of the same fingerprint might have them
    below.write_scores(scores.index.to_numpy(), list(scores), scores.to_numpy())
    with pytest.raises(SystemExit) as end:
        main(["explain", str(copy), "trees", "--quiet"])
    assert end.value.code == 2
    assert "was fitted on rows that have been fitted again" in capsys.readouterr().err
