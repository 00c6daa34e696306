"""SAS transport files, version 5: what regulators and SAS read (SAS TS-140).

Records of 80 bytes: headers, one description of 140 bytes per variable, then the rows, whose
numbers are IBM's hexadecimal floats. Texts are UTF-8, which is ASCII where they are plain. The
day that the headers name is fixed, so that the same data give the same bytes.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pandas as pd

from myelomart.adam.shape import Variable

RECORD = 80
DAY = b"01JAN70:00:00:00"
EPOCH = pd.Timestamp("1960-01-01")
MISSING = np.uint64(0x2E << 56)  # a full stop
MADE_BY = b"SAS     "
SYSTEM = b"9.4".ljust(8) + b"myelomrt"


def write_transport(
    frame: pd.DataFrame, own: list[Variable], lengths: dict[str, int], name: str, label: str,
    path: Path,
) -> None:  # fmt: skip
    """Write one data set: its variables in order, texts as long as ``lengths`` says (bytes)."""
    size = {one.variable: lengths[one.variable] if one.type == "Char" else 8 for one in own}
    places = np.cumsum([0, *size.values()])
    described = b"".join(
        _described(one, number, size[one.variable], int(place))
        for number, (one, place) in enumerate(zip(own, places, strict=False), start=1)
    )
    rows = np.zeros(
        len(frame),
        dtype=[(one.variable, f"S{size[one.variable]}" if one.type == "Char" else ">u8")
               for one in own],
    )  # fmt: skip
    for one in own:
        column = frame[one.variable]
        if one.type == "Char":
            rows[one.variable] = _texts(column, size[one.variable])
        else:
            days = (column - EPOCH).dt.days if one.type == "Date" else column
            rows[one.variable] = ibm_floats(days.to_numpy(float, na_value=np.nan))
    head = [
        _header("LIBRARY"),
        MADE_BY + MADE_BY + b"SASLIB  " + SYSTEM + b" " * 24 + DAY,
        DAY,
        _header("MEMBER", "0" * 17 + "1600000000140"),
        _header("DSCRPTR"),
        MADE_BY + name.encode().ljust(8) + b"SASDATA " + SYSTEM + b" " * 24 + DAY,
        DAY + b" " * 16 + label.encode()[:40].ljust(40),
        _header("NAMESTR", f"000000{len(own):04d}" + "0" * 20),
        described,
        _header("OBS"),
        rows.tobytes(),
    ]
    path.write_bytes(b"".join(_filled(one) for one in head))


def ibm_floats(values: np.ndarray) -> np.ndarray:
    """IBM's double floats (n,) of IEEE's, as whole numbers of 64 bits; exact. NaN is missing.

    >>> [hex(int(one)) for one in ibm_floats(np.array([1.0, -118.625, 0.0]))]
    ['0x4110000000000000', '0xc276a00000000000', '0x0']
    """
    missing = np.isnan(values)
    share, two = np.frexp(np.where(missing, 0.0, np.abs(values)))
    sixteen = -(-two // 4)  # the exponent in powers of 16, rounded up
    fraction = np.ldexp(share, two - 4 * sixteen + 56).astype(np.uint64)
    made = fraction | ((sixteen + 64).astype(np.uint64) << np.uint64(56))
    made = np.where(fraction == 0, np.uint64(0), made)
    sign = np.where(np.signbit(values) & (fraction > 0), np.uint64(1 << 63), np.uint64(0))
    return np.where(missing, MISSING, made | sign)


def _header(name: str, rest: str = "0" * 30) -> bytes:
    return f"HEADER RECORD*******{name:<8}HEADER RECORD!!!!!!!{rest}".encode()


def _filled(part: bytes) -> bytes:
    """Whole records of 80 bytes."""
    return part + b" " * (-len(part) % RECORD)


def _described(one: Variable, number: int, length: int, place: int) -> bytes:
    """The description of a variable: type, length, number, name, label, format, place."""
    form, width = (b"DATE", 9) if one.type == "Date" else (b"", 0)
    kind = 2 if one.type == "Char" else 1
    name, label = one.variable.encode().ljust(8), one.label.encode()[:40].ljust(40)
    return struct.pack(
        ">hhhh8s40s8shhh2s8shhl52s", kind, 0, length, number, name, label, form.ljust(8), width,
        0, 0, b"", b" " * 8, 0, 0, place, b"",
    )  # fmt: skip


def _texts(column: pd.Series, length: int) -> np.ndarray:
    """Texts as bytes of one length, blanks behind them; a missing one is blank."""
    codes, known = pd.factorize(column)
    texts = [text.encode().ljust(length) for text in known]
    return np.array([*texts, b" " * length], dtype=f"S{length}")[codes]  # code -1 is the last
