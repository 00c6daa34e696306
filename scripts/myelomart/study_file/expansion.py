"""A study file as the rows of the engine, each cell with the line it comes from."""

from __future__ import annotations

from pathlib import Path

from myelomart.rows.checking import Row
from myelomart.rows.declared import tables
from myelomart.rows.faults import Fault, nearest
from myelomart.study_file.entry import Notes, a, put, put_subject, start_row
from myelomart.study_file.nodes import Listed, Mapped, Node, Text, read_nodes
from myelomart.study_file.shape import (
    ANALYSES,
    COHORTS,
    COVARIATES,
    CRITERIA,
    ENDPOINTS,
    EVENTS,
    FIRST_PRIORITY,
    MATCHING,
    ROLES,
    RULES,
    STRATA,
    STUDY,
    Part,
    further_parts,
    is_mapping,
)

ANY_OF = "any_of"


class StudyFile:
    """What one file says: its rows, its faults, and what it replaces."""

    def __init__(self, file: Path, labels: dict[str, str] | None = None):
        """Read ``file``; ``labels`` are those of event groups that others define."""
        self.root, faults = read_nodes(file)
        self.notes = Notes(file)
        self.notes.faults += faults
        self.rows: list[Row] = []
        self.is_shared = set(self.root.values) == {"events"}
        self.study = self._text("study")
        self.overrides = self._text("overrides") == "true"
        self.overridden_events: set[str] = set()
        self.labels = dict(labels or {})
        if faults and not self.root.values:
            return
        self._events()
        if not self.is_shared:
            self._study()

    @property
    def faults(self) -> list[Fault]:
        """What is wrong with the file itself."""
        return self.notes.faults

    def _text(self, key: str) -> str:
        node = self.root.values.get(key)
        return self.notes.text(node, f"{key}:") if node else ""

    def _part(self, key: str) -> Mapped:
        return self.notes.mapped(self.root.values.get(key), key)

    def _study(self) -> None:
        self.notes.check_keys(self.root, (*STUDY.all_keys, *further_parts()), "a study")
        row = start_row(STUDY, self.notes, self.root, self.root.line_of("study"))
        put(row, STUDY, self.notes, self.root, "a study")
        row.cells["study_id"] = self.study
        if self.study:
            self.notes.check_name(self.study, self.root.line_of("study"), "a study")
        self.rows.append(row)
        self._cohorts()
        self._blocks("covariates", COVARIATES, self._covariate)
        self._blocks("endpoints", ENDPOINTS, self._endpoint)
        for name, node in self._entries("strata", STRATA, "stratum").items():
            row = self._row(STRATA, "strata", name, node, stratum_id=name)
            self._subject(row, STRATA, node, f"the stratum {name}")
        self._analyses()
        for key, part in further_parts().items():
            if key in self.root.values:
                self._further(key, part)

    def _further(self, key: str, part: Part) -> None:
        """The rows of a table that has no part of its own: name: text, or a list of entries."""
        if is_mapping(part):
            name, text = part.keys
            for said, value in self._part(key).values.items():
                row = start_row(part, self.notes, self.root, value.line, study_id=self.study)
                row.cells |= {name: said, text: self.notes.text(value, said)}
                row.places[name] = self.notes.place(self._part(key).line_of(said))
                self.rows.append(row)
            return
        for order, item in enumerate(self.notes.listed(self.root.values[key], key), 1):
            node = self.notes.mapped(item, f"an entry of {key}")
            self.notes.check_keys(node, part.all_keys, f"an entry of {key}")
            named = {"sort_order": str(order)} if "sort_order" in part.keys else {}
            self._row(part, key, f"entry {order}", node, **named)

    def _entries(self, key: str, part: Part, what: str) -> dict[str, Mapped]:
        """The named entries of a part, their names and keys checked."""
        top = self._part(key)
        return {name: self._entry(top, name, part, what) for name in top.values}

    def _entry(self, top: Mapped, name: str, part: Part, what: str) -> Mapped:
        line = top.line_of(name)
        self.notes.check_name(name, line, a(what))
        node = self.notes.mapped(top.values[name], f"the {what} {name}")
        node = Mapped(node.values, line, node.key_lines)
        self.notes.check_keys(node, part.all_keys, a(what))
        return node

    def _row(self, part: Part, key: str, name: str, node: Mapped, **named: str) -> Row:
        """Start, fill and keep the row of an entry."""
        row = start_row(part, self.notes, node, node.line, study_id=self.study, **named)
        put(row, part, self.notes, node, f"{name} of {key}")
        self.rows.append(row)
        return row

    def _events(self) -> None:
        words = tables()[EVENTS.table].words("event_type")
        top = self._part("events")
        for name, value in top.values.items():
            line = top.line_of(name)
            self.notes.check_name(name, line, "an event")
            node = self.notes.mapped(value, f"the event {name}")
            self.notes.check_keys(node, (*EVENTS.all_keys, *words), "an event")
            label = node.values.get("label")
            self.labels[name] = self.notes.text(label, "label") if label else ""
            if (said := node.values.get("overrides")) and self.notes.text(said, "") == "true":
                self.overridden_events.add(name)
            kinds = [kind for kind in node.values if kind in words]
            if not kinds:
                self.notes.note(line, f"the event {name} needs a kind and its names, as coded: crs")
            for kind in kinds:
                said = node.values[kind]
                for code in said.items if isinstance(said, Listed) else (said,):
                    row = start_row(EVENTS, self.notes, node, line, event_group_id=name)
                    put(row, EVENTS, self.notes, node, f"{name} of events")
                    row.cells |= {"event_type": kind, "event_code": self.notes.text(code, kind)}
                    row.places["event_code"] = self.notes.place(code.line)
                    row.called["event_code"] = kind
                    self.rows.append(row)

    def _cohorts(self) -> None:
        entries = self._entries("cohorts", COHORTS, "cohort")
        if not entries:
            self.notes.note(self.root.line_of("cohorts"), "a study needs cohorts:")
        for name, node in entries.items():
            self._row(COHORTS, "cohorts", name, node, cohort_id=name)
            steps = self.notes.listed(node.values.get("criteria"), "criteria")
            for step, item in enumerate(steps, 1):
                for alternative in self._alternatives(item):
                    self._criterion(name, step, alternative)

    def _alternatives(self, item: Node, is_step: bool = True) -> list[Mapped]:
        """The criteria of one step: named ones are looked up, alternatives laid side by side."""
        if isinstance(item, Text):
            shared = self._part("criteria").values
            name = item.text or ""
            if name not in shared:
                said = nearest(name, shared)
                self.notes.note(
                    item.line, f"«{name}» is not one of the criteria of the study; {said}"
                )
                return []
            item = shared[name]
        node = self.notes.mapped(item, "a criterion")
        if ANY_OF not in node.values:
            return [node]
        self.notes.check_keys(node, (ANY_OF,), "a step of alternatives")
        if not is_step:
            self.notes.note(node.line, "alternatives stand in a step, not in one another")
            return []
        several = self.notes.listed(node.values[ANY_OF], ANY_OF)
        return [one for each in several for one in self._alternatives(each, is_step=False)]

    def _criterion(self, cohort: str, step: int, node: Mapped) -> None:
        self.notes.check_keys(node, CRITERIA.all_keys, "a criterion")
        kinds = [kind for kind in ("include", "exclude") if kind in node.values]
        if len(kinds) != 1:
            self.notes.note(node.line, "a criterion needs include: or exclude:, and its words")
            return
        label = self.notes.text(node.values[kinds[0]], kinds[0])
        named = {"cohort_id": cohort, "step": str(step), "kind": kinds[0], "label": label}
        row = start_row(CRITERIA, self.notes, node, node.line, **named)
        put(row, CRITERIA, self.notes, node, f"the criterion «{label}»")
        subject = self._subject(row, CRITERIA, node, f"the criterion «{label}»")
        row.cells["criterion_type"] = subject
        self._ask_days(node, subject, f"the criterion «{label}»")
        self.rows.append(row)

    def _subject(self, row: Row, part: Part, node: Mapped, what: str) -> str:
        """Which of the subjects of ``part`` the entry names; exactly one is asked for."""
        named = [key for key in part.subjects if key in node.values]
        if len(named) != 1:
            asked = " or ".join(f"{key}:" for key in part.subjects)
            one = "one of them" if len(part.subjects) > 1 and named else asked
            self.notes.note(node.line, f"{what} needs {one}")
            return named[0] if named else part.subjects[0]
        column = "event_group" if named[0] == "event" else named[0]
        put_subject(row, part, self.notes, node, named[0], column)
        return named[0]

    def _ask_days(self, node: Mapped, subject: str, what: str) -> None:
        if subject == "event" and "days" not in node.values:
            said = "the window in days from index (any: whenever)"
            self.notes.note(node.line, f"{what} needs days:, {said}")

    def _blocks(self, key: str, part: Part, add) -> None:
        """Groups of entries; what a block says besides holds for each that does not say it."""
        order = 0
        for item in self.notes.listed(self.root.values.get(key), key):
            block = self.notes.mapped(item, f"a group of {key}")
            shared = {name: one for name, one in block.values.items() if name in part.all_keys}
            self.notes.check_keys(block, ("group", "of", *part.all_keys), f"a group of {key}")
            for name in ("group", "of"):
                if name not in block.values:
                    self.notes.note(block.line, f"a group of {key} needs {name}:")
            group = block.values.get("group")
            title = self.notes.text(group, "group") if group else ""
            entries = self.notes.mapped(block.values.get("of"), "of")
            for name in entries.values:
                order += 1
                node = self._entry(entries, name, part, key.removesuffix("s"))
                whole = Mapped(shared | node.values, node.line, node.key_lines)
                named = {"row_group": title, "sort_order": str(order)}
                add(name, whole, shared.get("rules") if "rules" in node.values else None, named)

    def _covariate(self, name: str, node: Mapped, _: Node | None, named: dict[str, str]) -> None:
        row = self._row(COVARIATES, "covariates", name, node, covariate_id=name, **named)
        subject = self._subject(row, COVARIATES, node, f"the covariate {name}")
        row.cells["covariate_type"] = subject
        self._ask_days(node, subject, f"the covariate {name}")
        if subject == "characteristic" and "days" not in node.values:
            row.cells["window_end_days"] = "0"

    def _endpoint(self, name: str, node: Mapped, more: Node | None, named: dict[str, str]) -> None:
        self._row(ENDPOINTS, "endpoints", name, node, endpoint_id=name, **named)
        said = [*self._rules(more), *self._rules(node.values.get("rules"))]
        for role in (role for role in ROLES if role in node.values):
            keys = (role, "reason") if role == "event" else (role,)
            short = {key: node.values[key] for key in keys if key in node.values}
            said.append(Mapped(short, node.values[role].line))
        if "reason" in node.values and "event" not in node.values:
            self.notes.note(node.line_of("reason"), "reason: belongs to event: here")
        if not any("event" in rule.values for rule in said):
            asked = "give event:, or rules: with one"
            self.notes.note(node.line, f"the endpoint {name} has no rule that counts: {asked}")
        last = 0
        for role in ROLES:
            for rule in said:
                if next((one for one in ROLES if one in rule.values), ROLES[0]) == role:
                    last = self._rule(name, role, rule, last)

    def _rules(self, node: Node | None) -> list[Mapped]:
        return [self.notes.mapped(one, "a rule") for one in self.notes.listed(node, "rules")]

    def _rule(self, endpoint: str, role: str, node: Mapped, last: int) -> int:
        """Add a rule; its priority follows from its place unless it says one."""
        self.notes.check_keys(node, RULES.all_keys, "a rule")
        if len([one for one in ROLES if one in node.values]) != 1:
            said = "event:, competing:, censor: or entry:"
            self.notes.note(node.line, f"a rule of {endpoint} needs one of {said}")
            return last
        row = start_row(RULES, self.notes, node, node.line, study_id=self.study)
        row.cells |= {"endpoint_id": endpoint, "role": role}
        put(row, RULES, self.notes, node, f"a rule of {endpoint}")
        put_subject(row, RULES, self.notes, node, role, "event_group")
        row.cells.setdefault("reason", self.labels.get(row.cells["event_group"], ""))
        if not row.cells.get("priority"):
            last = 0 if role == "entry" else max(FIRST_PRIORITY[role], last + 1)
            row.cells["priority"] = str(last)
        self.rows.append(row)
        return last

    def _analyses(self) -> None:
        matching = self._part("matching")
        self.notes.check_keys(matching, MATCHING, "matching")
        entries = self._entries("analyses", ANALYSES, "analysis")
        if not entries:
            self.notes.note(self.root.line_of("analyses"), "a study needs analyses:")
        for order, (name, node) in enumerate(entries.items(), 1):
            population = node.values.get("population")
            if isinstance(population, Text) and population.text == "matched":
                node = Mapped(matching.values | node.values, node.line, node.key_lines)
            named = {"analysis_id": name, "sort_order": str(order)}
            row = self._row(ANALYSES, "analyses", name, node, **named)
            row.told.add("treated_cohort_id")
            who = [key for key in ("cohort", "treated") if key in node.values]
            if len(who) != 1 or ("treated" in who) != ("comparator" in node.values):
                self.notes.note(node.line, f"{name} needs cohort:, or treated: and comparator:")
            row.called["treated_cohort_id"] = who[0] if who else "cohort"
