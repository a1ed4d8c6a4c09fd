from features.errors import unknown


def test_the_nearest_match_is_offered_and_the_place_named():
    error = unknown("model", "cnn7", ["resnet50", "cnn6"], where="--model")
    assert str(error) == (
        "unknown model 'cnn7' in --model; did you mean 'cnn6'? Available: cnn6, resnet50"
    )


def test_nothing_near_is_nothing_offered():
    assert str(unknown("model", "zebra", ["cnn6"])) == "unknown model 'zebra'. Available: cnn6"
