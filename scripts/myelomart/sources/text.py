"""Delimited text: how a file is written, how many records it holds, and a plain copy of odd ones.

DuckDB reads plain files as they are: UTF-8, one kind of line end, not packed or gzip. Anything else
(UTF-16, mixed line ends, the mark 0x1A of old DOS programs, zip, zstd …) is first rewritten as a
plain file in the landing. What cannot be told (another encoding, NUL bytes) is refused with the
line. Records are counted here too, by another way than DuckDB's, so that a row that one of the two
loses is noticed.
"""

from __future__ import annotations

import bz2
import codecs
import csv
import gzip
import lzma
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from myelomart.errors import SourceError
from myelomart.sources import layout
from myelomart.sources.source import DataFile

DELIMITERS = ",;\t|"
CHUNK = 8 * 1024 * 1024
SAMPLE = 128 * 1024
SAMPLE_RECORDS = 200
LONGEST_CELL = 16 * 1024 * 1024
MARKS = {  # the first bytes of a packed file
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
}
DOS_END = b"\x1a"
UNNAMED = "unnamed"
MISSING = ("", "NULL", "\\N")


@dataclass(frozen=True)
class Dialect:
    """How one file is written.

    ``names`` are the columns in order; one without a name is called ``unnamed_1`` …. ``quote`` is
    '' where marks mean nothing. ``na_is_missing`` says that an unquoted NA stands for no value, as
    R writes it.
    """

    encoding: str
    delimiter: str
    quote: str
    names: tuple[str, ...]
    na_is_missing: bool


@dataclass(frozen=True)
class Screened:
    """What a pass over the bytes of a file found: its records, and whether DuckDB may read it."""

    records: int
    is_plain: bool
    dos_ends: int


def packing_of(path: Path) -> str:
    """How ``path`` is packed by its first bytes: gzip, zip, zstd, bzip2, xz, or '' for not."""
    with path.open("rb") as handle:
        start = handle.read(8)
    return next((name for mark, name in MARKS.items() if start.startswith(mark)), "")


@contextmanager
def opened(file: DataFile) -> Iterator[BinaryIO]:
    """The bytes of ``file``, unpacked as they are read."""
    path = file.path
    try:
        if file.packed == "zip":
            with zipfile.ZipFile(path) as archive, archive.open(_one_member(path, archive)) as one:
                yield one
        elif file.packed == "zstd":
            with pa.OSFile(str(path), "rb") as raw, pa.CompressedInputStream(raw, "zstd") as one:
                yield one
        else:
            openers = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open, "": open}
            with openers[file.packed](path, "rb") as one:
                yield one
    except PermissionError as error:
        raise SourceError(f"{path} may not be read: ask its owner for the right to.") from error
    except (OSError, EOFError, lzma.LZMAError, zipfile.BadZipFile, ValueError) as error:
        if isinstance(error, UnicodeDecodeError):
            raise
        raise SourceError(
            f"{path} cannot be unpacked or read to its end: it is damaged or cut off; copy or "
            "export it again."
        ) from error
    except RuntimeError as error:  # a password, in a zip
        raise SourceError(f"{path} is locked with a password: unpack it first.") from error
    except Exception as error:
        if type(error).__module__.startswith("zlib"):
            raise SourceError(f"{path} is damaged: copy or export it again.") from error
        raise


