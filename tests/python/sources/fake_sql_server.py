"""A fake SQL Server: the server's side of TDS 7.4 (MS-TDS), with DuckDB behind it.

It knows prelogin, encryption, a login by password, batches of SQL, and what answers them.
"""

import datetime
import ipaddress
import socket
import ssl
import struct
import threading
from contextlib import contextmanager
from pathlib import Path

from duck_behind import DuckBehind
from sqlglot import exp

PRELOGIN, LOGIN, BATCH, ANSWER = 0x12, 0x10, 0x01, 0x04
ENCRYPTED, NOT_ENCRYPTED = 1, 2
LONGEST = 4096
KINDS = {
    "BIGINT": "bigint", "INTEGER": "int", "DOUBLE": "float", "FLOAT": "real", "VARCHAR": "nvarchar",
    "DATE": "date", "TIMESTAMP": "datetime2", "TIMESTAMP WITH TIME ZONE": "datetimeoffset",
    "DECIMAL": "decimal", "BOOLEAN": "bit", "UUID": "uniqueidentifier",
}  # fmt: skip
# datetime2 has seven decimals, and DuckDB six; what is declared as datetimeoffset is kept as text
FUNCTIONS = """
    create schema sys;
    create table sys.databases (name varchar, snapshot_isolation_state int);
    insert into sys.databases values ('omop', 1);
    create macro db_name() as 'omop';
    create macro quotename(x) as '[' || x || ']';
    create macro has_perms_by_name(a, b, c) as if(a like '%barred%', 0, 1);
    create macro converted(x, style) as case
        when style = 121 and typeof(x) = 'VARCHAR' then x::varchar
        when style = 121 then strftime(x::varchar::timestamp, '%Y-%m-%d %H:%M:%S.%f') || '0'
            || if(typeof(x) like '%ZONE', ' +00:00', '')
        else x::varchar end;
"""


def rewrite(node: exp.Expression) -> exp.Expression:
    """What only T-SQL has: CONVERT with a style, collations, N'…', texts that are added."""
    if isinstance(node, exp.Convert):
        style = node.args.get("style") or exp.Literal.number(0)
        return exp.Anonymous(this="converted", expressions=[node.expression, style])
    if isinstance(node, exp.DataType) and node.this in exp.DataType.TEXT_TYPES:
        return exp.DataType.build("varchar")  # its length may be MAX
    if isinstance(node, exp.Collate):
        return node.this
    if isinstance(node, exp.National):
        return exp.Literal.string(node.this)
    if isinstance(node, exp.Add) and isinstance(node.this, exp.DPipe | exp.Anonymous):
        return exp.DPipe(this=node.this, expression=node.expression)
    return node


class FakeSqlServer:
    """One server; ``logins`` keeps user and password of each, ``breaks_after`` is in bytes."""

    def __init__(self, certificate: Path | None = None):
        self.behind = DuckBehind("tsql", KINDS, FUNCTIONS, rewrite)
        self.certificate, self.logins, self.breaks_after = certificate, [], None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def address(self, options: str = "", host: str = "127.0.0.1", who: str = "me:geheim@") -> str:
        safety = f"cafile={self.certificate}" if self.certificate else "encrypt=no"
        return f"mssql://{who}{host}:{self.port}/omop?{safety}{options}"

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:  # it is closed
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection:
            wire = Wire(connection)
            while (message := wire.receive()) is not None:
                kind, body = message
                if kind == PRELOGIN:
                    wire.send(prelogin_answer(ENCRYPTED if self.certificate else NOT_ENCRYPTED))
                    if self.certificate and encryption_of(body) == ENCRYPTED:
                        wire.encrypt(self.certificate)
                elif kind == LOGIN:
                    self.logins.append(credentials(body))
                    right = self.logins[-1] == ("me", "geheim")
                    wire.send(
                        LOGIN_ANSWER if right else failure("Login failed for user 'me'.", 18456)
                    )
                elif kind == BATCH:
                    (headers,) = struct.unpack_from("<I", body)
                    answer = self._answer(body[headers:].decode("utf-16-le"))
                    if self.breaks_after is not None and len(answer) > self.breaks_after:
                        wire.send(answer[: self.breaks_after], is_last=False)
                        return
                    wire.send(answer)

    def _answer(self, sql: str) -> bytes:
        if sql.lower().startswith(("set ", "use ")):
            self.behind.asked.append(sql)
            return done(0)
        try:
            names, types, rows = self.behind.run(sql)
        except Exception as error:
            return failure(str(error))
        parts = [struct.pack("<BH", 0x81, len(types))]
        parts += [column(name, kind) for name, kind in zip(names, types, strict=True)]
        for row in rows:
            parts.append(b"\xd1")
            parts += [cell(value, kind) for value, kind in zip(row, types, strict=True)]
        return b"".join(parts) + done(len(rows))


