import numpy as np
import pandas as pd
import pytest

from benchmark.cases import Request, choose
from features.errors import InputError


def cases():
    """Two findings in six radiographs, threshold 0.5; the label of the last is unknown."""
    outcomes = {
        "true positive": (0.7, 0.9),
        "false positive": (0.6,),
        "false negative": (0.4, 0.3),
        "true negative": (0.1,),
        "unknown": (0.8,),
    }
    lines = [
        {
            "image": f"{outcome[0]}{outcome.split()[-1][0]}{score}",
            "finding": finding,
            "outcome": outcome,
            "score": score,
        }
        for finding in ("Mass", "Hernia")
        for outcome, scores in outcomes.items()
        for score in scores
    ]
    return pd.DataFrame(lines).assign(boxed=lambda table: table["score"] == 0.3)


def picked(**request):
    chosen = choose(cases(), Request(**request))
    assert list(chosen["finding"].unique()) == ["Mass", "Hernia"]
    return chosen.loc[chosen["finding"] == "Mass", "score"].tolist()


def test_the_highest_scores_come_first_and_misses_only_where_a_box_says_where():
    assert picked() == [0.9, 0.7, 0.6, 0.3]


def test_no_more_than_asked_for_of_each_outcome():
    assert picked(top=1) == [0.9, 0.6, 0.3]
    assert choose(cases(), Request(top=0)).empty


def test_of_named_images_all_that_is_called_or_present_is_shown():
    assert picked(images=["x"], top=1) == [0.9, 0.7, 0.6, 0.4, 0.3]


def test_of_named_images_and_findings_everything_known_is_shown():
    shown = picked(images=["x"], findings=["Mass", "Hernia"])
    assert shown == [0.9, 0.7, 0.6, 0.4, 0.3, 0.1]


def test_a_case_keeps_its_place_in_the_list():
    chosen = choose(cases(), Request())
    assert np.array_equal(cases().loc[chosen.index, "score"], chosen["score"])


@pytest.mark.parametrize("share", [0, -0.1, 1.01])
def test_a_share_is_above_zero_and_at_most_one(share):
    with pytest.raises(InputError, match="share"):
        Request(share=share)
