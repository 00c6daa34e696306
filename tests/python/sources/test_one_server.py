"""What only one kind of server has: its ways to log in, its names, its safety."""

import importlib

import pytest
from landed import Landed
from server_kinds import CLIENTS, TABLES, loaded, started
from small_cdm import PERSON

from myelomart.errors import SourceError
from myelomart.sources.databases import sql_server

# --- BigQuery ------------------------------------------------------------------------------------


def test_rows_of_bigquery_come_by_storage_alone(tmp_path):
    with started("bigquery") as fake:
        loaded(fake, {name: TABLES[name] for name in ("person", "death", "condition_occurrence")})
        landed = Landed(fake.address(), tmp_path / "landing")
        assert fake.streamed == 13
        assert landed.account("death")["form"] == "parquet"  # no row, but its columns


def test_bigquery_reads_a_vocabulary_of_another_project(tmp_path):
    with started("bigquery") as fake:
        loaded(fake, {"person": PERSON})
        loaded(fake, {"concept": TABLES["concept"]}, "vocab")
        landed = Landed(fake.address("&vocabulary=their-project.vocab"), tmp_path / "landing")
        assert landed.rows("concept") == [(4,)]
        assert any("`their-project`.`vocab`.`concept`" in sql for sql in fake.behind.asked)
        with pytest.raises(SourceError, match="Name the dataset of the persons"):
            Landed("bigquery://site-one", tmp_path / "again")


def test_what_bigquery_refuses_is_a_sentence(tmp_path, monkeypatch):
    with started("bigquery") as fake:
        fake.refuses = "Access Denied: Table cdm.person"
        with pytest.raises(SourceError, match="bigquery://site-one/cdm cannot be read: .*Denied"):
            Landed(fake.address(), tmp_path / "landing")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "nothing.json"))
    with pytest.raises(SourceError, match="gcloud auth application-default login"):
        Landed("bigquery://site-one/cdm", tmp_path / "landing")


# --- Snowflake -----------------------------------------------------------------------------------


def test_snowflake_takes_a_named_connection_and_a_key(tmp_path, monkeypatch):
    with started("snowflake") as fake:
        from cryptography.hazmat.primitives import serialization as form
        from cryptography.hazmat.primitives.asymmetric import rsa

        loaded(fake, {"person": PERSON})
        monkeypatch.setenv("SNOWFLAKE_HOME", str(tmp_path))
        named = tmp_path / "connections.toml"
        named.write_text(
            '[ours]\naccount = "site-one"\nuser = "me"\npassword = "geheim"\nhost = "127.0.0.1"\n'
            f'port = {fake.port}\nprotocol = "http"\n'
        )
        named.chmod(0o600)
        landed = Landed("snowflake:///OMOP?connection_name=ours", tmp_path / "landing")
        assert landed.rows("person") == [(3,)]
        key = rsa.generate_private_key(65537, 2048).private_bytes(
            form.Encoding.PEM, form.PrivateFormat.PKCS8, form.BestAvailableEncryption(b"geheim")
        )
        (tmp_path / "key.p8").write_bytes(key)
        (tmp_path / "key.p8").chmod(0o600)
        by_key = fake.address(f"&private_key_file={tmp_path / 'key.p8'}", "me@")
        monkeypatch.setenv("PRIVATE_KEY_PASSPHRASE", "geheim")
        Landed(by_key, tmp_path / "again")
        assert fake.logins == [("me", "geheim"), ("me", "a key")]


# --- SQL Server ----------------------------------------------------------------------------------


@pytest.fixture
def tds():
    pytest.importorskip("sqlglot")
    for module in CLIENTS["mssql"]:
        pytest.importorskip(module, reason="the extra mssql is not installed")
    return importlib.import_module("fake_sql_server")


@pytest.mark.parametrize(
    ("listed", "host", "is_of"),
    [
        (["db.site.org"], "DB.site.org", True),
        (["*.site.org"], "db.site.org", True),
        (["*.site.org"], "deep.db.site.org", False),
        (["*.org"], "site.org", True),
        (["db.site.org"], "db.other.org", False),
        (["10.0.0.1"], "10.0.0.1", True),
        (["*.0.0.1"], "10.0.0.1", False),
    ],
)
def test_a_certificate_is_of_the_hosts_that_it_lists(tds, tmp_path, listed, host, is_of):
    from OpenSSL import crypto

    pem = tds.own_certificate(tmp_path, *listed).read_bytes()
    shown = crypto.load_certificate(crypto.FILETYPE_PEM, pem)
    assert sql_server._is_of_host(shown, host.encode()) == is_of


def test_sql_server_is_spoken_to_under_a_certificate_that_is_checked(tds, tmp_path):
    ours, other = (tds.own_certificate(tmp_path, host) for host in ("localhost", "other"))
    with tds.running(ours) as fake:
        fake.behind.load("cdm", {"person": PERSON})
        landed = Landed(fake.address(host="localhost"), tmp_path / "landing")
        assert landed.rows("person") == [(3,)]
        assert len(fake.logins) == 1
        mistrusted = fake.address(host="localhost").replace(str(ours), str(other))
        for location in (mistrusted, fake.address(host="127.0.0.1")):  # signer, name of the host
            with pytest.raises(SourceError, match="cafile"):
                Landed(location, tmp_path / "again")
        assert len(fake.logins) == 1  # no password was sent


def test_a_sql_server_that_does_not_encrypt_gets_no_password(tds, tmp_path):
    with tds.running() as fake:
        location = fake.address().replace("encrypt=no", "encrypt=yes")
        with pytest.raises(SourceError, match="encryption but it is not supported by server"):
            Landed(location, tmp_path / "landing")
        assert fake.logins == []
    with pytest.raises(SourceError, match="encrypt=maybe: known are yes and no"):
        Landed("mssql://me:x@host/base?encrypt=maybe", tmp_path / "landing")


def test_a_table_that_sql_server_bars_is_not_taken_as_empty(tds, tmp_path):
    with tds.running() as fake:
        fake.behind.load("barred", {"person": PERSON})
        with pytest.raises(SourceError, match="person may not be read by this user"):
            Landed(fake.address(), tmp_path / "landing")


def test_the_snapshot_of_a_sql_server_is_asked_for_where_it_is_allowed(tds, tmp_path):
    with tds.running() as fake:
        fake.behind.load("cdm", {"person": PERSON})
        Landed(fake.address(), tmp_path / "landing")
        asked = "set transaction isolation level snapshot; begin transaction"
        assert asked in fake.behind.asked
        fake.behind.asked.clear()
        fake.behind.connection.execute("update sys.databases set snapshot_isolation_state = 0")
        Landed(fake.address(), tmp_path / "again")
        assert asked not in fake.behind.asked
