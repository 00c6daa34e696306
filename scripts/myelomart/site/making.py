"""`myelomart init`: a site's own folder, with what belongs where."""

from __future__ import annotations

from pathlib import Path

from myelomart import whole
from myelomart.errors import MyelomartError
from myelomart.rows.declared import tables
from myelomart.site.settings import CHECKS, CODES, RULES, SETTINGS, STUDIES
from myelomart.study_file import schema

SCHEMA = "study.schema.json"
HEADERS = {
    CODES: ("concept_sets", "concept_set_members"),
    RULES: ("algorithm_parameters",),
}
TOML = """\
# What commands use in this folder unless an option says otherwise. Paths are relative to it.
# source = "cdm"  # a folder, a file or an address; several: ["a=cdm_a", "b=cdm_b"]
database = "myelomart.duckdb"
rule_set = "default"  # which rows of algorithm_parameters are in force
# policy = "cms11"  # which small counts are hidden before anything is written
"""
README = """\
# Our studies, codes, rules and checks

Everything here is added to what `myelomart` brings and changes none of it. Keep this folder under
version control, and keep data out of it.

| folder | what belongs in it |
|---|---|
| `studies/` | one YAML file per study; editors complete it with the schema in its first line |
| `codes/` | CSV files named after our code tables: `concept_sets.csv`, `concept_set_members.csv` |
| `rules/` | CSV files named after our rule tables: `algorithm_parameters.csv` and others |
| `checks/` | CSV files with checks of incoming data: changed thresholds, checks of your own |
| `myelomart.toml` | source, database, rule set and policy, so that no command needs them |

```
myelomart study new ours --like first_line_transplant   # a copy for you to change
myelomart study check               # every fault of every file here, in a second
myelomart build                     # the warehouse, with all of this in it
myelomart study run ours --out results
```

A row, study or event whose name is taken is refused, unless it says `overrides: true` (in a CSV
file: a column `overrides` with `true`); then it replaces the existing one.
"""
IGNORED = """\
*.duckdb*
*.building/
*.dbt/
*.landing.*/
/cdm/
/results/
"""


def make_site(folder: Path) -> list[Path]:
    """Make the folder; what is there already is left as it is, and named in an error."""
    if (folder / SETTINGS).exists():
        raise MyelomartError(f"{folder} is a site's folder already: it holds {SETTINGS}.")
    texts = {SETTINGS: TOML, "README.md": README, ".gitignore": IGNORED}
    texts[f"{STUDIES}/{SCHEMA}"] = schema.as_text()
    for name, seeds in HEADERS.items():
        for seed in seeds:
            texts[f"{name}/{seed}.csv"] = ",".join(tables()[seed].types) + "\n"
    taken = [name for name in texts if (folder / name).exists()]
    if taken:
        raise MyelomartError(f"{folder} holds {taken[0]} already: name an empty folder.")
    for name in (STUDIES, CODES, RULES, CHECKS):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        whole.write_text(folder / name, text)
    return [folder / name for name in texts]
