import pytest

from models.price import Price

PRICE = Price(step=0.5, image=0.02, look=0.005, start=10, weights=4_000)


def seconds(train=800, total=1000, **options):
    usual = {"size": 128, "batch_size": 16, "epochs": 5}
    return PRICE.estimate(train, total, **usual | options).seconds


STEPS, IMAGES, LOOKS = 5 * 50 * 0.5, 5 * 800 * 0.02, 1000 * 0.005


def test_steps_images_and_looks_add_up():
    assert seconds() == pytest.approx(10 + STEPS + IMAGES + LOOKS)


def test_images_grow_with_their_pixels_and_steps_do_not():
    assert seconds(size=64) == pytest.approx(10 + STEPS + (IMAGES + LOOKS) / 4)


def test_larger_batches_are_fewer_steps():
    assert seconds(batch_size=32) == pytest.approx(10 + STEPS / 2 + IMAGES + LOOKS)
    assert seconds(train=17, total=0, epochs=1) == pytest.approx(10 + 2 * 0.5 + 17 * 0.02)


def test_a_frozen_backbone_is_only_looked_through():
    head = 2 * (50 * 0.5 + 800 * 0.005)
    assert seconds(head_epochs=2) == pytest.approx(10 + STEPS + IMAGES + LOOKS + head)


def test_the_disk_is_that_of_the_weights():
    assert PRICE.estimate(1, 1, size=64, batch_size=1, epochs=1).disk == 4_000
