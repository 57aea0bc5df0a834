"""Whether a web service listens where Render looks for it."""

from collections.abc import Iterator

from slipway.rehearse import render
from slipway.rehearse.problems import Problem
from slipway.rehearse.rules.commands import Use
from slipway.rehearse.rules.shell import Words

SERVERS = ("gunicorn", "uvicorn", "daphne", "hypercorn", "granian", "waitress-serve", "runserver")
# They listen on all addresses, unless they are told otherwise.
OPEN = ("gunicorn", "waitress-serve")
BIND = "--bind 0.0.0.0:$PORT"


def ports(found: list[Use]) -> Iterator[Problem]:
    for use in found:
        if use.service.text_of("type") == "web" and use.key == "startCommand":
            for words in use.command.all:
                if server := server_in(words):
                    yield from mistakes(use, server, words)


def server_in(words: Words) -> str:
    """By its last name: `python -m config.daphne` serves too. Programs that nobody knows are left to the rehearsal."""
    last_names = [word.rpartition("/")[2].rpartition(".")[2] for word in words[:4]]
    return next((name for name in last_names if name in SERVERS), "")


def mistakes(use: Use, server: str, words: Words) -> Iterator[Problem]:
    text = " ".join(words)
    how = BIND if server == "gunicorn" else "its options for the host 0.0.0.0 and the port $PORT"
    if server == "gunicorn" and not any(word.startswith(("--bind", "-b")) for word in words):
        hint = f"add `{BIND}`: Render sets GUNICORN_CMD_ARGS, which beats a config file, and only this beats both"
        yield Problem(use.line, f"{use.name} starts gunicorn without --bind", hint)
    elif not any(port in text for port in ("$PORT", "${PORT", str(render.PORT))):
        yield Problem(use.line, f"{use.name} starts {server} without Render's port", f"add {how}")
    elif "127.0.0.1" in text or "localhost" in text:
        yield Problem(use.line, f"{use.name} listens for its own machine alone", f"give it {how}")
    elif server not in OPEN and "0.0.0.0" not in text and "::" not in text:
        yield Problem(
            use.line, f"{use.name} listens for its own machine alone, as {server} does by itself", f"add {how}"
        )
