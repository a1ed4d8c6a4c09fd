from benchmark.printing import show_check, show_checks


def remark(level, *, row="", muted=False):
    return {"code": "CXR001", "level": level, "row": row, "text": f"{level} it", "muted": muted}


def test_errors_and_warnings_are_printed_and_the_others_counted(capsys):
    show_checks(
        [
            remark("error", row="cnn6"),
            remark("warning"),
            remark("warning", muted=True),
            remark("info"),
            remark("info"),
            remark("unjudged"),
        ]
    )
    assert capsys.readouterr().out.splitlines() == [
        "checks: 1 error, 1 warning, 2 notes, 1 muted remark (docs/checks.md)",
        "error    CXR001  cnn6: error it",
        "warning  CXR001  warning it",
    ]


def test_nothing_to_remark_is_said_too(capsys):
    show_checks([])
    assert "nothing to remark" in capsys.readouterr().out


def test_a_data_set_is_counted_of_the_images_whose_label_is_known(capsys):
    counts = {"images": 8, "patients": 5, "positives": {"Mass": 1}, "known": {"Mass": 4}}
    found = {"summary": "8 images", "counts": counts, "warnings": ["mind"], "damaged": ["torn"]}
    show_check(found)
    assert capsys.readouterr().out.splitlines() == [
        "8 images; 5 patients",
        "finding  images  share",
        "Mass          1  25.0%",
        "mind",
        "torn",
    ]
