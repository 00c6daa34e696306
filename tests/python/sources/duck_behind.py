"""DuckDB behind a fake server: it answers SQL that is written for another database.

sqlglot reads a statement in the dialect of that database and nowhere falls back to guessing: what
it cannot read is an error. `information_schema` says the types that the database would.
"""

import re
import threading

import duckdb
import sqlglot
from sqlglot import exp

TOLD = """
    create schema told;
    create table told.kinds (duck varchar, kind varchar);
    create table told.declared (table_name varchar, column_name varchar, kind varchar);
    create view told.tables as select table_schema, table_name from information_schema.tables
        where table_schema not in ('told', 'main', 'sys');
    create view told.columns as
        select columns.table_schema, columns.table_name, columns.column_name,
            columns.ordinal_position, coalesce(declared.kind, kinds.kind) as data_type
        from information_schema.columns
        left join told.kinds on kinds.duck = regexp_replace(columns.data_type, '\\(.*', '')
        left join told.declared using (table_name, column_name);
"""


class DuckBehind:
    """Answers statements of ``dialect``; ``kinds`` are its names for the types of DuckDB.

    ``asked`` keeps every statement; ``before`` is called with each one before it runs.
    """

    def __init__(self, dialect: str, kinds: dict[str, str], functions: str = "", rewrite=None):
        self.dialect, self.rewrite = dialect, rewrite or (lambda node: node)
        self.has_real = "FLOAT" in kinds
        self.connection, self.lock = duckdb.connect(), threading.Lock()
        self.connection.execute(f"load icu; set TimeZone = 'UTC'; {TOLD}; {functions}")
        self.connection.executemany("insert into told.kinds values (?, ?)", list(kinds.items()))
        self.asked, self.before = [], lambda sql: None

    def load(self, schema: str, tables: dict[str, str], declared: dict[str, str] | None = None):
        """Make ``tables`` (name to query); ``declared`` gives 'table.column' another type.

        The columns are in capitals where the name of the table is; a 32-bit float is a 64-bit one
        with the same digits where the database has no such type.
        """
        self.connection.execute(f'create schema if not exists "{schema}"')
        for name, query in tables.items():
            found, selected = self.connection.sql(query), []
            for column, kind in zip(found.columns, map(str, found.types), strict=True):
                written = column.upper() if name.isupper() else column
                is_changed = kind == "FLOAT" and not self.has_real
                value = f'"{column}"::varchar::double' if is_changed else f'"{column}"'
                selected.append(f'{value} as "{written}"')
            self.connection.execute(
                f'create table "{schema}"."{name}" as select {", ".join(selected)} from ({query})'
            )
        for place, kind in (declared or {}).items():
            self.connection.execute(
                "insert into told.declared values (?, ?, ?)", [*place.split("."), kind]
            )

    def in_duckdb(self, sql: str) -> str:
        """The statement as DuckDB writes it."""
        tree = sqlglot.parse_one(sql, read=self.dialect)
        assert not isinstance(tree, exp.Command), sql
        for node in reversed(list(tree.walk())):  # from the leaves up
            for change in (self._told, self.rewrite):
                changed = change(node)
                tree = changed if node is tree else tree
                node = node.replace(changed) if changed is not node else node
        return tree.sql("duckdb")

    def run(self, sql: str) -> tuple[list[str], list[str], list[tuple]]:
        """The names and types of the columns that ``sql`` gives, and its rows."""
        with self.lock:
            self.asked.append(sql)
            self.before(sql)
            found = self.connection.sql(self.in_duckdb(sql))
            return found.columns, [str(kind) for kind in found.types], found.fetchall()

    @staticmethod
    def _told(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Table):
            found = re.search(r"information_schema\W+(tables|columns)\b", node.sql(), re.IGNORECASE)
            if found:
                return exp.to_table(f"told.{found.group(1).lower()}")
        return node
