from pathlib import Path

import pytest
from django.core import checks

from config import doctor, env
from tests.commands import PRODUCTION, run

GOOD = PRODUCTION | {"REDIS_URL": "redis://redis:6379/0", "EMAIL_HOST": "smtp.example.com"}


def test_valid_settings_have_no_advice() -> None:
    result = run("python", "manage.py", "doctor", **GOOD, CLOUDINARY_URL="cloudinary://key:secret@cloud")

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "The production settings of web are valid.\n"


def test_files_on_the_servers_disk_are_advice() -> None:
    result = run("python", "manage.py", "doctor", **GOOD)

    assert result.returncode == 0
    assert "lost at the next deploy" in result.stdout
    assert "apart from this advice" in result.stdout


def test_only_errors_and_insecure_settings_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        checks.Warning("unusual", hint="Look at it.", id="payments.W001"),
        checks.Warning("insecure", id="security.W008"),
        checks.Error("broken", id="payments.E001"),
        checks.Info("a note", id="payments.I001"),
    ]
    monkeypatch.setattr(checks, "run_checks", lambda **options: found)

    errors, warnings = doctor.run_system_checks()

    assert errors == ["insecure  (security.W008)", "broken  (payments.E001)"]
    assert warnings == ["unusual  (payments.W001)\n      Look at it."]


def test_unknown_lines_of_dotenv_are_advice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".env").write_text("REDIS_ULR=redis://user:hush-hush@host\n")
    monkeypatch.setattr(env, "BASE_DIR", tmp_path)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings.development")
    monkeypatch.setattr(doctor, "run_system_checks", lambda: ([], []))

    assert doctor.main([]) == 0
    output = capsys.readouterr().out
    assert "REDIS_ULR in line 1 of .env is unknown. Did you mean REDIS_URL?" in output
    assert "hush-hush" not in output


def test_development_warns_of_unknown_lines_of_dotenv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".env").write_text("REDIS_ULR=\n")
    monkeypatch.setattr(env, "BASE_DIR", tmp_path)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings.development")

    env.load.__wrapped__()

    assert "Warning: REDIS_ULR in line 1" in capsys.readouterr().err
