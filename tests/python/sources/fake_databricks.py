"""A fake Databricks SQL warehouse: its Thrift service over HTTP, with DuckDB behind it.

The connector's own generated classes read the requests; results go out as Arrow, in parts.
"""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest import mock

import pyarrow as pa
from databricks import sql
from databricks.sql.thrift_api.TCLIService import TCLIService
from databricks.sql.thrift_api.TCLIService import ttypes as t
from duck_behind import DuckBehind
from sqlglot import exp
from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.transport.TTransport import TMemoryBuffer

KINDS = {
    "BIGINT": "LONG", "INTEGER": "INT", "DOUBLE": "DOUBLE", "FLOAT": "FLOAT", "VARCHAR": "STRING",
    "DATE": "DATE", "TIMESTAMP": "TIMESTAMP_NTZ", "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
    "DECIMAL": "DECIMAL", "BOOLEAN": "BOOLEAN",
}  # fmt: skip
FUNCTIONS = """
    create macro as_string(x) as
        if(typeof(x) like '%ZONE', (x::varchar::timestamp)::varchar, x::varchar);
"""
TYPES = {
    "BIGINT": (pa.int64(), t.TTypeId.BIGINT_TYPE), "INTEGER": (pa.int32(), t.TTypeId.INT_TYPE),
    "DOUBLE": (pa.float64(), t.TTypeId.DOUBLE_TYPE), "FLOAT": (pa.float32(), t.TTypeId.FLOAT_TYPE),
    "VARCHAR": (pa.string(), t.TTypeId.STRING_TYPE),
    "BOOLEAN": (pa.bool_(), t.TTypeId.BOOLEAN_TYPE),
}  # fmt: skip
AT_ONCE = 3000  # rows of one part
OK = t.TStatus(t.TStatusCode.SUCCESS_STATUS)
CONNECT = sql.connect


def rewrite(node: exp.Expression) -> exp.Expression:
    """Texts of instants stand in the zone of the session, which is UTC."""
    if isinstance(node, exp.Cast) and node.to.this in exp.DataType.TEXT_TYPES:
        return exp.Anonymous(this="as_string", expressions=[node.this])
    return node


