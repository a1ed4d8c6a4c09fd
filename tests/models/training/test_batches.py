import numpy as np
import pytest

from models.sharing import Sharing
from models.training import orders
from models.training.batches import Batches


def among(devices, processes=(0, 1)):
    return Sharing(tuple(map(str, range(devices))), processes=processes)


def batched(n, *, seed=None, targets=None, **options):
    targets = np.zeros((n, 1)) if targets is None else targets
    order = None if seed is None else orders.make("shuffled", targets, seed)
    return Batches(np.arange(n)[:, None], order=order, **options)


def rows(batches):
    return [batch[0][:, 0] for batch in (batches[i] for i in range(len(batches)))]


def test_every_image_comes_once_an_epoch():
    batches = batched(37, batch_size=8, seed=5)

    for epoch in range(3):
        batches.start(epoch)
        assert sorted(np.concatenate(rows(batches))) == list(range(37))


def test_without_an_order_the_rows_keep_theirs():
    assert np.concatenate(rows(batched(10, batch_size=4))).tolist() == list(range(10))


def test_an_odd_rest_is_spread_so_that_no_batch_is_tiny():
    assert [len(rows) for rows in rows(batched(33, batch_size=32, seed=0))] == [17, 16]


def test_targets_stay_with_their_inputs():
    targets = 10 * np.arange(9)[:, None]
    order = orders.make("shuffled", targets, 0)
    batches = Batches(np.arange(9)[:, None], targets, batch_size=4, order=order)

    for inputs, targets in (batches[i] for i in range(len(batches))):
        assert np.array_equal(10 * inputs, targets)


@pytest.mark.parametrize(
    ("options", "lengths"),
    [
        ({"sharing": among(2)}, [18, 16]),
        ({"sharing": among(3)}, [18, 18]),
        ({"equal": True}, [17, 17]),
        ({"equal": True, "sharing": among(4)}, [20, 20]),
    ],
)
def test_batches_are_filled_up_with_rows_that_weigh_nothing(options, lengths):
    targets = np.zeros((33, 2))
    batches = Batches(np.arange(33)[:, None], targets, batch_size=32, **options)

    weights = [batches[i][2] for i in range(2)]

    assert [len(rows) for rows in rows(batches)] == lengths
    assert [(weight > 0).sum() for weight in weights] == [17, 16]
    assert np.allclose([weight.mean() for weight in weights], 1)
    assert np.array_equal(np.concatenate(rows(batches))[batches.real], np.arange(33))


def test_a_batch_weighs_by_its_known_labels():
    targets = np.zeros((8, 2))
    targets[4:, 0] = np.nan
    targets[6:] = np.nan
    batches = Batches(np.arange(8)[:, None], targets, batch_size=4, sharing=among(3))

    weights = [batches[i][2].tolist() for i in range(2)]

    assert weights == [[12 / 8] * 4 + [0, 0], [12 / 2] * 4 + [0, 0]]
    assert batches.real.tolist() == ([True] * 4 + [False] * 2) * 2


def test_filling_never_changes_which_rows_are_learnt_together():
    alone = [set(batch) for batch in rows(batched(33, batch_size=8, seed=1))]
    shared = [set(batch) for batch in rows(batched(33, batch_size=8, seed=1, sharing=among(4)))]

    assert alone == shared


def test_fewer_rows_than_devices_are_repeated():
    batches = Batches(np.arange(2)[:, None], np.zeros((2, 1)), batch_size=8, sharing=among(5))

    assert rows(batches)[0].tolist() == [0, 1, 0, 1, 0]
    assert batches[0][2].tolist() == [2.5, 2.5, 0, 0, 0]


def test_processes_gather_stretches_of_the_batch_that_one_would_see():
    targets = np.arange(18.0).reshape(9, 2)
    targets[3] = np.nan
    order = orders.make("shuffled", targets, 1)
    alone, *each = (
        Batches(np.arange(9)[:, None], targets, batch_size=9, order=order, sharing=among(4, own))
        for own in [(0, 1), (0, 2), (1, 2)]
    )

    for whole, *stretches in zip(alone[0], *(own[0] for own in each), strict=True):
        assert [len(stretch) for stretch in stretches] == [6, 6]
        np.testing.assert_array_equal(np.concatenate(stretches), whole)
