import json
from dataclasses import replace

import numpy as np
import pytest

from features.errors import InputError, WorkError
from features.findings import NO_FINDING
from models import backend
from models.auc import macro_auc
from models.base import Job
from models.keras_model import KerasModel
from models.price import Price
from models.registry import find
from models.training.batches import Batches


class Small(KerasModel):
    """Two convolutions, enough for a square on noise."""

    size = 32
    epochs = 2
    batch_size = 16
    learning_rate = 1e-2
    dropout: float = 0.1

    def network(self, images):
        from keras import layers

        x = layers.Rescaling(1 / 128, offset=-1)(images)
        for filters in (8, 16):
            x = layers.Conv2D(filters, 5, strides=2, activation="relu")(x)
        return layers.Dropout(self.dropout)(layers.GlobalMaxPooling2D()(x))


class Head(KerasModel):
    """A dense layer on four numbers an image, in place of its pixels."""

    def inputs(self, radiographs, progress=None):
        pixels = radiographs.pixels(32)[:].astype("float32")
        flat = pixels.reshape(len(pixels), -1) / 255
        return np.stack([flat.max(1), flat.min(1), flat.mean(1), flat.std(1)], axis=1)

    def network(self, features):
        from keras import layers

        return layers.Dense(8, activation="relu")(features)


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    def make(seed=0, **options):
        return Job(tmp_path_factory.mktemp("job"), seed=seed, **options)

    return make


@pytest.fixture(scope="module")
def parts(spotted):
    return spotted(64, seed=1), spotted(40, seed=2)


@pytest.fixture(scope="module")
def fitted(parts, job):
    """Three epochs, and what was told of them."""
    told = []
    options = {"epochs": 3, "no_finding": True}
    model = Small(**options).fit(*parts, job(progress=lambda *step: told.append(step)))
    return model, told


def test_a_planted_square_is_learnt(parts, spotted, job):
    test = spotted(60, seed=3)

    model = Small(epochs=25, patience=25, reduce_patience=12, monitor="val_auc").fit(*parts, job())

    assert macro_auc(test.labels, model.predict(test.without_truth()), 2) > 0.9


def test_scores_are_probabilities_in_the_order_of_the_findings(fitted, parts):
    model, _ = fitted

    scores = model.predict(parts[1].without_truth())

    assert model.findings == ("Mass", "Emphysema")
    assert scores.shape == (40, 2)
    assert scores.dtype == np.float32
    assert ((scores >= 0) & (scores <= 1)).all()


def test_no_radiographs_have_no_scores(fitted, parts):
    model, _ = fitted

    assert model.predict(parts[1].take(np.arange(0))).shape == (0, 2)


def test_a_saved_model_predicts_the_same(fitted, parts, tmp_path):
    model, _ = fitted

    model.save(tmp_path)
    loaded = Small.load(tmp_path)

    assert np.array_equal(loaded.predict(parts[1]), model.predict(parts[1]))
    assert {file.suffix for file in tmp_path.iterdir()} == {".json", ".h5"}


def test_the_state_of_the_optimiser_is_not_saved(fitted, tmp_path):
    import h5py

    model, _ = fitted
    model.save(tmp_path)
    with h5py.File(tmp_path / "network.weights.h5") as file:
        assert "optimizer" not in file


def test_features_may_go_in_instead_of_pixels(parts, job, tmp_path):
    model = Head(epochs=1, flip=True).fit(*parts, job())

    model.save(tmp_path)

    assert json.loads((tmp_path / "inputs.json").read_text())["shape"] == [4]
    assert np.array_equal(Head.load(tmp_path).predict(parts[1]), model.predict(parts[1]))
    assert model.facts["notes"] == ["flip changed nothing: this row learns from features"]


def test_two_deterministic_trainings_are_the_same(parts, job):
    options = {"deterministic": True, "rotation": 10.0, "flip": True, "brightness": 0.1}

    first = Small(**options).fit(*parts, job())
    second = Small(**options).fit(*parts, job())

    assert np.array_equal(first.predict(parts[1]), second.predict(parts[1]))
    untimed = [[line | {"seconds": 0} for line in model.history] for model in (first, second)]
    assert untimed[0] == untimed[1]


def test_another_seed_gives_another_network(parts, job):
    first = Small(epochs=1).fit(*parts, job(seed=0))
    second = Small(epochs=1).fit(*parts, job(seed=1))

    assert not np.allclose(first.predict(parts[1]), second.predict(parts[1]))


