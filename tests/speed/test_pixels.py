"""An epoch's pixels from the store, against decoding the files in every epoch."""

import numpy as np
import pytest
from PIL import Image

from features.pixels import PixelArchive, PixelView

pytestmark = pytest.mark.slow


def test_an_epoch_from_the_store_against_decoding_every_file(nih, tmp_path, side_by_side):
    files = sorted((nih / "images_002" / "images").glob("*.png"))
    archive = PixelArchive(files, tmp_path)
    view = PixelView(archive.store(128), np.arange(len(files)))
    batches = np.array_split(np.random.default_rng(0).permutation(len(files)), 8)

    def stored():
        return [view[batch] for batch in batches]

    def picture(k):
        return np.asarray(Image.open(files[k]).convert("L").resize((128, 128)))

    def decoded():
        return [np.stack([picture(k) for k in batch]) for batch in batches]

    assert [batch.shape for batch in stored()] == [batch.shape for batch in decoded()]
    assert side_by_side("pixels of an epoch, store over PNG files", stored, decoded) > 5
