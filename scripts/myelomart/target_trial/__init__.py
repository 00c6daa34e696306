"""Emulation of a target trial by cloning, censoring and weighting; sequential trials."""

from myelomart.target_trial.cloning import CONTROL, TREATED, Followed, clone_rows, followed
from myelomart.target_trial.emulation import Emulation, Options, emulate
from myelomart.target_trial.protocol import Protocol
from myelomart.target_trial.sequential import stacked_trials
from myelomart.target_trial.varying import last_values

__all__ = [
    "CONTROL",
    "TREATED",
    "Emulation",
    "Followed",
    "Options",
    "Protocol",
    "clone_rows",
    "emulate",
    "followed",
    "last_values",
    "stacked_trials",
]
