"""What a check means for whoever asked: which findings count, the exit code, forms for a CI job."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

from myelomart.errors import QualityError
from myelomart.messages import shown
from myelomart.quality.checks import BLOCKING, NOTED, PASSED, WARNING
from myelomart.quality.report import about, sentence, words

RANKS = {PASSED: 0, NOTED: 1, WARNING: 2, BLOCKING: 3}
GROWN = 2.0  # a finding of the baseline whose share has more than doubled is a new one
COMMANDS = {BLOCKING: "error", WARNING: "warning", NOTED: "notice"}


def read_baseline(file: Path) -> dict[tuple[str, str], dict]:
    """The checks of an earlier quality.json by source and id; ``QualityError`` for another file."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return {(one["source"], one["id"]): one for one in content["checks"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise QualityError(
            f"{file} is not the quality.json of an earlier check: give the file that "
            "`myelomart check` wrote."
        ) from error


def is_new(one: dict, baseline: dict[tuple[str, str], dict]) -> bool:
    """Is a finding not in the baseline, or worse there: a graver status, or twice the share?"""
    before = baseline.get((one["source"], one["id"]))
    if before is None or RANKS[before["status"]] < RANKS[one["status"]]:
        return True
    return one["share"] > GROWN * before["share"]


def mark(result: dict, fail_on: str, baseline: dict | None) -> dict:
    """The result with ``fails`` for each check: does it make the command fail?

    ``fail_on`` is blocking or warning; with a ``baseline`` only what is new fails.
    """
    checks = [
        one
        | {
            "fails": RANKS[one["status"]] >= RANKS[fail_on]
            and (baseline is None or is_new(one, baseline))
        }
        for one in result["checks"]
    ]
    return result | {"checks": checks, "failed": sum(one["fails"] for one in checks)}


def as_junit(result: dict) -> str:
    """JUnit's XML: a suite per source and table, a case per check, a failure where it fails."""
    root = ElementTree.Element(
        "testsuites", tests=str(len(result["checks"])), failures=str(result["failed"])
    )
    suites: dict[str, list[dict]] = {}
    for one in result["checks"]:
        suites.setdefault(f"{one['source']}.{one['table']}", []).append(one)
    for name, checks in sorted(suites.items()):
        failed = sum(one["fails"] for one in checks)
        suite = ElementTree.SubElement(
            root, "testsuite", name=name, tests=str(len(checks)), failures=str(failed)
        )
        for one in checks:
            case = ElementTree.SubElement(suite, "testcase", classname=name, name=words(one))
            if one["fails"]:
                failure = ElementTree.SubElement(
                    case, "failure", type=one["status"], message=sentence(one)
                )
                failure.text = one["what_to_do"]
            elif one["status"] != PASSED:
                told = f"{one['status']}: {sentence(one)}"
                ElementTree.SubElement(case, "system-out").text = told
    for element in root.iter():  # XML has no sign that a terminal obeys
        element.attrib = {name: shown(text) for name, text in element.attrib.items()}
        element.text = shown(element.text) if element.text else None
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def as_github(result: dict) -> list[str]:
    """Workflow commands of GitHub Actions: a line per finding, which GitHub shows as annotation."""
    lines = []
    for one in result["checks"]:
        if one["status"] == PASSED:
            continue
        # an error that does not fail the job (it is in the baseline) is shown as a warning
        command = "error" if one["fails"] else COMMANDS[one["status"]].replace("error", "warning")
        title = _escaped(f"{one['table']}: {words(one)}", in_property=True)
        lines.append(f"::{command} title={title}::{_escaped(sentence(one))}")
    return lines


def as_markdown(result: dict) -> str:
    """The findings as a Markdown table, for the summary of a job."""
    lines = ["## Quality of the source", ""]
    lines += [f"- **{source['name']}**: {about(source)}" for source in result["sources"]]
    summary = result["summary"]
    lines += ["", ", ".join(f"{summary[status]} {status}" for status in summary), ""]
    found = [one for one in result["checks"] if one["status"] != PASSED]
    if found:
        lines += [
            "| | table | what is wrong | rows | of | people | with myeloma | what to do |",
            "|---|---|---|---:|---:|---:|---:|---|",
        ]
    for one in found:
        people = "" if one["persons"] is None else f"{one['persons']:,}"
        myeloma = "" if one["myeloma_persons"] is None else f"{one['myeloma_persons']:,}"
        cells = [
            f"**{one['status']}**" if one["fails"] else one["status"], one["table"], words(one),
            f"{one['failing']:,}", f"{one['counted']:,}", people, myeloma, one["what_to_do"],
        ]  # fmt: skip
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _escaped(text: str, in_property: bool = False) -> str:
    """``text`` as a workflow command takes it."""
    signs = {"%": "%25", "\r": "%0D", "\n": "%0A"}
    signs |= {":": "%3A", ",": "%2C"} if in_property else {}
    for sign, code in signs.items():
        text = text.replace(sign, code)
    return text
