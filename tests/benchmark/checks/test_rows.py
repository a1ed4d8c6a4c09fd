from dataclasses import replace


def test_cxr006_speaks_of_networks_that_began_at_random(study, remarks):
    about = {row: it | {"weights": "random"} for row, it in study.about.items() if row != "floor"}
    assert remarks("CXR006", replace(study, about=about)) == [
        "strong+other |  | random weights, no pre-training"
    ]
    about = {row: it | {"weights": "imagenet"} for row, it in study.about.items()}
    assert remarks("CXR006", replace(study, about=about)) == []


def test_cxr020_speaks_of_rows_that_did_not_finish(study, remarks):
    left = {"resnet50": "failed: out of memory", "cnn6": "interrupted"}
    assert remarks("CXR020", replace(study, unfinished=left)) == [
        "resnet50 |  | failed: out of memory",
        "cnn6 |  | interrupted",
    ]


def test_cxr021_speaks_of_libraries_that_changed_between_rows(study, remarks):
    about = {**study.about, "strong": {"kind": "deep", "versions": {"keras": "3.8.0"}}}
    assert remarks("CXR021", replace(study, about=about)) == [
        " |  | keras 3.15.0 (floor, other), 3.8.0 (strong)"
    ]
