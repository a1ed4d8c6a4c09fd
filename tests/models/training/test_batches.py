import numpy as np

from models.training.batches import Batches


def rows(batches):
    return [batch[0][:, 0] for batch in (batches[i] for i in range(len(batches)))]


def test_every_image_comes_once_an_epoch():
    batches = Batches(np.arange(37)[:, None], batch_size=8, seed=5)

    for epoch in range(3):
        batches.start(epoch)
        assert sorted(np.concatenate(rows(batches))) == list(range(37))


def test_the_order_follows_from_seed_and_epoch_alone():
    def order(epoch, seed=5):
        batches = Batches(np.arange(37)[:, None], batch_size=8, seed=seed)
        batches.start(epoch)
        return np.concatenate(rows(batches)).tolist()

    assert order(2) == order(2)
    assert order(2) != order(1)
    assert order(2) != order(2, seed=6)


def test_without_a_seed_the_order_is_kept():
    batches = Batches(np.arange(10)[:, None], batch_size=4)

    assert np.concatenate(rows(batches)).tolist() == list(range(10))


def test_an_odd_rest_is_spread_so_that_no_batch_is_tiny():
    batches = Batches(np.arange(33)[:, None], batch_size=32, seed=0)

    assert [len(rows) for rows in rows(batches)] == [17, 16]


def test_targets_stay_with_their_inputs():
    batches = Batches(np.arange(9)[:, None], 10 * np.arange(9)[:, None], batch_size=4, seed=0)

    for inputs, targets in (batches[i] for i in range(len(batches))):
        assert np.array_equal(10 * inputs, targets)