def test_history_has_a_line_an_epoch(fitted):
    model, _ = fitted

    assert [line["epoch"] for line in model.history] == [1, 2, 3]
    figures = {"loss", "accuracy", "val_loss", "val_accuracy", "val_auc"}
    assert set(model.history[0]) == {"epoch", "learning_rate", "seconds"} | figures
    assert all(np.isfinite(list(line.values())).all() for line in model.history)


@pytest.mark.parametrize(("monitor", "best"), [("val_loss", np.argmin), ("val_auc", np.argmax)])
def test_the_monitor_picks_the_best_epoch_and_each_is_reported(parts, job, monitor, best):
    heard = []
    options = {"epochs": 8, "patience": 8, "learning_rate": 0.03, "monitor": monitor}
    model = Small(**options).fit(*parts, job(report=lambda *said: heard.append(said)))

    assert heard == [(line["epoch"], line["val_auc"]) for line in model.history]
    figures = [line[monitor] for line in model.history]
    assert model.facts["best_epoch"] == best(figures) + 1
    auc = macro_auc(parts[1].labels, model.predict(parts[1]), 2)
    assert auc == pytest.approx(model.history[model.facts["best_epoch"] - 1]["val_auc"])


def test_a_training_that_goes_on_reports_the_epochs_that_were_finished_too(parts, job):
    heard = []
    same = job(report=lambda *said: heard.append(said))
    history = Small().fit(*parts, same).history
    Small().fit(*parts, same)

    assert heard == [(line["epoch"], line["val_auc"]) for line in history] * 2


def test_training_stops_when_patience_is_at_its_end(parts, job):
    model = Small(epochs=50, patience=2, learning_rate=1e-9).fit(*parts, job())

    assert len(model.history) == model.facts["best_epoch"] + 2 < 50


def test_without_patience_every_epoch_is_trained_at_one_rate(parts, job):
    options = {"epochs": 4, "patience": 0, "reduce_patience": 0, "learning_rate": 1e-9}
    model = Small(**options).fit(*parts, job())

    assert [line["learning_rate"] for line in model.history] == pytest.approx([1e-9] * 4)


def test_the_learning_rate_is_halved_where_the_figure_stands_still(parts, job):
    options = {"epochs": 4, "patience": 0, "reduce_patience": 1, "learning_rate": 1e-9}
    model = Small(**options).fit(*parts, job())

    rates = [line["learning_rate"] for line in model.history]
    assert rates[0] == pytest.approx(1e-9) and rates[-1] < 0.3e-9


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("learning_rate", float("inf")),
        ("gamma", float("nan")),
        ("rotation", 181),
        ("brightness", 1.5),
        ("patience", -1),
    ],
)
def test_a_value_that_no_training_can_use_is_refused_at_once(option, value):
    with pytest.raises(InputError, match=rf"{option} = "):
        Small(**{option: value})


def test_a_file_of_weights_may_move_while_it_is_trained_from(parts, job, tmp_path):
    file = tmp_path / "mine.h5"
    file.write_bytes(b"weights")

    class FromFile(Small):
        weights: str = str(file)

        def network(self, images):
            file.unlink()
            return super().network(images)

    facts = FromFile(epochs=1).fit(*parts, job()).facts

    assert (facts["weights"], len(facts["weights_digest"])) == (str(file), 16)


def test_no_finding_is_learnt_and_left_out_of_the_scores(fitted, parts):
    model, _ = fitted
    train, valid = parts

    assert model.outputs == ("Mass", "Emphysema", NO_FINDING)
    assert np.array_equal(model.targets(train)[:, 2], 1 - train.labels.max(axis=1))
    assert model.predict(valid).shape == (40, 2)


def test_no_finding_is_unknown_where_a_label_is_unless_another_is_present(spotted):
    some = replace(spotted(3), labels=np.array([[np.nan, 0], [np.nan, 1], [0, 0]], dtype="float32"))
    model = Small(no_finding=True)
    model.findings = some.findings

    assert np.array_equal(model.targets(some)[:, 2], [np.nan, 0, 1], equal_nan=True)


def test_a_data_set_that_names_no_finding_keeps_it(parts, job):
    findings = ("Mass", NO_FINDING)
    train, valid = (replace(part, findings=findings) for part in parts)

    model = Small(epochs=1, no_finding=True).fit(train, valid, job())

    assert model.findings == model.outputs == findings
    assert model.predict(valid).shape == (40, 2)


def test_unknown_labels_are_left_out(parts, job):
    holed = [replace(part, labels=part.labels.copy()) for part in parts]
    for part in holed:
        part.labels[::3, 1] = np.nan

    model = Small(epochs=2).fit(*holed, job())

    assert np.isfinite(model.predict(parts[1])).all()
    assert np.isfinite([line["val_auc"] for line in model.history]).all()


