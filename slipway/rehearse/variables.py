"""The environment variables of every service, as Render would set them from the Blueprint."""

import base64
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from decouple import RepositoryEnv

from slipway.rehearse import render
from slipway.rehearse.blueprint import Blueprint, Service, Variable
from slipway.rehearse.errors import Failure

LOCALHOST = "127.0.0.1"

ENTERED_VALUES = ".env.rehearsal"
GENERATED_VALUES = ".rehearsal/generated.json"

# Service and key of each variable on the way to a value.
Trail = tuple[tuple[str, str], ...]


class Environment(dict[str, str]):
    """Its repr shows no values: it may be part of a traceback."""

    def __repr__(self) -> str:
        return f"Environment({', '.join(sorted(self))})"


@dataclass(frozen=True)
class Endpoints:
    """URLs and ports by the names in the Blueprint."""

    # URLs with passwords.
    databases: Mapping[str, str] = field(repr=False)
    stores: Mapping[str, str] = field(repr=False)
    # Public URLs of web services, such as https://site.localhost:8443
    addresses: Mapping[str, str]
    # Of web and private services, for other services.
    ports: Mapping[str, int]
    commit: str
    branch: str


def resolve(blueprint: Blueprint, endpoints: Endpoints) -> dict[str, Environment]:
    """All services at once, because they refer to each other.

    The same for builds and running services. What differs is in `render`: `BUILD_VARIABLES`, `default_variables`
    (these values override them) and `instance_variables`.
    """
    resolver = Resolver(blueprint, endpoints, GeneratedValues(blueprint), entered_values(blueprint))
    return {service.name: resolver.environment(service) for service in blueprint.services}


def declared(blueprint: Blueprint, service: Service) -> Iterator[Variable]:
    """Variables of groups come first: the service's own override them."""
    for variable in service.variables:
        if variable.group is not None:
            yield from blueprint.groups.get(variable.group, [])
    yield from (variable for variable in service.variables if variable.group is None)


class Resolver:
    def __init__(
        self, blueprint: Blueprint, endpoints: Endpoints, generated: "GeneratedValues", entered: dict[str, str]
    ) -> None:
        self.blueprint = blueprint
        self.endpoints = endpoints
        self.generated = generated
        self.entered = entered
        self.services = {service.name: service for service in blueprint.services}
        self.variables = {
            name: {variable.key: variable for variable in declared(blueprint, service)}
            for name, service in self.services.items()
        }

    def environment(self, service: Service) -> Environment:
        declared = {key: self.value(service.name, key) for key in self.variables[service.name]}
        return Environment(declared | self.render_variables(service.name))

    def render_variables(self, name: str) -> dict[str, str]:
        address = self.endpoints.addresses.get(name, "")
        return render.render_variables(
            name=name, address=address, commit=self.endpoints.commit, branch=self.endpoints.branch
        )

    def value(self, name: str, key: str, trail: Trail = ()) -> str:
        """The value of a variable, which may refer to a variable of another service, and so on."""
        if (name, key) in trail:
            circle = " -> ".join(f"{key} of {name}" for name, key in [*trail, (name, key)])
            raise Failure(f"These variables refer to each other in a circle: {circle}.")
        if name not in self.services:
            raise Failure(f"{self.source(trail)} refers to {name}, which is not a service here.")
        if key in (preset := self.render_variables(name)):
            return preset[key]
        if key == "PORT":
            return self.port(name)
        if variable := self.variables[name].get(key):
            return self.of(variable, name, (*trail, (name, key)))
        defaults = render.default_variables(self.services[name].plan, self.services[name].runtime)
        if key not in defaults:
            raise Failure(f"{self.source(trail)} refers to {key} of {name}, which does not exist.")
        return defaults[key]

    def of(self, variable: Variable, name: str, trail: Trail) -> str:
        if variable.generated:
            return self.generated.get(self.owner_of(variable, name), variable.key)
        if variable.ask:
            return self.entered[variable.key]
        if variable.database:
            return self.of_database(*variable.database, trail)
        if variable.service:
            return self.of_service(*variable.service, trail)
        if variable.service_variable:
            return self.value(*variable.service_variable, trail)
        return variable.value or ""

    def owner_of(self, variable: Variable, name: str) -> str:
        """A group has one value for all its services."""
        group = next((group for group, members in self.blueprint.groups.items() if variable in members), None)
        return f"group {group}" if group else f"service {name}"

    def of_database(self, name: str, prop: str, trail: Trail) -> str:
        if name not in self.endpoints.databases:
            raise Failure(f"{self.source(trail)} refers to {name}, which is not a database here.")
        return part(self.endpoints.databases[name], prop)

    def of_service(self, name: str, prop: str, trail: Trail) -> str:
        if name in self.endpoints.stores:
            return part(self.endpoints.stores[name], prop)
        if name not in self.services or prop == "connectionString":
            raise Failure(f"{self.source(trail)} refers to {name}, which has no {prop} here.")
        # On Render the name of a service is its host in the private network.
        return {"host": LOCALHOST, "port": self.port(name), "hostport": f"{LOCALHOST}:{self.port(name)}"}[prop]

    def port(self, name: str) -> str:
        return str(self.endpoints.ports.get(name, render.PORT))

    @staticmethod
    def source(trail: Trail) -> str:
        return "{1} of {0}".format(*trail[-1])


