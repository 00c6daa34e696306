"""Define-XML 2.1: the definition of the data sets as reviewers and their tools read it.

CDISC Define-XML 2.1, on ODM 1.3.2. Every variable has its label, type, length, code list and, as a
method, the column of the warehouse it is made of. The day of creation is fixed, so that the same
data give the same bytes.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd

from myelomart import __version__
from myelomart.adam.shape import DATASETS
from myelomart.study import Study

ODM, DEF = "http://www.cdisc.org/ns/odm/v1.3", "http://www.cdisc.org/ns/def/v2.1"
LINK = "http://www.w3.org/1999/xlink"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
CREATED = "1970-01-01T00:00:00"
MOST_DIGITS = 15  # of a number of eight bytes
STANDARD = {"OID": "STD.1", "Name": "ADaMIG", "Type": "IG", "Version": "1.3", "Status": "Final"}


def write_define(
    study: Study,
    define: pd.DataFrame,
    frames: dict[str, pd.DataFrame],
    lists: dict[str, dict[str, str]],
    form: str,
    path: Path,
) -> None:
    """Write the definition of ``frames``, files of ``form``, to ``path``.

    ``define`` has a row per variable (`export`), ``lists`` our word to CDISC's per code list.
    """
    for prefix, space in (("", ODM), ("def", DEF), ("xlink", LINK)):
        ElementTree.register_namespace(prefix, space)
    root = ElementTree.Element(
        _odm("ODM"),
        {
            "FileType": "Snapshot", "FileOID": f"myelomart.{study.study_id}",
            "ODMVersion": "1.3.2", "CreationDateTime": CREATED, "Originator": "myelomart",
            "SourceSystem": "myelomart", "SourceSystemVersion": __version__,
            _def("Context"): "Other",
        },
    )  # fmt: skip
    within = _add(root, "Study", OID=f"ST.{study.study_id}")
    named = _add(within, "GlobalVariables")
    for tag, words in (
        ("StudyName", study.study_id), ("StudyDescription", study.question),
        ("ProtocolName", study.title),
    ):  # fmt: skip
        _add(named, tag).text = words
    version = _add(
        within, "MetaDataVersion", OID=f"MDV.{study.study_id}", Name=f"{study.study_id}, ADaM"
    )
    version.set(_def("DefineVersion"), "2.1.0")
    ElementTree.SubElement(
        ElementTree.SubElement(version, _def("Standards")), _def("Standard"), STANDARD
    )
    rows = list(define.itertuples())
    for name, dataset in DATASETS.items():
        _dataset(version, name, dataset, [one for one in rows if one.dataset == name], form)
    for one in rows:
        _variable(version, one, frames[one.dataset][one.variable], form)
    for name in dict.fromkeys(one.codelist for one in rows if one.codelist):
        kinds = {one.type for one in rows if one.codelist == name}
        _codelist(version, name, lists[name], "integer" if kinds == {"Num"} else "text")
    for one in rows:
        made = _add(
            version, "MethodDef", OID=_oid("MT", one), Name=f"{one.dataset}.{one.variable}",
            Type="Computation",
        )  # fmt: skip
        _words(made, one.origin)
    ElementTree.indent(root)
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _dataset(version, name: str, dataset, own: list, form: str) -> None:
    """A data set: its variables in order, its keys, its class and the file that holds it."""
    group = _add(
        version, "ItemGroupDef", OID=f"IG.{name}", Name=name, SASDatasetName=name,
        Repeating="No" if name == "ADSL" else "Yes", IsReferenceData="No", Purpose="Analysis",
    )  # fmt: skip
    group.set(_def("Structure"), dataset.structure)
    group.set(_def("StandardOID"), STANDARD["OID"])
    group.set(_def("ArchiveLocationID"), f"LF.{name}")
    _words(group, dataset.label)
    for one in own:
        item = _add(
            group, "ItemRef", ItemOID=_oid("IT", one), OrderNumber=str(one.order),
            Mandatory="Yes" if one.core == "required" else "No", MethodOID=_oid("MT", one),
        )  # fmt: skip
        if one.key:
            item.set("KeySequence", str(one.key))
    kind = ElementTree.SubElement(group, _def("Class"), {"Name": dataset.kind})
    if dataset.part:
        ElementTree.SubElement(kind, _def("SubClass"), {"Name": dataset.part})
    file = f"{name.lower()}.{form}"
    leaf = ElementTree.SubElement(
        group, _def("leaf"), {"ID": f"LF.{name}", f"{{{LINK}}}href": file}
    )
    ElementTree.SubElement(leaf, _def("title")).text = file


def _variable(version, one, column: pd.Series, form: str) -> None:
    """A variable: its label, type, length and code list."""
    item = _add(
        version, "ItemDef", OID=_oid("IT", one), Name=one.variable, SASFieldName=one.variable
    )
    for name, value in _type(one, column, form).items():
        item.set(name, value)
    if one.format:
        item.set(_def("DisplayFormat"), one.format)
    _words(item, one.label)
    if one.codelist:
        _add(item, "CodeListRef", CodeListOID=f"CL.{one.codelist}")
    ElementTree.SubElement(item, _def("Origin"), {"Type": "Derived", "Source": "Sponsor"})


def _type(one, column: pd.Series, form: str) -> dict[str, str]:
    """Type and length; a day is a number in SAS transport files, a date elsewhere."""
    if one.type == "Char":
        return {"DataType": "text", "Length": str(one.length)}
    if one.format:
        return {"DataType": "integer", "Length": "8"} if form == "xpt" else {"DataType": "date"}
    known = column.dropna().abs()
    whole = len(str(int(known.max()))) if len(known) else 1
    decimals = max((_decimals(value) for value in known.unique()), default=0)
    if not decimals:
        return {"DataType": "integer", "Length": str(whole)}
    decimals = min(decimals, MOST_DIGITS - min(whole, MOST_DIGITS - 1))
    length = str(whole + decimals + 1)
    return {"DataType": "float", "Length": length, "SignificantDigits": str(decimals)}


def _decimals(value: float) -> int:
    """How many digits follow the point in the shortest text of a number.

    >>> _decimals(2.0), _decimals(0.125)
    (0, 3)
    """
    return len(np.format_float_positional(value, trim="-").partition(".")[2])


def _codelist(version, name: str, words: dict[str, str], kind: str) -> None:
    """A code list: CDISC's words, each with ours; the first where several are one."""
    own = _add(version, "CodeList", OID=f"CL.{name}", Name=name, DataType=kind)
    shown = {theirs: ours for ours, theirs in reversed(words.items())}
    for theirs in dict.fromkeys(words.values()):
        item = _add(own, "CodeListItem", CodedValue=theirs)
        _words(item, shown[theirs], "Decode")


def _oid(kind: str, one) -> str:
    return f"{kind}.{one.dataset}.{one.variable}"


def _add(parent, tag: str, **values: str):
    return ElementTree.SubElement(parent, _odm(tag), values)


def _words(parent, words: str, tag: str = "Description") -> None:
    text = _add(_add(parent, tag), "TranslatedText")
    text.set(LANGUAGE, "en")
    text.text = words


def _odm(tag: str) -> str:
    return f"{{{ODM}}}{tag}"


def _def(tag: str) -> str:
    return f"{{{DEF}}}{tag}"