def test_without_both_classes_in_valid_the_loss_decides(parts, job):
    train, valid = parts
    negative = replace(valid, labels=np.zeros_like(valid.labels))

    model = Small(epochs=2, monitor="val_auc").fit(train, negative, job())

    assert model.facts["monitor"] == "val_loss"
    assert "no finding" in model.facts["notes"][0]


def test_a_training_that_diverges_says_so(parts, job):
    with pytest.raises(WorkError, match=r"diverged: the loss of epoch 1.*learning_rate"):
        Small(learning_rate=1e30, loss="bce").fit(*parts, job())


def test_progress_never_goes_back_and_ends_at_the_total(fitted):
    _, told = fitted

    steps = [(done, total) for stage, done, total in told if stage.startswith("training")]
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert steps[-1] == (12, 12)


def test_facts_say_what_was_trained_and_how(fitted):
    model, _ = fitted

    convolutions = (5 * 5 * 8 + 8) + (5 * 5 * 8 * 16 + 16)
    assert model.facts["parameters"] == convolutions + (16 * 3 + 3)
    assert model.facts["trainable_parameters"] == model.facts["parameters"]
    assert model.facts["weights"] is None  # it starts from no backbone's
    assert (model.facts["epochs"], model.facts["batch_size"]) == (3, 16)


def test_an_estimate_reads_the_options_of_the_training():
    class Priced(Small):
        price = Price(step=0.5, image=0.02, look=0.005, start=10, weights=4_000)

    given = {"size": 64, "batch_size": 8, "epochs": 5, "head_epochs": 2}

    assert Small().estimate(800, 1000) is None
    assert Priced(**given).estimate(800, 1000) == Priced.price.estimate(800, 1000, **given)


@pytest.fixture
def choose(monkeypatch):
    """Choose a backend for a test, installed or not."""

    def choose(name, *, installed=True):
        monkeypatch.setenv("KERAS_BACKEND", name)
        monkeypatch.setattr("models.backend.find_spec", lambda _: "a spec" if installed else None)

    return choose


def test_the_fingerprint_knows_backend_and_precision(choose):
    choose("jax")

    said = Small(mixed_precision=True).depends_on()

    assert (said["backend"], said["precision"]) == ("jax", "mixed_float16")


def test_a_file_of_weights_counts_by_its_content(tmp_path):
    file = tmp_path / "mine.h5"
    said = []
    for content in (b"weights", b"other weights"):
        file.write_bytes(content)
        said.append(find("resnet50")(weights=str(file)).depends_on())
    assert said[0] != said[1]


def test_sixteen_bits_train_and_the_policy_does_not_leak(parts, job):
    import keras

    model = Small(epochs=1, mixed_precision=True).fit(*parts, job())

    assert model.facts["precision"] == "mixed_float16"
    assert np.isfinite(model.predict(parts[1])).all()
    assert keras.config.dtype_policy().name == "float32"


def test_an_unknown_loss_is_told_with_the_nearest():
    with pytest.raises(InputError, match=r"unknown loss 'focall'.*did you mean 'focal'"):
        Small(loss="focall")


@pytest.mark.parametrize(
    ("option", "value"),
    [("gamma", -1), ("epochs", 0), ("batch_size", "many"), ("mixed_precision", "sometimes")],
)
def test_a_wrong_option_is_one_line_that_names_it(option, value):
    with pytest.raises(InputError) as error:
        Small(**{option: value})

    assert option in str(error.value)
    assert "\n" not in str(error.value)


def test_what_a_wrong_number_of_devices_could_have_been_is_told_whole():
    with pytest.raises(InputError, match=r"devices = 0: .*'all' or: .*greater than 0"):
        Small(devices=0)


def test_several_devices_on_pytorch_are_refused_before_anything_is_fitted(choose):
    choose("torch")

    assert Small().depends_on()["devices"] == 1
    with pytest.raises(InputError, match="devices = 2: with PyTorch"):
        Small(devices=2).depends_on()


def test_a_backend_that_is_not_installed_is_told_before_anything_is_fitted(choose):
    choose("torch", installed=False)

    with pytest.raises(
        InputError, match=r"torch is not installed: pip install 'cxrbench\[torch\]'"
    ):
        Small().depends_on()


