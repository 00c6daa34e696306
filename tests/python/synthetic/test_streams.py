"""Counter-based draws: uniform, independent of order, different by name and seed."""

import numpy as np

from myelomart_synthetic.streams import Streams


def test_draws_belong_to_the_key_not_to_the_place():
    keys = np.arange(1, 101)
    forward = Streams(1, keys).uniform("a", 3)
    backward = Streams(1, keys[::-1]).uniform("a", 3)
    assert np.array_equal(forward, backward[::-1])
    assert np.array_equal(forward[:, 1], Streams(1, keys).at("a", np.arange(100), np.ones(100)))


def test_draws_are_uniform_and_uncorrelated_between_names_and_neighbours():
    streams = Streams(3, np.arange(200_000))
    first, second = streams.uniform("a"), streams.uniform("b")
    assert abs(first.mean() - 0.5) < 4 * np.sqrt(1 / 12 / 200_000)
    assert abs(first.var() - 1 / 12) < 0.001
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.01
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < 0.01


def test_choice_follows_its_weights_and_is_minus_one_without_any():
    streams = Streams(3, np.arange(100_000))
    drawn = streams.choice("c", np.array([1.0, 0.0, 3.0]))
    assert abs((drawn == 2).mean() - 0.75) < 0.006
    assert not (drawn == 1).any()
    assert (streams.choice("c", np.zeros(3)) == -1).all()
