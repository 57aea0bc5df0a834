"""Values that the Blueprint itself doesn't hold: those that Render makes, once, and those that it asks for."""

import base64
import json
import os
import secrets

from decouple import RepositoryEnv

from slipway.rehearse.blueprint import Blueprint
from slipway.rehearse.failures import Failure

ASKED = ".env.rehearsal"
GENERATED = ".rehearsal/generated.json"


class Generated:
    """Made by chance at first, and the same in every rehearsal from then on."""

    def __init__(self, blueprint: Blueprint) -> None:
        self.path = blueprint.root / GENERATED
        # Blueprints in one repository are strangers to each other.
        self.blueprint = blueprint.path.resolve().relative_to(blueprint.root).as_posix()
        self.values: dict[str, str] = self.kept()

    def kept(self) -> dict[str, str]:
        try:
            values = json.loads(self.path.read_text())
            return {str(name): str(value) for name, value in values.items()}
        except FileNotFoundError:
            return {}
        except (ValueError, AttributeError):
            raise Failure(f"{self.path} is damaged.", "Delete it: new values are made then.") from None

    def get(self, owner: str, key: str) -> str:
        name = f"{self.blueprint}: {owner}: {key}"
        if name not in self.values:
            # 256 bits, in the 44 characters that Render's have.
            self.values[name] = base64.b64encode(secrets.token_bytes(32)).decode()
            self.keep()
        return self.values[name]

    def keep(self) -> None:
        self.path.parent.mkdir(exist_ok=True)
        new = self.path.with_suffix(".new")
        new.unlink(missing_ok=True)
        # Nobody else may read it, not even for a moment.
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(self.values, file, indent=1)
        new.replace(self.path)


def asked(blueprint: Blueprint) -> dict[str, str]:
    """What `.env.rehearsal` answers to each `sync: false`, or one Failure that lists all it leaves open."""
    path = blueprint.root / ASKED
    given = dict(RepositoryEnv(str(path)).data) if path.is_file() else {}
    missing: dict[str, list[str]] = {}
    for service in blueprint.services:
        for variable in service.variables:
            if variable.ask and variable.key not in given:
                missing.setdefault(variable.key, []).append(service.name)
    if missing:
        count = "one variable" if len(missing) == 1 else f"{len(missing)} variables"
        lines = [f"    {key}=    # for {', '.join(names)}" for key, names in missing.items()]
        raise Failure(
            f"Render would ask for {count} (sync: false) that {path.name} does not answer.",
            "\n".join([f"Add to {path}, with nothing after the = where you have no value:", *lines]),
        )
    return given
