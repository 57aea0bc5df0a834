import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tools.places import ServicesError, place_for, user_for_servers
from tools.servers import PostgreSQL, Redis, utf8_locale
from tools.services import running

ROOT = Path(__file__).parents[4]
SUPERVISOR = [sys.executable, "-m", "tools.services"]
STARTER = """
import json, time
from tools.services import running

with running() as services:
    print(json.dumps(services), flush=True)
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        input()
"""


@pytest.fixture(scope="module")
def services():
    with running() as services:
        if services["missing"]:
            pytest.skip(f"without a real {' and '.join(services['missing'])}")
        yield services


@pytest.fixture
def folder():
    """Not tmp_path, which root's servers cannot enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def keep(folder):
    return folder / "data"


@pytest.fixture
def somebody_else():
    """A process of the servers' user."""
    with subprocess.Popen(["sleep", "60"], **user_for_servers()) as process:
        yield process
        process.kill()


@pytest.fixture
def place(monkeypatch):
    monkeypatch.delenv("SERVICES", raising=False)
    with place_for(None) as place:
        yield place


def test_both_servers_answer(services):
    assert query(services, "SELECT 1") == 1
    assert redis(services, "PING") == "+PONG"


def test_servers_listen_on_this_machine_only(services):
    assert query(services, "SHOW listen_addresses") == "127.0.0.1"
    assert redis(services, "CONFIG GET bind").split()[-1] == "127.0.0.1"


def test_postgresql_wants_its_password(services):
    other = services["DATABASE_URL"].replace("//postgres:", "//postgres:not-")

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(other)


def test_postgresql_knows_capitals_beyond_ascii(services):
    if utf8_locale() == "C":
        pytest.skip("this system has no UTF-8 locale by a name we know")

    assert query(services, "SELECT upper('é')") == "É"


def test_root_does_not_run_postgresql(services):
    assert data_folder(services).stat().st_uid == user_for_servers().get("user", os.getuid())


def test_only_what_is_asked_for_starts(services):
    with running(only=["redis"]) as alone:
        assert "DATABASE_URL" not in alone
        assert redis(alone, "PING") == "+PONG"


def test_nothing_is_left_when_the_starter_is_killed(services):
    with subprocess.Popen([sys.executable, "-c", STARTER], stdout=subprocess.PIPE, cwd=ROOT) as it:
        left = traces(json.loads(first_line(it)))
        it.kill()

    assert all_gone(left)


