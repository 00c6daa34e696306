"""A fake Snowflake: login and queries of its HTTP protocol, with DuckDB behind it.

A result is one Arrow stream in the answer, with Snowflake's own metadata in its fields.
"""

import base64
import gzip
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pyarrow as pa
from duck_behind import DuckBehind
from sqlglot import exp

KINDS = {
    "BIGINT": "NUMBER", "INTEGER": "NUMBER", "DECIMAL": "NUMBER", "DOUBLE": "FLOAT",
    "VARCHAR": "TEXT", "DATE": "DATE", "TIMESTAMP": "TIMESTAMP_NTZ", "BOOLEAN": "BOOLEAN",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP_LTZ", "JSON": "VARIANT",
}  # fmt: skip
# a text is a TIMESTAMP_TZ that is kept with its offset
FUNCTIONS = """
    create macro told_as(x, form) as case
        when typeof(x) = 'VARCHAR' then x::varchar
        when form = 'YYYY-MM-DD' then strftime(x::varchar::date, '%Y-%m-%d')
        else strftime(x::varchar::timestamp, '%Y-%m-%d %H:%M:%S.%f') || '000'
            || if(form like '%TZM' or form like '%z', '+00:00', '') end;
"""
TYPES = {"BIGINT": (pa.int64(), "FIXED"), "INTEGER": (pa.int64(), "FIXED"),
         "DOUBLE": (pa.float64(), "REAL"), "VARCHAR": (pa.string(), "TEXT"),
         "BOOLEAN": (pa.bool_(), "BOOLEAN")}  # fmt: skip

COLUMN = {"nullable": True, "scale": 0, "precision": 38, "length": 16777216, "database": "",
          "byteLength": 16777216, "schema": "", "table": "", "collation": None}  # fmt: skip
RESULT = {"parameters": [], "queryId": "q", "statementTypeId": 4096, "queryResultFormat": "arrow",
          "finalDatabaseName": "OMOP", "finalSchemaName": "PUBLIC"}  # fmt: skip


def rewrite(node: exp.Expression) -> exp.Expression:
    """Forms of days and times, of which sqlglot knows the name alone."""
    if isinstance(node, exp.ToChar | exp.TimeToStr) and node.args.get("format"):
        form = node.args["format"]
        return exp.Anonymous(this="told_as", expressions=[node.this, form])
    if isinstance(node, exp.ConvertTimezone):
        return node.args["timestamp"]
    return node


class FakeSnowflake:
    """One account; ``logins`` keeps user and password of each."""

    def __init__(self):
        self.behind = DuckBehind("snowflake", KINDS, FUNCTIONS, rewrite)
        self.logins, self.breaks_after = [], None
        self.listener = ThreadingHTTPServer(
            ("127.0.0.1", 0), type("Ours", (Handler,), {"fake": self})
        )
        self.port = self.listener.server_port

    def address(self, options: str = "", who: str = "me:geheim@") -> str:
        here = f"host=127.0.0.1&port={self.port}&protocol=http&warehouse=W&role=READER"
        return f"snowflake://{who}site-one/OMOP?{here}{options}"


class Handler(BaseHTTPRequestHandler):
    protocol_version, wbufsize = "HTTP/1.1", -1  # an answer goes out at once

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        told = json.loads(body or b"{}")
        if self.path.startswith("/session/v1/login-request"):
            answer = self.login(told["data"])
        elif self.path.startswith("/queries/v1/query-request"):
            answer = self.query(told["sqlText"])
        else:
            answer = {"success": True, "data": None}
        text = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        breaks = self.fake.breaks_after
        self.wfile.write(text if breaks is None or len(text) < breaks else text[:breaks])
        self.close_connection = breaks is not None and len(text) >= breaks

    def login(self, data: dict) -> dict:
        by_key = data.get("AUTHENTICATOR") == "SNOWFLAKE_JWT" and data["TOKEN"].count(".") == 2
        self.fake.logins.append((data["LOGIN_NAME"], "a key" if by_key else data["PASSWORD"]))
        if not by_key and self.fake.logins[-1] != ("me", "geheim"):
            return {"success": False, "code": "390100", "data": {},
                    "message": "Incorrect username or password was specified."}  # fmt: skip
        given = {"token": "t", "masterToken": "m", "validityInSeconds": 3600, "parameters": []}
        return {"success": True, "data": given | {"masterValidityInSeconds": 14400,
                "serverVersion": "9.0.0", "sessionId": 1, "sessionInfo": {}}}  # fmt: skip

    def query(self, sql: str) -> dict:
        try:
            names, types, rows = self.fake.behind.run(sql)
        except Exception as error:
            data = {"errorCode": "002003", "sqlState": "42S02", "queryId": "q"}
            return {"success": False, "code": "002003", "message": str(error), "data": data}
        assert set(types) <= set(TYPES), f"{sql} gives {types}"
        fields, kinds = [], []
        for name, kind in zip(names, types, strict=True):
            arrow, logical = TYPES[kind]
            told = {"logicalType": logical, "precision": "38", "scale": "0", "charLength": "0"}
            fields.append(pa.field(name, arrow, metadata=told))
            kinds.append(COLUMN | {"name": name, "type": logical.lower()})
        schema = pa.schema(fields)
        sink = pa.BufferOutputStream()
        if rows:
            with pa.ipc.new_stream(sink, schema) as stream:
                columns = zip(*rows, strict=True)
                arrays = list(map(pa.array, columns, schema.types))
                stream.write_batch(pa.record_batch(arrays, schema=schema))
        packed = base64.b64encode(sink.getvalue()).decode()
        data = RESULT | {"rowtype": kinds, "total": len(rows), "rowsetBase64": packed}
        return {"success": True, "data": data | {"returned": len(rows)}}

    def log_message(self, *_):
        pass


@contextmanager
def running():
    fake = FakeSnowflake()
    threading.Thread(target=fake.listener.serve_forever, daemon=True).start()
    try:
        yield fake
    finally:
        fake.listener.shutdown()
        fake.listener.server_close()
