"""A fake BigQuery: jobs by REST, rows of tables by Storage; DuckDB is behind it.

Google's own client speaks to it, without credentials and without encryption.
"""

import json
import re
import threading
from concurrent import futures
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest import mock

import grpc
import pyarrow as pa
from duck_behind import DuckBehind
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, bigquery_storage
from google.cloud.bigquery_storage_v1 import types
from google.cloud.bigquery_storage_v1.services.big_query_read.transports import (
    BigQueryReadGrpcTransport,
)
from sqlglot import exp

KINDS = {
    "BIGINT": "INT64", "INTEGER": "INT64", "DOUBLE": "FLOAT64", "VARCHAR": "STRING",
    "DATE": "DATE", "TIMESTAMP": "DATETIME", "DECIMAL": "NUMERIC",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP", "BOOLEAN": "BOOL", "JSON": "JSON",
}  # fmt: skip
FUNCTIONS = "create macro in_utc(x) as (x::varchar::timestamp);"
TYPES = {"BIGINT": "INTEGER", "INTEGER": "INTEGER", "DOUBLE": "FLOAT", "VARCHAR": "STRING",
         "BOOLEAN": "BOOLEAN"}  # fmt: skip
ARROW = {"INTEGER": pa.int64(), "FLOAT": pa.float64(), "STRING": pa.string(), "BOOLEAN": pa.bool_()}
PAGE = 2  # rows that REST gives at once
AT_ONCE = 1000  # rows of one message of the Storage interface
SERVICE = "google.cloud.bigquery.storage.v1.BigQueryRead"
CLIENT, READER = bigquery.Client, bigquery_storage.BigQueryReadClient


def rewrite(node: exp.Expression) -> exp.Expression:
    """DATETIME of an instant; tables of another project."""
    if isinstance(node, exp.Datetime):
        return exp.Anonymous(this="in_utc", expressions=[node.this])
    if isinstance(node, exp.Table) and node.args.get("catalog"):
        return exp.table_(node.name, db=node.db, quoted=True)
    return node


class FakeBigQuery:
    """One project; ``refuses`` is what it says instead of an answer."""

    def __init__(self):
        self.behind = DuckBehind("bigquery", KINDS, FUNCTIONS, rewrite)
        self.jobs, self.breaks_after, self.refuses, self.streamed = {}, None, None, 0
        ours = type("Ours", (Handler,), {"fake": self})
        self.listener = ThreadingHTTPServer(("127.0.0.1", 0), ours)
        self.port = self.listener.server_port
        self.reading = grpc.server(futures.ThreadPoolExecutor(4))
        methods = {
            "CreateReadSession": grpc.unary_unary_rpc_method_handler(
                self.create_session,
                types.CreateReadSessionRequest.deserialize,
                types.ReadSession.serialize,
            ),
            "ReadRows": grpc.unary_stream_rpc_method_handler(
                self.read_rows, types.ReadRowsRequest.deserialize, types.ReadRowsResponse.serialize
            ),
        }
        handler = grpc.method_handlers_generic_handler(SERVICE, methods)
        self.reading.add_generic_rpc_handlers((handler,))
        self.reading_port = self.reading.add_insecure_port("127.0.0.1:0")

    def address(self, options: str = "", dataset: str = "cdm") -> str:
        if named := re.search(r"&schema=(\w+)", options):
            dataset, options = named.group(1).lower(), options.replace(named.group(), "")
        return f"bigquery://site-one/{dataset}?location=EU{options}"

    def create_session(self, request, context):
        job = request.read_session.table.rpartition("/")[2]
        names, kinds, rows = self.jobs[job]
        schema = types.ArrowSchema(
            serialized_schema=schema_of(names, kinds).serialize().to_pybytes()
        )
        streams = [types.ReadStream(name=f"{request.parent}/{job}")] if rows else []
        return types.ReadSession(name=job, arrow_schema=schema, streams=streams)

    def read_rows(self, request, context):
        names, kinds, rows = self.jobs[request.read_stream.rpartition("/")[2]]
        schema, sent = schema_of(names, kinds), 0
        for start in range(request.offset, len(rows), AT_ONCE):
            part = rows[start : start + AT_ONCE]
            arrays = list(map(pa.array, zip(*part, strict=True), schema.types))
            data = pa.record_batch(arrays, schema=schema).serialize().to_pybytes()
            if self.breaks_after is not None and (sent := sent + len(data)) > self.breaks_after:
                context.abort(grpc.StatusCode.ABORTED, "the stream was cut off")
            batch = types.ArrowRecordBatch(serialized_record_batch=data, row_count=len(part))
            self.streamed += len(part)
            yield types.ReadRowsResponse(
                arrow_record_batch=batch, arrow_schema=arrow_schema(schema), row_count=len(part)
            )


