import numpy as np
import pytest

from features.findings import FINDINGS
from models.base import Job
from models.cnn6 import CNN6
from models.densenet121 import DenseNet121
from models.resnet50 import ResNet50
from models.resnet50_frozen import FrozenResNet50

TINY = {"size": 32, "epochs": 1, "batch_size": 8}
ROWS = {
    CNN6: TINY,
    ResNet50: TINY | {"weights": "random"},
    DenseNet121: TINY | {"weights": "random"},
    FrozenResNet50: TINY | {"weights": "random"},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("rows")


@pytest.mark.parametrize(("row", "options"), ROWS.items(), ids=lambda x: getattr(x, "__name__", ""))
def test_a_row_trains_saves_and_predicts_the_same_once_loaded(row, options, spotted, tmp_path):
    train, valid = spotted(16, seed=1), spotted(12, seed=2)
    saved = tmp_path / "saved"
    saved.mkdir()

    model = row(**options).fit(train, valid, Job(tmp_path, seed=4))
    model.save(saved)
    scores = model.predict(valid.without_truth())

    assert scores.shape == (12, 2)
    assert ((scores >= 0) & (scores <= 1)).all()
    assert np.array_equal(row.load(saved).predict(valid.without_truth()), scores)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (CNN6, {"loss": "bce", "monitor": "val_loss", "patience": 5, "no_finding": True}),
        (ResNet50, {"loss": "bce", "weights": "imagenet", "size": 224, "dropout": 0.5}),
        (
            DenseNet121,
            {"loss": "focal", "gamma": 2.0, "balanced": True, "learning_rate": 1e-4, "flip": True},
        ),
        (FrozenResNet50, {"loss": "weighted_bce", "dropout": 0.3, "size": 224}),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_a_row_keeps_to_its_recipe(row, said):
    options = row().options

    assert {name: options[name] for name in said} == said


def test_cnn6_has_six_convolutions_each_pooled_and_fifteen_outputs():
    from keras import layers

    model = CNN6()
    model.findings = FINDINGS
    network = model.build((128, 128), "uint8", seed=0)

    def all_of(kind):
        return [layer for layer in network.layers if isinstance(layer, kind)]

    assert [layer.filters for layer in all_of(layers.Conv2D)] == [32, 64, 128, 128, 256, 256]
    assert {layer.kernel_size for layer in all_of(layers.Conv2D)} == {(3, 3)}
    assert len(all_of(layers.MaxPooling2D)) == 6
    assert network.output_shape == (None, 15)


def test_a_frozen_backbone_is_no_part_of_what_is_trained():
    model = FrozenResNet50()
    model.findings = FINDINGS

    network = model.build((2048,), "float32", seed=0)

    assert network.count_params() == (2048 + 1) * 512 + (512 + 1) * 14