def test_training_meets_every_image_once_an_epoch_in_another_order(parts, job, monkeypatch):
    met = []
    gather = Batches.__getitem__

    def watch(batches, index):
        if batches._targets is not None:
            met.append(batches._rows[batches._places[index]])
        return gather(batches, index)

    monkeypatch.setattr(Batches, "__getitem__", watch)
    Small(epochs=3).fit(*parts, job())

    epochs = np.concatenate(met)[-3 * 64 :].reshape(3, 64)  # Keras peeks at a batch beforehand
    assert (np.sort(epochs) == np.arange(64)).all()
    assert not (epochs[0] == epochs[1]).all()


class Tuned(Small):
    """A small network inside the network, as a backbone is."""

    def network(self, images):
        import keras
        from keras import layers

        given = keras.Input((32, 32, 1))
        x = layers.BatchNormalization(name="norm")(layers.Conv2D(4, 3, name="conv")(given))
        backbone = keras.Model(given, layers.GlobalMaxPooling2D()(x), name="backbone")
        images = layers.Rescaling(1 / 128, offset=-1)(images)
        return layers.Dense(8, activation="relu", name="head")(backbone(images))


def learnt(model, layer):
    """The values of a layer, before and after the training."""
    with backend.session(seed=0, precision="float32"):
        before = model.build((32, 32), "uint8", seed=0)
    places = [network.get_layer(layer[0]) for network in (before, model.trained)]
    if len(layer) > 1:
        places = [place.get_layer(layer[1]) for place in places]
    return [[np.array(value) for value in place.get_weights()] for place in places]


def test_the_first_of_two_phases_trains_what_stands_on_the_backbone_alone(parts, job):
    model = Tuned(head_epochs=2, epochs=1, learning_rate=1e-12).fit(*parts, job())

    for place in (("backbone", "conv"), ("backbone", "norm")):
        for before, after in zip(*learnt(model, place), strict=True):
            np.testing.assert_allclose(after, before, atol=1e-9)
    before, after = learnt(model, ("head",))
    assert not np.allclose(before[0], after[0])


def test_the_second_phase_trains_the_backbone_but_for_its_batch_normalisation(parts, job):
    model = Tuned(head_epochs=1, epochs=3).fit(*parts, job())

    before, after = learnt(model, ("backbone", "conv"))
    assert not np.allclose(before[0], after[0])
    for before, after in zip(*learnt(model, ("backbone", "norm")), strict=True):
        assert np.array_equal(before, after)
    assert [line["epoch"] for line in model.history] == [1, 2, 3, 4]
    assert [line["learning_rate"] for line in model.history][:2] == pytest.approx([1e-3, 1e-2])


class Frozen(Tuned):
    """A backbone that its author does not want trained, or not all of it."""

    only: str = ""

    def build(self, *given, **options):
        network = super().build(*given, **options)
        backbone = network.get_layer("backbone")
        (backbone.get_layer(self.only) if self.only else backbone).trainable = False
        return network


@pytest.mark.parametrize("only", ["", "conv"], ids=["whole backbone", "its convolution"])
@pytest.mark.parametrize("head_epochs", [0, 1], ids=["one phase", "two phases"])
def test_what_an_author_froze_stays_frozen(parts, job, head_epochs, only):
    model = Frozen(head_epochs=head_epochs, epochs=2, only=only).fit(*parts, job())

    for before, after in zip(*learnt(model, ("backbone", "conv")), strict=True):
        assert np.array_equal(before, after)
    before, after = learnt(model, ("head",))
    assert not np.allclose(before[0], after[0])


def test_facts_do_not_hang_on_whether_a_training_was_cut_short(parts, job):
    same = job()
    first, again = (Tuned(head_epochs=1, epochs=1).fit(*parts, same).facts for _ in range(2))

    assert again["resumed_after"] == 2  # nothing was left to train
    assert again["trainable_parameters"] == first["trainable_parameters"] < first["parameters"]


def test_two_phases_without_a_backbone_are_noted(parts, job):
    model = Small(head_epochs=1, epochs=1).fit(*parts, job())

    assert "no backbone" in model.facts["notes"][0]


def test_balanced_sampling_trains_on_rare_findings_more_often(parts, job, monkeypatch):
    train, valid = parts
    labels = np.zeros_like(train.labels)
    labels[:4, 0] = 1
    shown = []
    gather = Batches.__getitem__

    def watch(batches, index):
        batch = gather(batches, index)
        if len(batch) > 1:
            shown.append(batch[1][:, 0].mean())
        return batch

    monkeypatch.setattr(Batches, "__getitem__", watch)
    options = {"sampling": "balanced", "loss": "weighted_bce"}
    model = Small(epochs=1, **options).fit(replace(train, labels=labels), valid, job())

    assert "both make up for rare findings" in model.facts["notes"][0]
    assert np.mean(shown) == pytest.approx(0.5, abs=0.15)  # 4 of 64 images