def schema_of(names: list[str], kinds: list[str]) -> pa.Schema:
    return pa.schema([(name, ARROW[kind]) for name, kind in zip(names, kinds, strict=True)])


def arrow_schema(schema: pa.Schema) -> types.ArrowSchema:
    return types.ArrowSchema(serialized_schema=schema.serialize().to_pybytes())


class Handler(BaseHTTPRequestHandler):
    protocol_version, wbufsize = "HTTP/1.1", -1

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            if self.fake.refuses:
                return self.refuse(403, "accessDenied", self.fake.refuses)
            names, kinds, rows = self.fake.behind.run(body["configuration"]["query"]["query"])
        except Exception as error:
            return self.refuse(400, "invalidQuery", str(error))
        job = body["jobReference"]["jobId"]
        self.fake.jobs[job] = names, [TYPES[kind] for kind in kinds], rows
        return self.answer(200, self.job(job))

    def do_GET(self):
        what, job = re.search(r"/(queries|jobs|tables)/([^/?]+)", self.path).groups()
        if what == "jobs":
            return self.answer(200, self.job(job))
        names, kinds, rows = self.fake.jobs[job]
        fields = [{"name": a, "type": b} for a, b in zip(names, kinds, strict=True)]
        told = {"jobComplete": True, "totalRows": str(len(rows)), "schema": {"fields": fields}}
        told |= {"jobReference": {"projectId": "site-one", "jobId": job, "location": "EU"}}
        start = int((re.search(r"pageToken=(\d+)", self.path) or [0, 0])[1])
        if "maxResults=0" not in self.path:
            part = rows[start : start + PAGE]
            told["rows"] = [{"f": [{"v": self.plain(cell)} for cell in row]} for row in part]
            if start + PAGE < len(rows):
                told["pageToken"] = str(start + PAGE)
        return self.answer(200, told)

    @staticmethod
    def plain(cell):
        if cell is None:
            return None
        return str(cell).lower() if isinstance(cell, bool) else str(cell)

    def job(self, job: str) -> dict:
        table = {"projectId": "site-one", "datasetId": "_made", "tableId": job}
        return {
            "jobReference": {"projectId": "site-one", "jobId": job, "location": "EU"},
            "configuration": {"jobType": "QUERY", "query": {"destinationTable": table}},
            "status": {"state": "DONE"},
            "statistics": {"query": {"statementType": "SELECT"}},
        }

    def refuse(self, code: int, reason: str, message: str) -> None:
        error = {"code": code, "message": message, "errors": [{"reason": reason}]}
        self.answer(code, {"error": error})

    def answer(self, code: int, told: dict) -> None:
        data = json.dumps(told).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


@contextmanager
def running():
    fake = FakeBigQuery()
    threading.Thread(target=fake.listener.serve_forever, daemon=True).start()
    fake.reading.start()

    def client(project, **options):
        here = {"api_endpoint": f"http://127.0.0.1:{fake.port}"}
        return CLIENT(project, AnonymousCredentials(), client_options=here, **options)

    def reader(credentials):
        channel = grpc.insecure_channel(f"127.0.0.1:{fake.reading_port}")
        return READER(transport=BigQueryReadGrpcTransport(channel=channel))

    try:
        with (
            mock.patch.object(bigquery, "Client", client),
            mock.patch.object(bigquery_storage, "BigQueryReadClient", reader),
        ):
            yield fake
    finally:
        fake.reading.stop(None)
        fake.listener.shutdown()
        fake.listener.server_close()
