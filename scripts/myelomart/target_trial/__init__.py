"""Emulation of a target trial by cloning, censoring and weighting; sequential trials."""

from myelomart.target_trial.cloning import CONTROL, TREATED, Followed, clone_rows, followed
from myelomart.target_trial.emulation import Effect, Emulation, Options, emulate
from myelomart.target_trial.protocol import Protocol

__all__ = [
    "CONTROL",
    "TREATED",
    "Effect",
    "Emulation",
    "Followed",
    "Options",
    "Protocol",
    "clone_rows",
    "emulate",
    "followed",
]
