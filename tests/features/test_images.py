"""One image file to grey values."""

import pickle
from hashlib import blake2b

import numpy as np
import pytest
from PIL import Image

from features import images
from features.images import DamagedImage, decode, full_range, read_grey, resized


@pytest.fixture
def grey() -> np.ndarray:
    """A picture with edges, of 40 × 30 pixels."""
    picture = np.tile(np.arange(30, dtype="uint8") * 8, (40, 1))
    picture[10:20, 5:25] = 255
    return picture


def save(picture, path, **options):
    Image.fromarray(picture).save(path, **options)
    return path


def test_a_grey_png_is_read_as_it_is(grey, tmp_path):
    assert np.array_equal(read_grey(save(grey, tmp_path / "a.png")), grey)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "LA"])
def test_grey_values_stored_as_colour_come_back_as_grey(grey, tmp_path, mode):
    Image.fromarray(grey).convert(mode).save(tmp_path / "a.png")
    assert np.array_equal(read_grey(tmp_path / "a.png"), grey)


def test_transparency_is_ignored(grey, tmp_path):
    alpha = np.linspace(0, 255, grey.size).reshape(grey.shape).astype("uint8")
    path = save(np.dstack([grey, grey, grey, alpha]), tmp_path / "a.png")
    assert np.array_equal(read_grey(path), grey)


def test_one_bit_is_black_and_white(grey, tmp_path):
    Image.fromarray(grey > 128).save(tmp_path / "a.png")
    assert np.array_equal(read_grey(tmp_path / "a.png"), np.where(grey > 128, 255, 0))


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg_is_read_in_every_colour_space(grey, tmp_path, mode):
    Image.fromarray(grey).convert(mode).save(tmp_path / "a.jpeg", quality=95)
    assert np.abs(read_grey(tmp_path / "a.jpeg").astype(int) - grey).mean() < 4


def test_sixteen_bits_stay_sixteen_bits(grey, tmp_path):
    deep = grey.astype("uint16") * 257
    assert np.array_equal(read_grey(save(deep, tmp_path / "a.png")), deep)


@pytest.mark.parametrize(("bits", "factor"), [(10, 4), (12, 16), (16, 257)])
def test_deep_grey_is_scaled_by_the_full_range_of_its_bits(grey, bits, factor):
    deep = grey.astype("uint16") * factor
    assert full_range(deep) == 2**bits - 1
    assert np.abs(resized(deep, 32).astype(int) - resized(grey, 32)).max() <= 1


def test_resizing_averages_what_it_shrinks():
    stripes = np.tile(np.array([0, 255], "uint8"), (64, 32))
    assert np.abs(resized(stripes, 16).astype(int) - 127).max() < 30


def test_what_is_not_square_is_stretched(grey):
    assert resized(grey, 20).shape == (20, 20)


def test_decode_gives_pixels_and_the_digest_of_the_bytes(grey, tmp_path):
    path = save(grey, tmp_path / "a.png")
    pixels, digest = decode(path, 16)
    assert pixels.shape == (16, 16) and pixels.dtype == np.uint8
    assert digest == blake2b(path.read_bytes(), digest_size=16).digest()


def test_the_bytes_decide_on_the_format_not_the_name(grey, tmp_path):
    Image.fromarray(grey).save(tmp_path / "a.png", format="JPEG", quality=95)
    assert read_grey(tmp_path / "a.png").shape == grey.shape


def test_a_truncated_file_is_damaged_at_every_size(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), dtype="uint8")
    for name in ("a.png", "a.jpg"):
        path = save(noise, tmp_path / name)
        path.write_bytes(path.read_bytes()[:-600])
        for size in (8, 64):
            with pytest.raises(DamagedImage, match=name):
                decode(path, size)


@pytest.mark.parametrize("content", [b"", b"not an image", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_image_is_damaged(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(DamagedImage):
        read_grey(tmp_path / "a.png")


def test_a_missing_file_and_a_folder_are_damaged(tmp_path):
    (tmp_path / "folder.png").mkdir()
    for name, reason in (("none.png", "no such file"), ("folder.png", "directory")):
        with pytest.raises(DamagedImage, match=reason):
            read_grey(tmp_path / name)


def test_other_formats_are_not_opened(grey, tmp_path):
    Image.fromarray(grey).save(tmp_path / "a.png", format="TIFF")
    with pytest.raises(DamagedImage, match="cannot identify"):
        read_grey(tmp_path / "a.png")
    with pytest.raises(DamagedImage, match=r"\.png"):
        read_grey(save(grey, tmp_path / "a.bmp"))


def test_a_decompression_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch, grey):
    path = save(grey, tmp_path / "a.png")
    monkeypatch.setattr(images, "MAX_PIXELS", grey.size - 1)
    with pytest.raises(DamagedImage, match="30 by 40 pixels"):
        read_grey(path)
    monkeypatch.setattr(images, "MAX_BYTES", 10)
    with pytest.raises(DamagedImage, match="bytes are no radiograph"):
        read_grey(path)


def test_damage_travels_between_processes(tmp_path):
    damage = pickle.loads(pickle.dumps(DamagedImage(tmp_path / "a.png", "half of it is missing")))
    assert str(damage) == f"{tmp_path / 'a.png'}: half of it is missing"


@pytest.mark.nih
def test_real_originals_are_read_whatever_their_mode(nih):
    files = sorted((nih / "originals").rglob("*.png"))
    modes = set()
    for file in files:
        with Image.open(file) as image:
            modes.add(image.mode)
        assert read_grey(file).shape == (1024, 1024)
    assert modes == {"L", "RGBA"}
