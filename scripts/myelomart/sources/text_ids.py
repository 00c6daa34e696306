"""Ids that are texts or UUIDs: counted, told apart, and the way back kept beside the landing.

The number of such an id is made of its text (`values.number_of_text`), so tables join as they did.
``<landing>/text_ids/source_name=<name>/<table>.parquet`` says which text a number was made of. It
holds the source's own ids, is read by nothing, and leaves the machine with nothing.
"""

from __future__ import annotations

from pathlib import Path

from myelomart.errors import SourceError
from myelomart.sources import layout
from myelomart.sources.columns import Plan, copy, greatest_number
from myelomart.sources.files import pattern
from myelomart.sources.source import RowAccount
from myelomart.sources.values import FIRST_OF_TEXTS, is_id, is_text_id, number_of_text
from myelomart.warehouse import quoted, rows

ACTION = "id made of text"
NAMED = {  # tables to whose rows somebody may want to find back
    "person", "visit_occurrence", "visit_detail", "provider", "care_site", "location", "episode",
}  # fmt: skip


def keep_text_ids(connection, plan: Plan, landed: Path, account: RowAccount, target: Path) -> None:
    """Note how many ids of each column were made of texts; write those of the key to ``target``.

    ``landed`` is the table as it was written: its footer says where there can be none.

    Raises ``SourceError`` where two texts have one number.
    """
    texts = {
        column.name: _text(*plan.present[column.name])
        for column in plan.columns
        if is_id(column)
        and plan.present.get(column.name, ("", ""))[1] in ("VARCHAR", "UUID")
        and greatest_number(landed, column.name) >= FIRST_OF_TEXTS
    }
    if not texts:
        return
    counts = ", ".join(f"count(*) filter (where {is_text_id(text)})" for text in texts.values())
    found = rows(connection, f"select {counts} from {plan.readable.scan}")[0]
    for name, count in zip(texts, found, strict=True):
        account.note(ACTION, name, "it is a text", count)
        if count and plan.table in NAMED and name == layout.key_of(plan.table):
            _write_key(connection, plan, texts[name], target)


def _text(name: str, kind: str) -> str:
    name = quoted(name)
    return f"nullif(trim({name}), '')" if kind == "VARCHAR" else f"cast({name} as varchar)"


def _write_key(connection, plan: Plan, text: str, target: Path) -> None:
    copy(
        connection,
        f"select {text} as source_id, {number_of_text(text)} as id from {plan.readable.scan} "
        f"where {is_text_id(text)} group by all order by 1",
        target,
    )
    doubled = rows(
        connection,
        f"select count(*) from (select id from read_parquet({pattern(target)}) group by 1 "
        "having count(distinct lower(trim(source_id, '{}'))) > 1)",
    )[0][0]
    if doubled:
        raise SourceError(
            f"{plan.readable.place}: {doubled:,} pairs of ids of the table {plan.table} get one "
            "number: number its rows, and export them again."
        )
