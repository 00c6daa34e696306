"""Exposure exactly on a limit: on the landmark, at the start, at the end of follow-up."""

import pandas as pd

from myelomart.survival import landmark_rows, start_stop_rows


def test_who_is_exposed_on_the_landmark_itself_is_exposed_and_who_ends_there_is_gone():
    rows = landmark_rows([30, 31, 31, 31], [1, 1, 0, 0], [5, 30, 30.5, None], 30)
    assert rows["person"].tolist() == [1, 2, 3]
    assert rows["exposed"].tolist() == [1, 0, 0]
    assert rows["time"].tolist() == [1, 1, 1]


def test_an_exposure_at_the_end_of_follow_up_splits_nothing():
    rows = start_stop_rows([30, 30], [1, 0], [30, 29])
    wanted = pd.DataFrame(
        {"person": [0, 1, 1], "start": [0.0, 0.0, 29.0], "stop": [30.0, 29.0, 30.0],
         "exposed": [0, 0, 1], "event": [1, 0, 0]}
    )  # fmt: skip
    pd.testing.assert_frame_equal(rows, wanted)


def test_an_exposure_at_the_start_is_exposure_throughout():
    rows = start_stop_rows([30], [1], [0])
    assert rows[["start", "stop", "exposed", "event"]].values.tolist() == [[0, 30, 1, 1]]
