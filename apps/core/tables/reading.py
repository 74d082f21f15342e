"""From the bytes of a CSV file to rows of cells by column. Says what is wrong with the file itself; cells are looked into later."""

import csv
import difflib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from apps.core.folding import fold
from apps.core.tables.faults import Fault, Refused
from apps.core.tables.table import Table

MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 100_000
MOST_COLUMNS = 100

_SAVE_AS = "save it as “CSV UTF-8”"
_KINDS = {
    b"PK\x03\x04": f"is an Excel workbook; {_SAVE_AS}",
    b"\xd0\xcf\x11\xe0": f"is an old Excel workbook; {_SAVE_AS}",
    b"\xff\xfe": f"is UTF-16 text; {_SAVE_AS}",
    b"\xfe\xff": f"is UTF-16 text; {_SAVE_AS}",
}
_NOTHING = {"-", "–", "—", "/"}
# A title may begin like one: the whole cell must be a reference or a call.
_FORMULA = re.compile(
    r"[=@+](?:\$?[A-Z]{1,3}\$?\d+(?:[:+*/-]\$?[A-Z]{0,3}\$?\d+)*|[\w.]+\(.*\))", re.IGNORECASE
)
_EXCEL_ERRORS = {"#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!"}
_AS_TEXT = re.compile(r'="([^"]*)"')
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\u200b]")


@dataclass(frozen=True, slots=True)
class Row:
    """Of one line: what its cells hold, by our names of the columns; empty cells are left out, and so are `spoilt` ones."""

    line: int
    cells: dict[str, str]
    spoilt: set[str]


@dataclass(slots=True)
class Rows:
    """A table as read. `headers` are the file's own names of our columns, `unread` those of columns that are not ours."""

    table: Table
    rows: list[Row] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, line: int, column: str, detail: str) -> None:
        self.faults.append(Fault(self.table.name, line, self.headers.get(column, column), detail))


def read(table: Table, raw: bytes) -> Rows:
    """Raises Refused when there are no rows to look into; whatever else is wrong stands in `faults`."""
    found = Rows(table)
    text = _text(table, raw)
    separator = re.match(r"sep=(.)\r?\n", text)
    lines = text[separator.end() :] if separator else text
    first = 2 if separator else 1
    delimiter = separator[1] if separator else _delimiter(lines)
    reader = csv.reader(io.StringIO(lines, newline=""), delimiter=delimiter, strict=True)
    columns: list[str | None] | None = None
    try:
        for line, cells in _records(reader, first):
            if len(cells) > MOST_COLUMNS and any(cell.strip() for cell in cells[MOST_COLUMNS:]):
                raise _refused(table, line, f"has {len(cells):,} cells, at most {MOST_COLUMNS} are read")
            if columns is None:
                columns = _columns(found, line, cells)
            elif len(found.rows) == MOST_ROWS:
                raise _refused(table, line, f"there are more than {MOST_ROWS:,} rows")
            else:
                found.rows.append(_row(found, line, columns, cells))
    except csv.Error as error:
        raise Refused(
            [*found.faults, Fault(table.name, reader.line_num + first - 1, "", _csv_fault(error))]
        ) from error
    if not found.rows:
        raise Refused([*found.faults, Fault(table.name, 0, "", "has no rows")])
    return found


def _text(table: Table, raw: bytes) -> str:
    if len(raw) > MOST_BYTES:
        raise _refused(table, 0, f"has {len(raw):,} bytes, at most {MOST_BYTES:,} are read")
    for beginning, detail in _KINDS.items():
        if raw.startswith(beginning):
            raise _refused(table, 0, detail)
    if (at := raw.find(b"\0")) >= 0:
        raise _refused(table, raw.count(b"\n", 0, at) + 1, "holds a NUL character: this is no text")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        detail = f"is not UTF-8, perhaps windows-1250, which cannot be told from others; {_SAVE_AS}"
        raise _refused(table, line, detail) from error


def _delimiter(text: str) -> str:
    """The one that most often stands outside quotes in the first line."""
    header = re.sub(r'"[^"]*"', "", text.lstrip("\r\n").split("\n", 1)[0][:100_000])
    return max(";\t,", key=header.count)


def _records(reader: Iterator[list[str]], first: int) -> Iterator[tuple[int, list[str]]]:
    """Those with anything in them, each with the line it begins on."""
    before = first - 1
    for cells in reader:
        line, before = before + 1, first - 1 + reader.line_num  # type: ignore[attr-defined]  # of csv.reader
        if any(cell.strip() for cell in cells):
            yield line, cells


def _columns(found: Rows, line: int, cells: list[str]) -> list[str | None]:
    columns: list[str | None] = []
    for position, cell in enumerate(cells, start=1):
        header = " ".join(cell.split())
        column = found.table.column(header) if header else None
        if column in found.headers:
            found.faults.append(
                Fault(
                    found.table.name, line, header[:100], f"says the same as column {found.headers[column]}"
                )
            )
        elif column:
            found.headers[column] = header
        elif header:
            _stranger(found, line, header[:100])
        columns.append(column or (None if header else f"number {position}, which has no name"))
    missing = [group for group in found.table.required if not set(group) & set(found.headers)]
    for group in missing:
        known = ", ".join(found.table.names[group[0]])
        found.faults.append(
            Fault(found.table.name, line, "", f"has no column {' or '.join(group)}; known names: {known}")
        )
    if missing:
        raise Refused(found.faults)
    return columns


def _stranger(found: Rows, line: int, header: str) -> None:
    """A column of their own is left alone; one that looks like a slip of the pen is not, since it would go unread unnoticed."""
    names = {fold(name): name for names in found.table.names.values() for name in names if len(name) > 3}
    if close := difflib.get_close_matches(fold(header), names, n=1, cutoff=0.85):
        found.faults.append(
            Fault(found.table.name, line, header, f"is not known; did you mean {names[close[0]]}?")
        )
    else:
        found.unread.append(header)


def _row(found: Rows, line: int, columns: list[str | None], cells: list[str]) -> Row:
    row = Row(line, {}, set())
    for position, cell in enumerate(cells):
        text = _cleaned(cell)
        if not text:
            continue
        if position >= len(columns):
            found.faults.append(
                Fault(
                    found.table.name,
                    line,
                    "",
                    f"has {len(cells)} cells, the header {len(columns)}: is a cell with a delimiter not quoted?",
                )
            )
            break
        column = columns[position]
        if column is None:
            continue
        if fault := "has a value" if column not in found.table.names else _spoilt(text):
            found.fault(line, column, fault)
            row.spoilt.add(column)
        else:
            row.cells[column] = text
    return row


def _spoilt(text: str) -> str:
    """Why the text cannot be what somebody wanted to say."""
    if text in _EXCEL_ERRORS:
        return f"is the error {text} of a spreadsheet"
    if _FORMULA.fullmatch(text):
        return "is a formula: paste its value"
    return "holds a control character" if _CONTROL.search(text) else ""


def _cleaned(cell: str) -> str:
    """Without the spaces around it and what spreadsheets add so that a number stays text; a dash means nothing."""
    text = cell.strip()
    if as_text := _AS_TEXT.fullmatch(text):
        text = as_text[1].strip()
    text = text.removeprefix("'")
    return "" if text in _NOTHING else text


def _csv_fault(error: csv.Error) -> str:
    if "field larger" in str(error):
        return f"has a cell of more than {csv.field_size_limit():,} characters: is a quote not closed?"
    return f"cannot be taken apart: {error}"


def _refused(table: Table, line: int, detail: str) -> Refused:
    return Refused([Fault(table.name, line, "", detail)])
