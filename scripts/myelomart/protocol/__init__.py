"""A study as its protocol, generated from its rows: the diff of the rows is the amendment.

`sections` is the one way in: titled parts with paragraphs and tables. Nothing is said that no row
says; what a protocol should say and no row does is printed as `NOT_STATED`.
"""

from myelomart.protocol.analyses import analysis_prose
from myelomart.protocol.document import as_json, as_markdown, as_prose, sections
from myelomart.protocol.part import NOT_STATED, Links, Part

__all__ = [
    "NOT_STATED",
    "Links",
    "Part",
    "analysis_prose",
    "as_json",
    "as_markdown",
    "as_prose",
    "sections",
]