class Wire:
    """Packets over a socket, which may become encrypted."""

    def __init__(self, connection: socket.socket):
        self.connection, self.tls = connection, None

    def encrypt(self, certificate: Path) -> None:
        """The handshake of TLS, which travels in packets of prelogin."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(certificate)
        self.into, self.out = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(self.into, self.out, server_side=True)
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                if waiting := self.out.read():
                    self.send(waiting, PRELOGIN)
                if (message := self.receive()) is None:
                    return
                self.into.write(message[1])
            except ssl.SSLError:  # the client does not trust us, and goes
                return
        self.send(self.out.read(), PRELOGIN)
        self.tls = tls

    def receive(self) -> tuple[int, bytes] | None:
        """The kind and the body of the next message; None at the end."""
        body, is_last = b"", 0
        while not is_last:
            header = self._read(8)
            if len(header) < 8:
                return None
            kind, is_last, length = struct.unpack_from(">BBH", header)
            body += self._read(length - 8)
            is_last &= 1
        return kind, body

    def send(self, body: bytes, kind: int = ANSWER, is_last: bool = True) -> None:
        room = LONGEST - 8
        pieces = [body[start : start + room] for start in range(0, max(len(body), 1), room)]
        for number, piece in enumerate(pieces, 1):
            end = number == len(pieces) and is_last
            packet = struct.pack(">BBHHBB", kind, end, len(piece) + 8, 0, number % 256, 0) + piece
            if self.tls:
                self.tls.write(packet)
                packet = self.out.read()
            self.connection.sendall(packet)

    def _read(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            try:
                piece = self.tls.read(size - len(found)) if self.tls else None
            except ssl.SSLWantReadError:
                self.into.write(self._raw(65536) or b"")
                if self.closed:
                    return found
                continue
            piece = self._raw(size - len(found)) if piece is None else piece
            if not piece:
                return found
            found += piece
        return found

    closed = False

    def _raw(self, size: int) -> bytes:
        try:
            piece = self.connection.recv(size)
        except OSError:
            piece = b""
        self.closed = not piece
        return piece


def prelogin_answer(encryption: int) -> bytes:
    return struct.pack(">BHHBHHB", 0, 11, 6, 1, 17, 1, 0xFF) + bytes(
        [16, 0, 0, 0, 0, 0, encryption]
    )


def encryption_of(prelogin: bytes) -> int:
    """What the client says of encryption: the option 1 of its prelogin."""
    place = 0
    while prelogin[place] != 1:
        place += 5
    return prelogin[int.from_bytes(prelogin[place + 1 : place + 3])]


def credentials(login: bytes) -> tuple[str, str]:
    """User and password of a login; the password is only turned about, not encrypted."""
    (user, length, password, size) = struct.unpack_from("<HHHH", login, 40)
    turned = bytes(
        ((one ^ 0xA5) << 4 | (one ^ 0xA5) >> 4) & 0xFF
        for one in login[password : password + 2 * size]
    )
    return login[user : user + 2 * length].decode("utf-16-le"), turned.decode("utf-16-le")


def text(value: str, size: str = "<B") -> bytes:
    return struct.pack(size, len(value)) + value.encode("utf-16-le")


def done(rows: int, status: int = 0x10) -> bytes:
    return struct.pack("<BHHQ", 0xFD, status, 0, rows)


def failure(message: str, number: int = 50000) -> bytes:
    body = struct.pack("<iBB", number, 1, 16) + text(message, "<H") + text("fake") + text("")
    body += struct.pack("<i", 1)
    return struct.pack("<BH", 0xAA, len(body)) + body + done(0, 0x02)


def _login_answer() -> bytes:
    body = struct.pack("<BI", 1, 0x04000074) + text("Fake SQL Server") + bytes([16, 0, 0, 0])
    return struct.pack("<BH", 0xAD, len(body)) + body + done(0)


LOGIN_ANSWER = _login_answer()
WIDTHS = {"BIGINT": "<q", "INTEGER": "<i", "DOUBLE": "<d", "FLOAT": "<f"}


def column(name: str, kind: str) -> bytes:
    head = struct.pack("<IH", 0, 1)
    if kind in WIDTHS:
        form = 0x6D if kind in ("DOUBLE", "FLOAT") else 0x26
        return head + bytes([form, struct.calcsize(WIDTHS[kind])]) + text(name)
    assert kind == "VARCHAR", f"{name} came as {kind}, which the real server would not send as text"
    return head + struct.pack("<BH", 0xE7, 0xFFFF) + bytes([9, 4, 0xD0, 0, 0x34]) + text(name)


def cell(value: object, kind: str) -> bytes:
    if kind in WIDTHS:
        data = b"" if value is None else struct.pack(WIDTHS[kind], value)
        return bytes([len(data)]) + data
    if value is None:
        return b"\xff" * 8
    data = value.encode("utf-16-le")
    chunk = struct.pack("<I", len(data)) + data if data else b""
    return struct.pack("<Q", len(data)) + chunk + struct.pack("<I", 0)


@contextmanager
def running(certificate: Path | None = None):
    server = FakeSqlServer(certificate)
    threading.Thread(target=server.serve, daemon=True).start()
    try:
        yield server
    finally:
        server.listener.close()


def own_certificate(folder: Path, host: str) -> Path:
    """A key and a certificate that it signed itself, for ``host``."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    try:
        named = x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        named = x509.DNSName(host)
    today = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(1))
        .not_valid_after(today + datetime.timedelta(1))
        .add_extension(x509.SubjectAlternativeName([named]), False)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{host.replace('*', 'any')}.pem"
    pem = serialization.Encoding.PEM
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(pem)
    )
    return path
