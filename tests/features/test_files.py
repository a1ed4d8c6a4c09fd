import pytest

from features.files import read_json, write_files, write_json, write_text, write_with


def test_what_was_written_is_read_back_and_folders_are_made(tmp_path):
    path = tmp_path / "deep" / "down.json"
    write_json(path, {"a": [1, None]})
    assert read_json(path) == {"a": [1, None]}
    assert read_json(tmp_path / "missing.json") == {}


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path):
    path = tmp_path / "table.csv"
    write_text(path, "old")

    def half(temporary):
        temporary.write_text("ne")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_with(path, half)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_several_files_are_written_under_a_folder(tmp_path):
    paths = write_files(tmp_path, [("a.csv", b"x\n"), ("deep/b.pdf", b"%PDF")])
    assert paths == [tmp_path / "a.csv", tmp_path / "deep" / "b.pdf"]
    assert [path.read_bytes() for path in paths] == [b"x\n", b"%PDF"]


def test_what_cannot_be_written_is_called_by_its_own_name(tmp_path):
    (tmp_path / "page.html").mkdir()
    with pytest.raises(OSError, match=r"page\.html") as caught:
        write_text(tmp_path / "page.html", "text")
    assert caught.value.filename == str(tmp_path / "page.html")
    assert [it.name for it in tmp_path.iterdir()] == ["page.html"]
