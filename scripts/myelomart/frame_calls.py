"""Statistics called with a frame and the names of its columns, or with a formula.

``cox_regression(frame, "months", "died")`` takes every other column as a covariate, as users of
lifelines expect; ``cox_regression("Surv(months, died) ~ age + strata(site)", frame)`` reads what
users of R write. Names of columns, ``factor()``, ``strata()`` and ``cluster()`` stand in a
formula; all else is refused with what to do.
"""

import functools
import inspect
import re
from collections.abc import Callable
from typing import Any, TypeVar

import pandas as pd

from myelomart.errors import StatisticsError

Function = TypeVar("Function", bound=Callable[..., Any])
SURVIVAL = re.compile(r"Surv\(([^()]*)\)")
ROLE = re.compile(r"(strata|cluster)\(\s*(\w+)\s*\)")
LEVELS = re.compile(r"(?:C|factor|as\.factor)\(\s*(\w+)\s*\)")
MODELLED = ("covariates", "group")  # what the right side of a formula is


def by_frame(*columns: str) -> Callable[[Function], Function]:
    """Let a function take a frame or a formula; ``columns`` are its parameters that hold columns.

    >>> @by_frame("time", "event")
    ... def latest(time, event):
    ...     return max(time)
    >>> frame = pd.DataFrame({"months": [2, 9], "died": [1, 0]})
    >>> latest(frame, "months", "died"), latest("Surv(months, died) ~ 1", frame), latest([4], [1])
    (9, 9, 4)
    """

    def decorate(function: Function) -> Function:
        parameters = inspect.signature(function).parameters
        names = [*parameters]
        takes_more = any(one.kind is one.VAR_KEYWORD for one in parameters.values())
        needed = [
            one.name
            for one in parameters.values()
            if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD
        ]

        @functools.wraps(function)
        def call(*given: Any, **named: Any) -> Any:
            if given and isinstance(given[0], str) and "~" in given[0]:
                frame = given[1] if len(given) > 1 else named.pop("data", None)
                if not isinstance(frame, pd.DataFrame):
                    raise StatisticsError(f"formula {given[0]}: give the frame after it")
                asked = _of_formula(given[0], frame, columns) | named
            elif given and isinstance(given[0], pd.DataFrame):
                frame, *rest = given
                asked = dict(zip(names, rest, strict=False)) | named
                if "covariates" in needed and "covariates" not in asked and len(asked) > 1:
                    asked["covariates"] = _others(frame, asked, columns)
            else:
                _refuse_missing(function, needed, {*names[: len(given)], *named})
                return function(*given, **named)
            _refuse_missing(function, needed, {*asked})
            for name in asked:
                if name not in parameters and not takes_more:
                    raise StatisticsError(
                        f"{function.__name__} takes no {name}; it takes {', '.join(names)}"
                    )
                if name in columns:
                    asked[name] = _column(frame, asked[name], name == "covariates")
            return function(**asked)

        return call  # type: ignore[return-value]

    return decorate


def _refuse_missing(function: Callable, needed: list[str], given: set[str]) -> None:
    """Say how a function is called, where a part is missing."""
    missing = [name for name in needed if name not in given]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise StatisticsError(
            f"{function.__name__}: {' and '.join(missing)} {verb} not given: it takes columns, or "
            f"a frame and the names of its columns ({', '.join(needed)}), or a formula and a frame"
        )


def _column(frame: pd.DataFrame, asked: Any, is_frame: bool = False) -> Any:
    """A column by its name, several by a list of names; anything else stays as it is."""
    if is_frame and isinstance(asked, str):
        asked = [asked]
    if isinstance(asked, (list, tuple)) and asked and all(isinstance(one, str) for one in asked):
        return pd.DataFrame({name: _column(frame, name) for name in asked})
    if not isinstance(asked, str):
        return asked
    if asked not in frame.columns:
        known = ", ".join(map(str, frame.columns))
        raise StatisticsError(f"column {asked}: the frame has no such column; it has {known}")
    return frame[asked]


def _others(frame: pd.DataFrame, asked: dict, columns: tuple[str, ...]) -> list[str]:
    """The columns that play no other part."""
    used = [asked[name] for name in columns if isinstance(asked.get(name), str)]
    return [name for name in frame.columns if name not in used]


def _of_formula(text: str, frame: pd.DataFrame, columns: tuple[str, ...]) -> dict[str, Any]:
    """The parts of ``Surv(time, event) ~ terms``, or of ``Surv(entry, time, event) ~ terms``."""
    left, _, right = text.partition("~")
    found = SURVIVAL.fullmatch(left.strip())
    parts = [part.strip() for part in found[1].split(",")] if found else []
    if len(parts) not in (2, 3):
        raise StatisticsError(
            f"formula {text}: it begins with Surv(time, event) or Surv(entry, time, event)"
        )
    event = "event_code" if "event_code" in columns else "event"
    asked: dict[str, Any] = dict(zip(("time", event), parts[-2:], strict=True))
    if len(parts) == 3:
        asked["entry"] = parts[0]
    terms: dict[str, pd.Series] = {}
    for term in (part.strip() for part in right.split("+")):
        role, levels = ROLE.fullmatch(term), LEVELS.fullmatch(term)
        if role:
            asked[role[1]] = role[2]
        elif levels:
            terms[levels[1]] = _column(frame, levels[1]).astype(str)
        elif term in frame.columns:
            terms[term] = frame[term]
        elif term == ".":
            terms |= {name: frame[name] for name in _others(frame, asked, tuple(asked))}
        elif term != "1":
            raise StatisticsError(
                f"formula {text}: «{term}» is neither a column nor strata() or cluster() of one; "
                "make a column of it first (frame.assign)"
            )
    for name in MODELLED:
        if name in columns and terms:
            asked[name] = pd.DataFrame(terms) if name == "covariates" else [*terms.values()][0]
            return _known(text, asked, columns)
    if terms:
        raise StatisticsError(f"formula {text}: one curve takes ~ 1; call it for each group")
    return _known(text, asked, columns)


def _known(text: str, asked: dict[str, Any], columns: tuple[str, ...]) -> dict[str, Any]:
    """Refuse a part that the function does not take."""
    for name in asked:
        if name not in columns:
            raise StatisticsError(f"formula {text}: {name} has no place in this function")
    return asked
