"""Parts against their total: groups against everybody, levels against the group, flows.

A total is an arm that says so («all patients», «All treatment groups»). A part whose name holds the
name of another part («BCMA-directed bispecific trial», «Bispecific trial») is a part of that one.
"""

from __future__ import annotations

from myelomart.audit.finding import DOUBTFUL, Finding
from myelomart.audit.printed_rows import Printed

MOST_UNKNOWN = 0.05  # levels that miss this share of their group, or one person, do not close


def groups_and_total(rows: list[Printed]) -> list[Finding]:
    """Counts of the arms that do not add to the count of all; sub-rows that do not to their row."""
    found = []
    for own in table_columns(rows).values():
        for outer, under in _sub_rows(_parts(own)).values():
            found += _sum("sub-rows", under, outer)
        for total in filter(is_total, own):
            found += _sum("groups", flat_groups(own), total)
    return found


def flat_groups(column: list[Printed]) -> list[Printed]:
    """The groups of one column without the totals, and without those that are part of another."""
    parts = _parts(column)
    inside = {row.row_id for _, under in _sub_rows(parts).values() for row in under}
    return [row for row in parts if row.row_id not in inside]


def _parts(column: list[Printed]) -> list[Printed]:
    return [row for row in column if not is_total(row) and row.arm_or_group]


def table_columns(rows: list[Printed]) -> dict[tuple, list[Printed]]:
    """Rows that stand in one column or line of a table: same place, endpoint and level."""
    tables: dict[tuple, list[Printed]] = {}
    for row in rows:
        if row.table_figure and row.statistic in ("percent", "count") and row.count is not None:
            place = (row.study_id, row.table_figure, row.endpoint, row.category, row.comparison_id)
            tables.setdefault(place, []).append(row)
    return tables


def is_total(row: Printed) -> bool:
    """Whether the group is everybody: it says so in its first word."""
    return row.arm_or_group.lower().split(" ")[0] in ("all", "total", "overall")


def _sub_rows(parts: list[Printed]) -> dict[str, tuple[Printed, list[Printed]]]:
    """Parts with two sub-rows or more: one alone («trait», «no trait») is a part beside it."""
    found: dict[str, tuple[Printed, list[Printed]]] = {}
    for row in parts:
        outer = _outer(row, parts)
        if outer is not None:
            found.setdefault(outer.row_id, (outer, []))[1].append(row)
    return {row_id: (outer, under) for row_id, (outer, under) in found.items() if len(under) > 1}


def _outer(row: Printed, parts: list[Printed]) -> Printed | None:
    """The part that this one is a part of."""
    name = row.arm_or_group.lower()
    others = [
        one for one in parts
        if one is not row and one.arm_or_group.lower() in name and one.arm_or_group.lower() != name
    ]  # fmt: skip
    return min(others, key=lambda one: len(one.arm_or_group), default=None)


def _sum(kind: str, parts: list[Printed], total: Printed) -> list[Finding]:
    if len(parts) < 2 or any(row.count is None for row in parts) or total.count is None:
        return []
    sizes = [row.size for row in parts]
    is_same_base = all(size == total.size for size in sizes)
    is_split = None not in (*sizes, total.size) and sum(sizes) == total.size
    if not (is_same_base or is_split):
        return []
    added = sum(row.count for row in parts)
    if added == total.count:
        return []
    return [
        Finding(
            "total", (total.row_id, *(row.row_id for row in parts)),
            f"{total.group}, {total.called}: the {kind} add to {added}, printed {total.count}",
        )
    ]  # fmt: skip


def levels_and_group(rows: list[Printed]) -> list[Finding]:
    """Levels of one variable that add to more than the group, or that nearly close and do not.

    Only variables whose levels come near the group's size are read as exclusive: several sites or
    drugs of one patient add to anything.
    """
    found = []
    of: dict[tuple, list[Printed]] = {}
    for row in rows:
        if row.category and row.table_figure and row.count is not None and not row.repeat_of:
            key = (row.study_id, row.table_figure, row.population, row.arm_or_group, row.endpoint)
            of.setdefault(key, []).append(row)
    for own in of.values():
        found += _two_bases(own)
        sizes = {row.size for row in own}
        if len(own) < 2 or len(sizes) != 1 or None in sizes:
            continue
        size, added = sizes.pop(), sum(row.count for row in own)
        gap = size - added
        if 0 < gap <= max(1, MOST_UNKNOWN * size):
            found.append(
                Finding("levels", tuple(row.row_id for row in own),
                        f"{own[0].group}, {own[0].endpoint.replace('_', ' ')}: the levels add to "
                        f"{added} of {size}; {gap} stand nowhere")
            )  # fmt: skip
    return found


def _two_bases(own: list[Printed]) -> list[Finding]:
    """Percents of those who are left when a level is taken out, beside that level of everybody."""
    sizes = sorted({row.size for row in own if row.size is not None})
    if len(sizes) != 2:
        return []
    outside = [row for row in own if row.size == sizes[1]]
    if sizes[0] + sum(row.count for row in outside) != sizes[1]:
        return []
    left_out = " and ".join(f"{row.count} {row.category}" for row in outside)
    return [
        Finding("levels", tuple(row.row_id for row in own),
                f"{own[0].group}, {own[0].endpoint.replace('_', ' ')}: the percents are of "
                f"{sizes[0]}, without {left_out} of {sizes[1]}", DOUBTFUL)
    ]  # fmt: skip


def flows(rows: list[Printed]) -> list[Finding]:
    """What is left after the exclusions of a flow stands nowhere among the counts."""
    found = []
    of: dict[tuple, list[Printed]] = {}
    for row in rows:
        if row.endpoint == "flow" and row.category.lower().startswith("excluded"):
            of.setdefault((row.study_id, row.population, row.size), []).append(row)
    for (study_id, population, size), own in of.items():
        if size is None or any(row.count is None for row in own):
            continue
        left = size - sum(row.count for row in own)
        kept = {
            row.count for row in rows
            if row.study_id == study_id and row.population == population and row.endpoint != "flow"
        }  # fmt: skip
        if kept and left not in kept:
            found.append(
                Finding("flow", tuple(row.row_id for row in own),
                        f"{population}: {size} less the exclusions leaves {left}, which no count "
                        "of these patients is")
            )  # fmt: skip
    return found


def grades(rows: list[Printed]) -> list[Finding]:
    """A severe grade that is more frequent than any grade of the same event in the same group."""
    found = []
    any_grade = {}
    for row in rows:
        for ending in ("_any_grade", "_any"):
            if row.endpoint.endswith(ending) and row.count is not None:
                name = row.endpoint.removesuffix(ending)
                any_grade[(row.study_id, row.arm_or_group, name, row.size)] = row
    for row in rows:
        name, _, severe = row.endpoint.partition("_grade_ge_")
        whole = any_grade.get((row.study_id, row.arm_or_group, name, row.size))
        if severe and whole is not None and row.count is not None and row.count > whole.count:
            found.append(
                Finding("grades", (whole.row_id, row.row_id),
                        f"{row.group}, {row.called}: {row.count} of {whole.count} with any grade")
            )  # fmt: skip
    return found
