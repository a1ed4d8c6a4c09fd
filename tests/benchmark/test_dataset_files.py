"""Finding images, tables and lists below a folder."""

import os
from pathlib import Path

import pytest

from benchmark.datasets.files import scan, stem


def touch(*paths: Path) -> None:
    """Make empty files: the search reads names alone."""
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("00000001_000.png", "00000001_000"),
        ("images_001/images/00000001_000.PNG", "00000001_000"),
        ("images\\00000001_000.jpeg", "00000001_000"),
        ("00000001_000", "00000001_000"),
        ("1.2.840.113", "1.2.840.113"),
        (".png", ".png"),
    ],
)
def test_a_stem_is_the_name_without_folder_and_image_suffix(name, expected):
    assert stem(name) == expected


def test_images_tables_and_lists_are_told_apart_by_suffix(tmp_path):
    touch(*(tmp_path / "deep" / f"a{suffix}" for suffix in (".csv", ".TXT", ".Png", ".md", "")))
    contents = scan(tmp_path)
    assert contents.images == {"a": tmp_path / "deep/a.Png"}
    assert contents.tables == (tmp_path / "deep/a.csv",)
    assert contents.lists == (tmp_path / "deep/a.TXT",)


@pytest.mark.parametrize(
    "places",
    [
        ("images", "a", "images/sub"),
        ("x/images_001", "originals", "images_001/originals"),
        ("images_001/images", "images_002/images", "image"),
        ("z/Images", "images_1/deep/down", "a"),
        ("", "a", "b/c"),
        ("b", "a/a", "b/b"),
    ],
)
def test_of_same_named_files_the_first_of_these_is_taken(tmp_path, places):
    touch(*(tmp_path / place / "x.png" for place in places))
    contents = scan(tmp_path)
    assert contents.images == {"x": tmp_path / places[0] / "x.png"}
    assert contents.copies == 1


def test_png_is_taken_before_jpeg_in_the_same_folder(tmp_path):
    touch(*(tmp_path / f"x{suffix}" for suffix in (".jpeg", ".png", ".jpg")))
    assert scan(tmp_path).images == {"x": tmp_path / "x.png"}


def test_the_order_of_the_file_system_does_not_matter(tmp_path, monkeypatch):
    names = ("x.png", "x.jpg", "y.png", "t.csv", "l.txt")
    touch(*(tmp_path / place / name for place in ("a", "b", "b/c", "images") for name in names))
    (tmp_path / "link").symlink_to(tmp_path / "b", target_is_directory=True)
    real = os.scandir

    def found(backwards: bool):
        class Ordered(list):
            def __enter__(self):
                return self

            def __exit__(self, *_):
                pass

        def scandir(place):
            with real(place) as entries:
                return Ordered(sorted(entries, key=lambda entry: entry.name, reverse=backwards))

        monkeypatch.setattr(os, "scandir", scandir)
        return scan(tmp_path)

    assert found(backwards=True) == found(backwards=False)


def test_hidden_files_and_folders_are_left_out(tmp_path):
    touch(
        tmp_path / "x.png",
        tmp_path / "._x.png",
        tmp_path / ".thumbnails" / "y.png",
        tmp_path / "__MACOSX" / "z.png",
    )
    assert list(scan(tmp_path).images) == ["x"]


def test_links_are_followed_and_each_folder_is_entered_once(tmp_path):
    real, data = tmp_path / "real", tmp_path / "data"
    touch(real / "x.png")
    data.mkdir()
    (data / "linked").symlink_to(real, target_is_directory=True)
    (data / "twice").symlink_to(real, target_is_directory=True)
    (data / "loop").symlink_to(data, target_is_directory=True)
    (data / "itself").symlink_to(data / "itself")
    contents = scan(data)
    assert contents.images == {"x": data / "linked" / "x.png"}
    assert contents.copies == 0


def test_a_folder_that_cannot_be_opened_is_told(tmp_path, monkeypatch):
    touch(tmp_path / "x.png", tmp_path / "closed" / "y.png")
    real = os.scandir

    def scandir(place):
        if Path(place).name == "closed":
            raise PermissionError(place)
        return real(place)

    monkeypatch.setattr(os, "scandir", scandir)
    contents = scan(tmp_path)
    assert (list(contents.images), contents.unreadable) == (["x"], (str(tmp_path / "closed"),))
