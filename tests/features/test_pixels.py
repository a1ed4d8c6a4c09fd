"""The store of pixels: decoded once, shared, and never half built."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest
from PIL import Image

from features import pixels
from features.errors import InputError
from features.images import decode
from features.pixels import PixelArchive, PixelView


@pytest.fixture
def files(tmp_path) -> list[Path]:
    """Five pictures, each of one grey value: 0, 40, 80, 120, 160."""
    files = [tmp_path / "images" / f"{number}.png" for number in range(5)]
    files[0].parent.mkdir()
    for number, file in enumerate(files):
        Image.new("L", (24, 24), 40 * number).save(file)
    return files


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "cache"


def decoded_units(archive, size) -> int:
    """How many files a call had to decode."""
    told = [0]
    archive.store(size, progress=lambda stage, done, total: told.append(done))
    return told[-1]


def test_a_store_holds_every_file_at_the_size_asked_for(files, folder):
    store = PixelArchive(files, folder).store(16)
    assert store.shape == (5, 16, 16) and store.dtype == np.uint8
    assert store[:, 0, 0].tolist() == [0, 40, 80, 120, 160]
    assert isinstance(store, np.memmap) and not store.flags.writeable


def test_files_are_decoded_once_for_each_size(files, folder):
    assert decoded_units(PixelArchive(files, folder), 16) == 5
    assert decoded_units(PixelArchive(files, folder), 16) == 0
    assert decoded_units(PixelArchive(files, folder), 8) == 5


def test_workers_write_what_one_process_writes(files, folder, monkeypatch):
    monkeypatch.setattr(pixels, "CHUNK", 2)
    alone = PixelArchive(files, folder / "alone").store(16)
    with joblib.parallel_config("loky", n_jobs=2):
        together = PixelArchive(files, folder / "together").store(16)
    assert np.array_equal(alone, together)


def test_a_file_that_changed_is_decoded_again(files, folder):
    before = PixelArchive(files, folder)
    before.prepare(16)
    Image.new("L", (24, 24), 200).save(files[2])
    os.utime(files[2], ns=(1, 1))
    after = PixelArchive(files, folder)
    assert after.store(16)[2, 0, 0] == 200
    assert after.fingerprint != before.fingerprint


def test_the_fingerprint_is_of_the_content_alone(files, folder, tmp_path):
    copies = [tmp_path / f"copy-{file.name}" for file in files]
    for file, copy in zip(files, copies, strict=True):
        copy.write_bytes(file.read_bytes())
    first = PixelArchive(files, folder).prepare(16)
    assert PixelArchive(copies, folder).prepare(8) == first
    assert PixelArchive(files[::-1], folder).prepare(8) != first


def test_the_fingerprint_asks_for_a_store_first(files, folder):
    archive = PixelArchive(files, folder)
    assert not archive.decoded
    with pytest.raises(RuntimeError, match="prepare"):
        _ = archive.fingerprint
    archive.prepare(16)
    assert archive.decoded and archive.fingerprint == PixelArchive(files, folder).fingerprint


def test_damaged_and_missing_files_are_named_and_black(files, folder):
    files[1].unlink()
    files[3].write_bytes(files[3].read_bytes()[:40])
    for size in (16, 8):
        archive = PixelArchive(files, folder)
        store = archive.store(size)
        assert sorted(archive.damaged) == [1, 3]
        assert "no such file" in archive.damaged[1]
        assert not store[[1, 3]].any() and store[4].all()


def test_a_build_that_fails_leaves_nothing_that_looks_finished(files, folder, monkeypatch):
    def fails_at_the_third(path, size):
        if path == files[2]:
            raise KeyboardInterrupt
        return decode(path, size)

    with monkeypatch.context() as patch:
        patch.setattr(pixels, "decode", fails_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            PixelArchive(files, folder).store(16)
    assert not list(folder.rglob("*.npy")) and not list(folder.rglob("*.partial"))
    assert PixelArchive(files, folder).store(16)[4, 0, 0] == 160


def test_what_a_dead_build_left_is_cleared_by_the_next(files, folder):
    dead = folder / "pixels" / "0123456789abcdef" / "16.partial"
    dead.parent.mkdir(parents=True)
    dead.write_bytes(b"half a store")
    PixelArchive(files, folder).store(16)
    assert not dead.exists()


def test_a_living_build_is_left_alone(files, folder):
    living = folder / "pixels" / "0123456789abcdef" / "16.partial"
    living.parent.mkdir(parents=True)
    living.write_bytes(b"half a store")
    with pixels.FileLock(f"{living.with_suffix('.npy')}.lock"):
        PixelArchive(files, folder).store(16)
    assert living.exists()


def test_two_runs_at_once_share_one_build(files, folder, tmp_path):
    code = (
        "import sys; from pathlib import Path; from features.pixels import PixelArchive\n"
        "files = [Path(name) for name in sys.argv[2:]]\n"
        "told = []\n"
        "PixelArchive(files, Path(sys.argv[1])).store(16, lambda *step: told.append(step))\n"
        "print(len(told) > 0)"
    )
    command = [sys.executable, "-c", code, str(folder), *map(str, files)]
    environment = os.environ | {"PYTHONPATH": str(Path(pixels.__file__).parents[1])}
    runs = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        for _ in range(3)
    ]
    built = [run.communicate()[0].strip() for run in runs]
    assert sorted(built) == ["False", "False", "True"]
    assert len(list(folder.rglob("*.npy"))) == 1


def test_an_archive_travels_to_a_worker_without_its_pixels(files, folder):
    archive = PixelArchive(files, folder)
    archive.prepare(512)
    sent = pickle.dumps(archive)
    assert len(sent) < 2000
    assert pickle.loads(sent).fingerprint == archive.fingerprint


def test_an_archive_needs_files_and_a_size(files, folder):
    with pytest.raises(InputError, match="at least one"):
        PixelArchive([], folder)
    with pytest.raises(InputError, match="size is 0"):
        PixelArchive(files, folder).store(0)


@pytest.fixture
def view(files, folder) -> PixelView:
    """The last, the first and the third picture."""
    return PixelView(PixelArchive(files, folder).store(16), np.array([4, 0, 2]))


def test_a_view_is_indexed_like_an_array(view):
    assert view.shape == (3, 16, 16) and len(view) == 3 and view.dtype == np.uint8
    assert view[0].shape == (16, 16) and view[-1][0, 0] == 80
    assert view[1:][:, 0, 0].tolist() == [0, 80]
    assert view[np.array([2, 0])][:, 0, 0].tolist() == [80, 160]
    assert view[np.array([True, False, True])][:, 0, 0].tolist() == [160, 80]
    assert [picture[0, 0] for picture in view] == [160, 0, 80]
    assert np.asarray(view).tolist() == view[:].tolist()
    assert np.asarray(view, "float32").dtype == np.float32


def test_what_a_view_returns_may_be_changed_without_harm(view):
    view[0][:] = 7
    picture = view[0]
    picture[:] = 7
    assert view[0][0, 0] == 160


def test_a_view_of_a_view_reads_the_right_images(view):
    assert view.take([2, 1])[:][:, 0, 0].tolist() == [80, 0]


def test_a_view_travels_to_a_worker_without_its_pixels(view):
    sent = pickle.dumps(view)
    assert len(sent) < 1000
    assert np.array_equal(pickle.loads(sent)[:], view[:])
    plain = PixelView(np.zeros((2, 4, 4), "uint8"), np.array([1]))
    assert pickle.loads(pickle.dumps(plain)).shape == (1, 4, 4)