class FakeDatabricks:
    """One warehouse; ``logins`` keeps the token of each session."""

    def __init__(self):
        self.behind = DuckBehind("databricks", KINDS, FUNCTIONS, rewrite)
        self.logins, self.breaks_after, self.waiting = [], None, {}
        self.processor = TCLIService.Processor(self)
        ours = type("Ours", (Handler,), {"fake": self})
        self.listener = ThreadingHTTPServer(("127.0.0.1", 0), ours)
        self.port = self.listener.server_port

    def address(self, options: str = "", who: str = "token:geheim@") -> str:
        path = "http_path=/sql/1.0/warehouses/1"
        return f"databricks://{who}127.0.0.1:{self.port}/main?{path}{options}"

    # what the service of Thrift asks for

    def OpenSession(self, req):
        assert req.initialNamespace.catalogName == "main"
        handle = t.TSessionHandle(t.THandleIdentifier(b"s" * 16, b"s" * 16))
        return t.TOpenSessionResp(
            status=OK, serverProtocolVersion=t.TProtocolVersion.SPARK_CLI_SERVICE_PROTOCOL_V7,
            sessionHandle=handle, canUseMultipleCatalogs=True,
            initialNamespace=req.initialNamespace,
        )  # fmt: skip

    def CloseSession(self, req):
        return t.TCloseSessionResp(OK)

    def ExecuteStatement(self, req):
        number = len(self.waiting).to_bytes(16, "big")
        try:
            if req.statement.startswith("set "):
                self.behind.asked.append(req.statement)
                found = ["key"], ["VARCHAR"], []
            else:
                found = self.behind.run(req.statement)
        except Exception as error:
            failed = t.TStatus(t.TStatusCode.ERROR_STATUS, errorMessage=str(error))
            return t.TExecuteStatementResp(failed)
        self.waiting[number] = [*found, 0]
        kind = t.TOperationType.EXECUTE_STATEMENT
        handle = t.TOperationHandle(t.THandleIdentifier(number, number), kind, True)
        return t.TExecuteStatementResp(OK, handle)

    def GetOperationStatus(self, req):
        return t.TGetOperationStatusResp(OK, t.TOperationState.FINISHED_STATE)

    def GetResultSetMetadata(self, req):
        names, types, *_ = self.waiting[req.operationHandle.operationId.guid]
        columns = []
        for place, (name, kind) in enumerate(zip(names, types, strict=True)):
            entry = t.TTypeEntry(primitiveEntry=t.TPrimitiveTypeEntry(TYPES[kind][1]))
            columns.append(t.TColumnDesc(name, t.TTypeDesc([entry]), place))
        return t.TGetResultSetMetadataResp(
            status=OK, schema=t.TTableSchema(columns), lz4Compressed=False,
            resultFormat=t.TSparkRowSetType.ARROW_BASED_SET,
            arrowSchema=schema_of(names, types).serialize().to_pybytes(),
        )  # fmt: skip

    def FetchResults(self, req):
        result = self.waiting[req.operationHandle.operationId.guid]
        names, types, rows, start = result
        part, result[-1] = rows[start : start + AT_ONCE], start + AT_ONCE
        batches = []
        if part:
            schema = schema_of(names, types)
            arrays = list(map(pa.array, zip(*part, strict=True), schema.types))
            batch = pa.record_batch(arrays, schema=schema).serialize().to_pybytes()
            batches = [t.TSparkArrowBatch(batch, len(part))]
        return t.TFetchResultsResp(
            status=OK, hasMoreRows=result[-1] < len(rows),
            resultSetMetadata=self.GetResultSetMetadata(req),
            results=t.TRowSet(startRowOffset=start, rows=[], arrowBatches=batches),
        )  # fmt: skip

    def CloseOperation(self, req):
        return t.TCloseOperationResp(OK)


def schema_of(names: list[str], types: list[str]) -> pa.Schema:
    return pa.schema([(name, TYPES[kind][0]) for name, kind in zip(names, types, strict=True)])


class Handler(BaseHTTPRequestHandler):
    protocol_version, wbufsize = "HTTP/1.1", -1  # an answer goes out at once

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if "OpenSession" in body[:40].decode("latin-1"):
            self.fake.logins.append(self.headers["Authorization"])
        if self.headers["Authorization"] != "Bearer geheim":
            self.send_response(403)
            self.send_header("Content-Length", "0")
            self.send_header("x-thriftserver-error-message", "Invalid access token.")
            self.end_headers()
            return
        answer = TMemoryBuffer()
        self.fake.processor.process(TBinaryProtocol(TMemoryBuffer(body)), TBinaryProtocol(answer))
        told, breaks = answer.getvalue(), self.fake.breaks_after
        self.send_response(200)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.close_connection = breaks is not None and len(told) >= breaks
        self.wfile.write(told[:breaks] if self.close_connection else told)

    def log_message(self, *_):
        pass


def connect_plainly(server: str, _port: int, **options):
    """The connector speaks HTTPS alone, unless it is given the whole address."""
    return CONNECT(server, _port=_port, _connection_uri=f"http://{server}:{_port}/sql", **options)


@contextmanager
def running():
    fake = FakeDatabricks()
    threading.Thread(target=fake.listener.serve_forever, daemon=True).start()
    once = {"_retry_stop_after_attempts_count": 1}
    ours = "myelomart.sources.databases.databricks.RETRIES"
    try:
        with mock.patch.object(sql, "connect", connect_plainly), mock.patch(ours, once):
            yield fake
    finally:
        fake.listener.shutdown()
        fake.listener.server_close()