def part(address: str, prop: str) -> str:
    """A property of a database or a store, from its URL. A connection pool has the same URL here."""
    if prop in ("connectionString", "connectionPoolString"):
        return address
    url = urlsplit(address)
    return {
        "host": url.hostname or "",
        "port": str(url.port or ""),
        "hostport": f"{url.hostname}:{url.port}",
        "user": unquote(url.username or ""),
        "password": unquote(url.password or ""),
        "database": unquote(url.path.lstrip("/")),
    }[prop]


class GeneratedValues:
    """Random at first, then the same in every rehearsal."""

    def __init__(self, blueprint: Blueprint) -> None:
        self.path = blueprint.root / GENERATED_VALUES
        # Each Blueprint of a repository has its own values.
        self.blueprint = blueprint.path.resolve().relative_to(blueprint.root).as_posix()
        self.values: dict[str, str] = self.load()

    def load(self) -> dict[str, str]:
        try:
            values = json.loads(self.path.read_text())
            return {str(name): str(value) for name, value in values.items()}
        except FileNotFoundError:
            return {}
        except (ValueError, AttributeError):
            raise Failure(f"{self.path} is damaged.", "Delete it: the next rehearsal generates new values.") from None

    def get(self, owner: str, key: str) -> str:
        name = f"{self.blueprint}: {owner}: {key}"
        if name not in self.values:
            # 256 bits in 44 characters, as on Render.
            self.values[name] = base64.b64encode(secrets.token_bytes(32)).decode()
            self.save()
        return self.values[name]

    def save(self) -> None:
        self.path.parent.mkdir(exist_ok=True)
        new = self.path.with_suffix(".new")
        new.unlink(missing_ok=True)
        # Created with these permissions: no other user can read it at any time.
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(self.values, file, indent=1)
        new.replace(self.path)


def entered_values(blueprint: Blueprint) -> dict[str, str]:
    """Values of `sync: false` variables from `.env.rehearsal`. One Failure lists all that are missing."""
    path = blueprint.root / ENTERED_VALUES
    entered = dict(RepositoryEnv(str(path)).data) if path.is_file() else {}
    missing: dict[str, list[str]] = {}
    for service in blueprint.services:
        for variable in service.variables:
            if variable.ask and variable.key not in entered:
                missing.setdefault(variable.key, []).append(service.name)
    if missing:
        count = "one variable" if len(missing) == 1 else f"{len(missing)} variables"
        lines = [f"    {key}=    # for {', '.join(names)}" for key, names in missing.items()]
        raise Failure(
            f"{path.name} has no value for {count} that Render asks for (sync: false).",
            "\n".join([f"Add these lines to {path}. A value may be empty:", *lines]),
        )
    return entered
