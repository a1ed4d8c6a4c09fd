import pytest

from features.findings import FINDINGS, NO_FINDING, canonical, display, label_set


def test_there_are_fourteen_findings_and_no_finding_is_the_fifteenth_label():
    assert len(FINDINGS) == 14
    assert label_set(14) == FINDINGS
    assert label_set(15) == (*FINDINGS, NO_FINDING)


@pytest.mark.parametrize(
    ("spelling", "finding"),
    [
        ("Infiltrate", "Infiltration"),  # as BBox_List_2017.csv has it
        ("pleural thickening", "Pleural_Thickening"),
        ("Pleural-Thickening", "Pleural_Thickening"),
        ("no finding", NO_FINDING),
        ("Hernia", "Hernia"),
        ("Fracture", None),
    ],
)
def test_spellings_met_in_files_are_understood(spelling, finding):
    assert canonical(spelling) == finding


def test_readers_see_words_and_not_file_spellings():
    assert display("Pleural_Thickening") == "Pleural thickening"
    assert display(NO_FINDING) == "No Finding"