def test_after_ctrl_c_the_servers_wait_for_their_starter(services):
    with subprocess.Popen(
        [sys.executable, "-c", STARTER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        start_new_session=True,
    ) as it:
        started = json.loads(first_line(it))
        left = traces(started)
        os.killpg(it.pid, signal.SIGINT)
        time.sleep(0.5)

        assert redis(started, "PING") == "+PONG"
        it.communicate(b"\n")
    assert it.returncode == 0
    assert all_gone(left, seconds=0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_when_the_supervisor_gets_a_signal(services, number):
    command = [*SUPERVISOR, "--only=redis"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as supervisor:
        left = traces(json.loads(first_line(supervisor)))
        supervisor.send_signal(number)

        assert supervisor.wait(30) == 0
    assert all_gone(left, seconds=0)


def test_nothing_is_left_when_the_block_ends(services):
    with running() as mine:
        left = traces(mine)

    assert all_gone(left, seconds=0)


def test_kept_data_survive_a_restart(services, keep):
    with running(keep=keep) as first:
        query(first, "CREATE TABLE note AS SELECT 'kept' AS text")
        redis(first, "SET note kept")
    with running(keep=keep) as second:
        assert query(second, "SELECT text FROM note") == "kept"
        assert redis(second, "GET note") == "$4\r\nkept"

    assert urlsplit(first["DATABASE_URL"]).password == urlsplit(second["DATABASE_URL"]).password
    assert keep.stat().st_mode & 0o777 == 0o700


def test_only_kept_data_wait_for_the_disk(place):
    assert "--fsync=off" in PostgreSQL(place).command(1)
    assert "--fsync=off" not in PostgreSQL(replace(place, kept=True)).command(1)


def test_a_dead_servers_process_id_does_not_prevent_a_start(services, keep, somebody_else):
    with running(keep=keep, only=["postgres"]) as first:
        note = data_folder(first) / "postmaster.pid"
        left = note.read_text().splitlines()
    note.write_text("\n".join([str(somebody_else.pid), *left[1:]]))

    with running(keep=keep, only=["postgres"]) as second:
        assert query(second, "SELECT 1") == 1


def test_one_folder_is_not_served_twice(services, keep):
    with (
        running(keep=keep, only=["redis"]),
        pytest.raises(ServicesError, match="already run"),
        running(keep=keep, only=["redis"]),
    ):
        pass


def test_a_folder_with_other_things_in_it_is_refused(keep):
    keep.mkdir()
    keep.joinpath("letters.txt").touch()

    with pytest.raises(ServicesError, match="other files"), running(keep=keep):
        pass


def test_a_command_gets_the_addresses_and_its_exit_code_is_passed_on(services):
    code = "import os; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL']); raise SystemExit(3)"
    done = subprocess.run([*SUPERVISOR, "--", sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 3
    assert [urlsplit(url).scheme for url in done.stdout.split()] == ["postgres", "redis"]


def test_a_command_gets_the_signal_that_was_sent_to_us(services):
    command = [*SUPERVISOR, "--only=redis", "--", "sh", "-c", "echo ready; exec sleep 60"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as it:
        first_line(it)
        it.terminate()

    assert it.returncode == -signal.SIGTERM


def test_a_command_is_not_run_without_its_servers(monkeypatch):
    monkeypatch.setenv("SERVICES", "none")
    done = subprocess.run([*SUPERVISOR, "--", "echo", "it ran"], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 1
    assert "it ran" not in done.stdout


@pytest.mark.parametrize("server", [PostgreSQL, Redis])
def test_a_server_that_is_not_here_says_what_to_install(server, place, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("tools.servers.FOLDERS", [])
    monkeypatch.setattr(server, "package", "no_such_package")
    missing = server(place)

    assert not missing.find()
    assert missing.missing().startswith(f"{server.name} is not installed.")
    assert f"apt install {server.name.lower()}" in missing.missing()


@pytest.mark.parametrize(("wanted", "code"), [("", 0), ("none", 1)])
def test_a_check_says_whether_the_servers_are_here(services, monkeypatch, wanted, code):
    monkeypatch.setenv("SERVICES", wanted or os.environ.get("SERVICES", ""))
    done = subprocess.run([*SUPERVISOR, "--check"], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == code
    assert len(done.stdout.splitlines()) == 2


def test_data_of_another_version_say_so(place, monkeypatch):
    monkeypatch.setattr(PostgreSQL, "package", "no_such_package")
    server = PostgreSQL(place)
    server.data.mkdir()
    server.data.joinpath("PG_VERSION").write_text("9\n")

    assert not server.find()
    assert "needs PostgreSQL 9." in server.missing()


def test_a_packages_program_that_cannot_run_where_it_is_is_copied(place, tmp_path, monkeypatch):
    program = tmp_path / "someredis/_binaries/here/valkey-server"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho Valkey server v=1.2.3\n")
    tmp_path.joinpath("someredis/__init__.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("SERVICES", "wheels")
    monkeypatch.setattr(Redis, "package", "someredis")
    server = Redis(place)

    assert server.find()
    assert server.title == "Valkey 1.2.3"
    assert server.program.is_relative_to(place.folder)


@pytest.mark.skipif(
    not all(importlib.util.find_spec(server.package) for server in (PostgreSQL, Redis)),
    reason="the packages have no servers for this platform",
)
def test_the_packages_servers_serve(monkeypatch):
    monkeypatch.setenv("SERVICES", "wheels")
    with running() as packaged:
        assert f"PostgreSQL {query(packaged, 'SHOW server_version')}" in packaged["started"]
        assert redis(packaged, "PING") == "+PONG"


def test_a_port_that_was_taken_meanwhile_is_replaced(services, place, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        ports = iter([taken, urlsplit(services["REDIS_URL"]).port, free := unused_port()])
        monkeypatch.setattr("tools.servers.free_port", lambda: next(ports))
        server = Redis(place)
        server.find()
        address = server.start()
        server.stop()

    assert urlsplit(address).port == free


def test_a_server_that_does_not_start_is_quoted(services, place, monkeypatch):
    monkeypatch.setattr(Redis, "command", lambda self, port: [self.program, "--no-such-thing", "1"])
    server = Redis(place)
    server.find()

    with pytest.raises(ServicesError, match=r"did not start(.|\n)*no-such-thing"):
        server.start()


@pytest.fixture
def tests(tmp_path):
    tmp_path.joinpath("pytest.ini").write_text(
        f"[pytest]\npythonpath = {ROOT} .\naddopts = --strict-markers\nfilterwarnings = error\n"
    )
    tmp_path.joinpath("test_it.py").write_text(
        """
import os
import pytest

@pytest.mark.postgres
def test_with_postgres():
    assert os.environ["DATABASE_URL"].startswith("postgres://")

@pytest.mark.redis
def test_with_redis():
    assert os.environ["REDIS_URL"].startswith("redis://")

def test_with_neither():
    pass
"""
    )
    return tmp_path


@pytest.fixture
def broken_redis(folder):
    program = folder / "redis-server"
    program.write_text("#!/bin/sh\necho Redis server v=7; test $1 = --version\n")
    program.chmod(0o755)
    path = f"{folder}:{os.environ['PATH']}"
    return {"SERVICES": "", "DATABASE_URL": "postgres://given", "PATH": path}


def test_a_test_run_has_both_servers_in_all_its_processes(services, tests):
    said = pytest_in(tests, "-n2")

    assert "3 passed" in said
    assert f"services: {' and '.join(services['started'])}, started for this run" in said


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_test_run_without_servers_names_the_tests_it_skipped(tests, workers):
    said = pytest_in(tests, workers, SERVICES="none")

    assert "1 passed, 2 skipped" in said
    assert "NOT TESTED test_it.py::test_with_postgres" in said
    assert "NOT TESTED test_it.py::test_with_redis" in said
    assert said.count("NO POSTGRESQL: ") == said.count("NO REDIS: ") == 2


def test_worker_processes_leave_the_starting_to_the_first_one(tests):
    tests.joinpath("test_it.py").write_text(
        "from tests.services import services_key\n"
        "def test_it(pytestconfig):\n"
        "    assert services_key not in pytestconfig.stash\n"
    )

    assert "1 passed" in pytest_in(tests, "-n1", SERVICES="none")


def test_servers_of_the_environment_are_used_as_they_are(tests):
    given = {"DATABASE_URL": "postgres://given", "REDIS_URL": "redis://given"}
    said = pytest_in(tests, **given)

    assert "3 passed" in said
    assert "services: DATABASE_URL from the environment; REDIS_URL from the environment" in said


def test_sqlite_from_the_environment_is_no_postgresql(tests):
    said = pytest_in(tests, DATABASE_URL="sqlite:///db", REDIS_URL="redis://given")

    assert "2 passed, 1 skipped" in said
    assert "NOT TESTED test_it.py::test_with_postgres" in said


@pytest.mark.parametrize("option", ["--collect-only", "--help", "--version", "--fixtures"])
def test_nothing_is_started_only_to_look(tests, broken_redis, option):
    said = pytest_in(tests, option, option, **broken_redis)

    assert "did not start" not in said


def test_settings_see_the_addresses(services, tests):
    tests.joinpath("settings.py").write_text("import os\nREDIS_URL = os.environ['REDIS_URL']\n")
    said = pytest_in(tests, DJANGO_SETTINGS_MODULE="settings")

    assert "settings: settings (from env)" in said
    assert "3 passed" in said


def test_a_server_that_does_not_start_ends_the_test_run(tests, broken_redis):
    said = pytest_in(tests, **broken_redis)

    assert "Redis 7 " in said
    assert "did not start" in said
    assert "SERVICES=none runs the tests without it." in said


def first_line(process):
    return process.stdout.readline()


def query(services, sql):
    with psycopg.connect(services["DATABASE_URL"]) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall()[0][0] if cursor.description else None


def redis(services, command):
    port = urlsplit(services["REDIS_URL"]).port
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(f"{command}\r\n".encode())
        return connection.recv(65536).decode().strip()


def data_folder(services):
    return Path(query(services, "SHOW data_directory"))


def traces(services):
    """What should not be there any more: processes, and a folder."""
    folder = Path(redis(services, "CONFIG GET dir").split()[-1]).parent
    told = redis(services, "INFO server").splitlines()
    left = [folder, next(int(line[11:]) for line in told if line.startswith("process_id:"))]
    if "DATABASE_URL" in services:
        left.append(int(data_folder(services).joinpath("postmaster.pid").read_text().split()[0]))
    return left


def all_gone(left, seconds=30):
    deadline = time.monotonic() + seconds
    while any(map(is_there, left)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(map(is_there, left))


def is_there(trace):
    if isinstance(trace, Path):
        return trace.exists()
    try:
        os.kill(trace, 0)
    except ProcessLookupError:
        return False
    return True


def unused_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pytest_in(folder, *arguments, **environment):
    """A test run of its own, which has not heard of this one's services."""
    ours = ("PYTEST_", "DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.services", *arguments],
        cwd=folder,
        env=inherited | environment,
        capture_output=True,
        text=True,
    )
    return done.stdout + done.stderr
