"""Training through the harness, against Keras' own `fit` on arrays that lie in memory."""

import json
import os
import subprocess
import sys
from itertools import count
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from features.findings import FINDINGS
from features.pixels import PixelView
from features.progress import silent
from models import backend, losses
from models.cnn6 import CNN6
from models.densenet121 import DenseNet121
from models.training import loop
from models.training.plan import plan_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

EPOCHS = 2


class Trainer:
    """One network, compiled once, that can be trained through the harness again and again."""

    def __init__(self, model, train, valid, folder, monkeypatch):
        self.train, self.valid, self.folder = train, valid, folder
        model.findings = FINDINGS
        self.plan = plan_of(model, train.targets, valid.targets, seed=0)
        with backend.session(seed=0, precision="float32"):
            self.network = model.build((128, 128), "uint8", seed=0)
        loop._compile(self.network, self.plan.phases[0], self.plan)
        monkeypatch.setattr(loop, "_compile", lambda *_: None)
        self._times = count()

    def __call__(self):
        loop.train(
            self.network,
            self.train,
            self.valid,
            self.plan,
            folder=self.folder / str(next(self._times)),
            key="speed",
            progress=silent,
        )


def by_hand(model, train, valid):
    """The same network and the same number of steps, with nothing of ours but the loss."""
    model.findings = FINDINGS
    with backend.session(seed=0, precision="float32"):
        network = model.build((128, 128), "uint8", seed=0)
    loss = losses.make(model.loss, train.targets, gamma=model.gamma, balanced=model.balanced)
    network.compile(keras.optimizers.Adam(1e-3), loss=loss, jit_compile=backend.jit())
    images, held = np.array(train.inputs), np.array(valid.inputs)

    def fit():
        network.fit(
            images,
            train.targets,
            batch_size=32,
            epochs=EPOCHS,
            validation_data=(held, valid.targets),
            verbose=0,
        )

    return fit


def part_of(images, outputs, tmp_path, seed):
    """Images in a memory-mapped store, as the harness reads them."""
    rng = np.random.default_rng(seed)
    file = tmp_path / f"{seed}.npy"
    np.save(file, rng.integers(256, size=(images, 128, 128), dtype="uint8"))
    view = PixelView(np.load(file, mmap_mode="r"), np.arange(images))
    return loop.Part(view, (rng.random((images, outputs)) < 0.1).astype("float32"))


@pytest.mark.parametrize(
    ("model", "images"),
    [
        (CNN6(epochs=EPOCHS, patience=9), 1024),
        (DenseNet121(epochs=EPOCHS, patience=9, weights="random", size=128), 192),
    ],
    ids=["cnn6", "densenet121"],
)
def test_the_harness_against_fit_by_hand(model, images, tmp_path, monkeypatch, side_by_side):
    outputs = 15 if model.no_finding else 14
    train, valid = (part_of(n, outputs, tmp_path, n) for n in (images, images // 8))
    ours = Trainer(model, train, valid, tmp_path, monkeypatch)

    title = f"{model.name()}, 128 px, batch 32: harness over fit by hand"
    assert side_by_side(title, ours, by_hand(model, train, valid), rounds=5) > 0.95


class Decoded(keras.utils.PyDataset):
    """What the ancestors do: every file is opened and resized anew in every epoch."""

    def __init__(self, files, targets):
        super().__init__()
        self._files, self._targets = files, targets

    def __len__(self):
        return len(self._files) // 32

    def __getitem__(self, index):
        rows = slice(32 * index, 32 * index + 32)
        images = [
            np.asarray(Image.open(file).convert("L").resize((128, 128)))
            for file in self._files[rows]
        ]
        return np.stack(images), self._targets[rows]


def test_an_epoch_of_cnn6_from_the_store_against_decoding_originals(
    nih, tmp_path, monkeypatch, side_by_side
):
    originals = sorted((nih / "originals").glob("*.png"))
    files = [originals[i % len(originals)] for i in range(256)]
    train, valid = (part_of(n, 15, tmp_path, n) for n in (len(files), 32))
    model = CNN6(epochs=EPOCHS, patience=9)
    ours = Trainer(model, train, valid, tmp_path, monkeypatch)
    decoded = Decoded(files, train.targets)

    def theirs():
        ours.network.fit(decoded, epochs=EPOCHS, verbose=0)

    title = "epochs of cnn6 from the store over decoding 1024-pixel files each time"
    assert side_by_side(title, ours, theirs, rounds=3) > 1


MEMORY = """
import json, sys, threading, time
from pathlib import Path
import numpy as np
from features.pixels import PixelView
from features.progress import silent
from models import backend
from models.training import loop
from models.training.plan import Phase, Plan
from models import losses
import keras
from keras import layers
from models.training.layers import grey

images, folder = int(sys.argv[1]), Path(sys.argv[2])
store = np.load(folder / "store.npy", mmap_mode="r")
peak = 0

def anonymous():
    said = Path("/proc/self/status").read_text()
    return int(said.split("RssAnon:")[1].split()[0]) / 1024

def watch():
    global peak
    while True:
        peak = max(peak, anonymous())
        time.sleep(0.05)

targets = (np.random.default_rng(0).random((images, 14)) < 0.1).astype("float32")
train = loop.Part(PixelView(store, np.arange(images)), targets)
valid = loop.Part(PixelView(store, np.arange(500)), targets[:500])
given = keras.Input((128, 128), dtype="uint8")
x = layers.Conv2D(4, 3, strides=8, activation="relu")(grey(given))
network = keras.Model(given, layers.Dense(14)(layers.GlobalAveragePooling2D()(x)))
plan = Plan((Phase(2, 1e-3),), 32, losses.make("bce", targets), 14, "val_loss")
threading.Thread(target=watch, daemon=True).start()
loop.train(network, train, valid, plan, folder=folder / str(images), key="", progress=silent)
print(peak)
"""


def test_a_store_of_the_whole_data_set_takes_no_memory(tmp_path, capsys):
    store = np.lib.format.open_memmap(
        tmp_path / "store.npy", mode="w+", dtype="uint8", shape=(112_120, 128, 128)
    )
    del store

    def peak(images):
        code = Path(__file__).resolve().parents[2]
        done = subprocess.run(
            [sys.executable, "-c", MEMORY, str(images), tmp_path],
            capture_output=True,
            text=True,
            env=os.environ | {"PYTHONPATH": str(code)},
            check=True,
        )
        return json.loads(done.stdout.splitlines()[-1])

    few, all_of_them = peak(1000), peak(112_120)

    with capsys.disabled():
        print(f"\nanonymous memory: {few:.0f} MB with 1,000 images, {all_of_them:.0f} MB with all")
    assert all_of_them - few < 300
