"""The consistency auditor: printed numbers in, every contradiction among them out.

It needs no data, only what a paper prints, in the columns of the evidence library
(docs/audit.md). Each module holds one kind of check: a function from the printed rows to findings.
"""

from myelomart.audit.auditor import CHECKS, audit
from myelomart.audit.finding import Finding
from myelomart.audit.printed_rows import read_printed

__all__ = ["CHECKS", "Finding", "audit", "read_printed"]
