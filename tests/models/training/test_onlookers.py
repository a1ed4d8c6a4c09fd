"""What row fingerprints leave out is not run while rows are fitted and scored."""

from benchmark.rows import ONLOOKERS


def test_what_only_looks_at_finished_rows_has_no_part_in_a_fit(train_apart):
    loaded = train_apart(epochs=1)["modules"]

    assert "models.training.loop" in loaded
    assert not set(ONLOOKERS) & set(loaded)