def _one_member(path: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [
        one
        for one in archive.infolist()
        if not one.is_dir() and not one.filename.startswith("__MACOSX/")
    ]
    if len(members) != 1:
        raise SourceError(f"{path} holds {len(members)} files: unpack it, or pack one file alone.")
    return members[0]


def dialect_of(file: DataFile, table: str) -> Dialect:
    """How ``file`` of ``table`` is written, read from its first lines.

    Quotation marks mean nothing in the tab-separated vocabulary that Athena hands out, whose texts
    hold lone ones; everywhere else they hold a text together.
    """
    with opened(file) as handle:
        start = _read(handle, SAMPLE)
    encoding = _encoding(file.path, start)
    text = _decoded(file.path, start, encoding)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    header = lines[0]
    if not header.strip():
        raise SourceError(
            f"{file.path} has no header in its first line: the column names belong there."
        )
    delimiter = max(DELIMITERS, key=header.count)
    is_quoted = '"' in header
    is_athena = table in layout.VOCABULARY and delimiter == "\t" and not is_quoted
    quote = "" if is_athena else '"'
    whole = lines[1 : -1 if len(start) >= SAMPLE else None]
    names = [name.strip().lstrip("\ufeff") for name in _cells([header], delimiter, '"')[0]]
    sample = [cells for cells in _cells(whole, delimiter, quote) if cells]
    names, has_row_names = _named(names, sample)
    _refuse_doubled(file.path, names)
    quotes_texts = is_quoted and any('"' in line for line in whole)
    return Dialect(
        encoding, delimiter, quote, tuple(names), bool(quote) and (has_row_names or quotes_texts)
    )


def _named(names: list[str], sample: list[list[str]]) -> tuple[list[str], bool]:
    """A name for every cell of a row, and whether the first are R's row names.

    R's write.table gives the row names no header, its write.csv an empty one; Oracle and SAS end
    each line with the delimiter.
    """
    widths = Counter(len(cells) for cells in sample)
    usual = widths.most_common(1)[0][0] if widths else len(names)
    if usual == len(names) + 1:
        if all(not cells[-1].strip() for cells in sample if len(cells) == usual):
            names = [*names, ""]
        else:
            firsts = [cells[0] for cells in sample if len(cells) == usual]
            if len(set(firsts)) == len(firsts):
                names = ["", *names]
    elif usual == len(names) - 1 and not names[-1]:
        names = names[:-1]
    has_row_names = bool(names) and names[0] == ""
    number = 0
    for position, name in enumerate(names):
        if not name:
            number += 1
            names[position] = f"{UNNAMED}_{number}"
    return names, has_row_names


def _refuse_doubled(path: Path, names: list[str]) -> None:
    lowered = [name.lower() for name in names]
    doubled = sorted({name for name in lowered if lowered.count(name) > 1})
    if doubled:
        raise SourceError(f"{path}: the column {doubled[0]} is there twice: remove one.")


def _cells(lines: list[str], delimiter: str, quote: str) -> list[list[str]]:
    """The first records of ``lines``; reading stops where the sample ends inside a text."""
    quoting = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    reader = csv.reader(
        (line + "\n" for line in lines), delimiter=delimiter, quotechar='"', quoting=quoting
    )
    found = []
    try:
        for record in reader:
            found.append(record)
            if len(found) == SAMPLE_RECORDS:
                break
    except csv.Error:
        pass  # DuckDB says what is wrong, with the line
    return found


def _encoding(path: Path, start: bytes) -> str:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if start.startswith(mark):
            return encoding
    head = start[:200]
    if len(head) >= 20:
        if head[1::2].count(0) > 0.9 * len(head[1::2]) and not head[0::2].count(0):
            return "utf-16-le"
        if head[0::2].count(0) > 0.9 * len(head[0::2]) and not head[1::2].count(0):
            return "utf-16-be"
    return "utf-8"


def _decoded(path: Path, start: bytes, encoding: str) -> str:
    if encoding.startswith("utf-8"):
        _refuse_nul(path, start, 1)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        return decoder.decode(start)
    except UnicodeDecodeError as error:
        line = start[: error.start].count(b"\n") + 1
        raise _not_utf8(path, line) from error


def _refuse_nul(path: Path, chunk: bytes, line: int) -> None:
    place = chunk.find(b"\0")
    if place >= 0:
        line += chunk[:place].count(b"\n")
        raise SourceError(
            f"{path}, line {line}: there is a NUL byte (00), which no text holds: the file is "
            "damaged, or padded by the program that wrote it; export it again."
        )


def _not_utf8(path: Path, line: int) -> SourceError:
    return SourceError(
        f"{path}, line {line}: is not UTF-8 text, and no file says which other encoding it has: "
        "save it as UTF-8."
    )


def _read(handle: BinaryIO, size: int) -> bytes:
    """Up to ``size`` bytes; a stream may give fewer at a time."""
    parts, left = [], size
    while left and (part := handle.read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def screen(file: DataFile, dialect: Dialect) -> Screened:
    """Count the records of ``file`` and say whether DuckDB may read it as it is.

    A line end inside quotation marks ends no record, and an empty line is none. Raises
    ``SourceError`` with the line of a NUL byte or of text that is not UTF-8.
    """
    if not dialect.encoding.startswith("utf-8"):
        return Screened(count_exactly(file, dialect), False, 0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    counter = _Records(bool(dialect.quote))
    line = 1
    both = lone = ends = 0
    newlines = 0
    held = b""
    with opened(file) as handle:
        while chunk := _read(handle, CHUNK):
            _refuse_nul(file.path, chunk, line)
            if not chunk.isascii() or decoder.getstate()[0]:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError as error:
                    before = chunk[: max(error.start, 0)].count(b"\n")
                    raise _not_utf8(file.path, line + before) from error
            ends += chunk.count(DOS_END)
            if b"\r" in chunk or held:
                seen = held + chunk
                held = b"\r" if seen.endswith(b"\r") else b""
                seen = seen[: len(seen) - len(held)]
                pairs = seen.count(b"\r\n")
                both += pairs
                lone += seen.count(b"\r") - pairs
            found = chunk.count(b"\n")
            newlines += found
            line += found
            counter.add(chunk)
    if decoder.getstate()[0]:
        raise _not_utf8(file.path, line)
    lone += len(held)
    is_plain = not ends and not lone and both in (0, newlines) and file.packed in ("", "gzip")
    if ends or lone:  # they change what a line is
        return Screened(count_exactly(file, dialect), False, ends)
    return Screened(max(counter.total() - 1, 0), is_plain, ends)


class _Records:
    """Counts line ends outside quotation marks; lines without a character count for nothing."""

    def __init__(self, has_quotes: bool):
        self.has_quotes = has_quotes
        self.records = 0
        self.is_inside = False
        self.left = 0  # bytes since the last end of a record
        self.last = 0  # the last byte of what came before

    def add(self, chunk: bytes) -> None:
        bytes_ = np.frombuffer(chunk, dtype=np.uint8)
        ends = np.flatnonzero(bytes_ == 10)
        if self.has_quotes and (b'"' in chunk or self.is_inside):
            marks = np.flatnonzero(bytes_ == 34)
            inside = (np.searchsorted(marks, ends) + self.is_inside) % 2 == 1
            ends = ends[~inside]
            self.is_inside = bool((len(marks) + self.is_inside) % 2)
        if not len(ends):
            self.left += len(chunk)
            self.last = chunk[-1]
            return
        lengths = np.diff(ends, prepend=-1) - 1
        lengths[0] += self.left
        before = bytes_[np.maximum(ends - 1, 0)].copy()
        if ends[0] == 0:
            before[0] = self.last
        empty = (lengths == 0) | ((lengths == 1) & (before == 13))
        self.records += int(len(ends) - empty.sum())
        self.left = len(chunk) - 1 - int(ends[-1])
        self.last = chunk[-1]

    def total(self) -> int:
        is_rest = self.left > 1 or (self.left == 1 and self.last != 13)
        return self.records + int(is_rest)


def plain_copy(file: DataFile, dialect: Dialect, target: Path) -> None:
    """Write ``file`` to ``target`` as UTF-8 with one kind of line end and without 0x1A."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as out:
        for part in _plain_parts(file, dialect):
            out.write(part)


def _plain_parts(file: DataFile, dialect: Dialect) -> Iterator[bytes]:
    """The bytes of ``file`` as UTF-8; line ends outside quotation marks become line feeds."""
    is_inside, held = False, b""
    for chunk in _utf8_chunks(file, dialect.encoding):
        chunk = held + chunk.replace(DOS_END, b"")
        held = b"\r" if chunk.endswith(b"\r") else b""
        chunk = chunk[: len(chunk) - len(held)]
        if not dialect.quote:
            yield chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            continue
        pieces = chunk.split(b'"')
        for position, piece in enumerate(pieces):
            if (position % 2 == 1) == is_inside:
                pieces[position] = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        is_inside = ((len(pieces) - 1) % 2 == 1) != is_inside
        yield b'"'.join(pieces)
    yield b"\n" if held else b""


def _utf8_chunks(file: DataFile, encoding: str) -> Iterator[bytes]:
    with opened(file) as handle:
        if encoding == "utf-8":
            while chunk := _read(handle, CHUNK):
                yield chunk
            return
        decoder = codecs.getincrementaldecoder(encoding)()
        line = 1
        while True:
            chunk = _read(handle, CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                raise SourceError(
                    f"{file.path}, near line {line}: is cut off or damaged {encoding.upper()} "
                    "text: save it as UTF-8."
                ) from error
            if "\0" in text:
                _refuse_nul(file.path, text.encode(), line)
            line += text.count("\n")
            if text:
                yield text.encode()
            if not chunk:
                return


def count_exactly(file: DataFile, dialect: Dialect) -> int:
    """The records of ``file`` besides its header, read cell by cell: slow, and never misled."""
    csv.field_size_limit(LONGEST_CELL)
    quoting = csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE
    reader = csv.reader(
        _lines(file, dialect), delimiter=dialect.delimiter, quotechar='"', quoting=quoting
    )
    try:
        return max(sum(1 for record in reader if record) - 1, 0)
    except csv.Error as error:
        raise SourceError(
            f"{file.path}, line {reader.line_num}: cannot be read as text with a delimiter: a "
            "quotation mark is opened and not closed, or the file is no text; export it again."
        ) from error


def _lines(file: DataFile, dialect: Dialect) -> Iterator[str]:
    rest = b""
    for part in _plain_parts(file, dialect):
        lines = (rest + part).split(b"\n")
        rest = lines.pop()
        for line in lines:
            yield line.decode("utf-8", "replace") + "\n"
    if rest:
        yield rest.decode("utf-8", "replace")


def scan(path_pattern: str, dialect: Dialect, packed: str, literal) -> str:
    """DuckDB's call that reads a plain file of ``dialect``; every column comes as text."""
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in dialect.names)
    missing = [*MISSING, "NA"] if dialect.na_is_missing else list(MISSING)
    words = ", ".join(literal(word) for word in missing)
    return (
        f"read_csv({path_pattern}, header = false, skip = 1, all_varchar = true, "
        f"auto_detect = false, delim = {literal(dialect.delimiter)}, "
        f"quote = {literal(dialect.quote)}, escape = {literal(dialect.quote)}, "
        f"nullstr = [{words}], allow_quoted_nulls = {str(not dialect.na_is_missing).lower()}, "
        f"columns = {{{columns}}}, max_line_size = {LONGEST_CELL}, comment = '', "
        f"compression = {literal(packed or 'none')}, filename = 'source_file_name')"
    )
