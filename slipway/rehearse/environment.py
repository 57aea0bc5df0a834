"""The environment of every service, as Render would make it from the Blueprint."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from slipway.rehearse import render
from slipway.rehearse.blueprint import Blueprint, Service, Variable
from slipway.rehearse.failures import Failure
from slipway.rehearse.values import Generated, asked

HERE = "127.0.0.1"

# Service and key of each variable on the way to a value.
Trail = tuple[tuple[str, str], ...]


class Environment(dict[str, str]):
    """Shows its names only: it may end up in a traceback."""

    def __repr__(self) -> str:
        return f"Environment({', '.join(sorted(self))})"


@dataclass(frozen=True)
class Surroundings:
    """What is there already, by the names in the Blueprint."""

    # Addresses, with their passwords.
    databases: Mapping[str, str] = field(repr=False)
    stores: Mapping[str, str] = field(repr=False)
    # Of web services, as their visitors see them: https://site.localhost:8443
    addresses: Mapping[str, str]
    # Of web and private services, as other services reach them.
    ports: Mapping[str, int]
    commit: str
    branch: str


def resolve(blueprint: Blueprint, surroundings: Surroundings) -> dict[str, Environment]:
    """All of them at once: services refer to each other.

    The same when it builds and when it runs. What differs then is in `render`: `WHILE_BUILDING`, `defaults`, which
    these values beat, and `of_instance`.
    """
    resolver = Resolver(blueprint, surroundings, Generated(blueprint), asked(blueprint))
    return {service.name: resolver.environment(service) for service in blueprint.services}


def declared(blueprint: Blueprint, service: Service) -> Iterator[Variable]:
    """What its groups bring comes first: the service's own variables beat them."""
    for variable in service.variables:
        if variable.group is not None:
            yield from blueprint.groups.get(variable.group, [])
    yield from (variable for variable in service.variables if variable.group is None)


class Resolver:
    def __init__(
        self, blueprint: Blueprint, surroundings: Surroundings, generated: Generated, given: dict[str, str]
    ) -> None:
        self.blueprint = blueprint
        self.surroundings = surroundings
        self.generated = generated
        self.given = given
        self.services = {service.name: service for service in blueprint.services}
        self.variables = {
            name: {variable.key: variable for variable in declared(blueprint, service)}
            for name, service in self.services.items()
        }

    def environment(self, service: Service) -> Environment:
        declared = {key: self.value(service.name, key) for key in self.variables[service.name]}
        # Nobody can set what Render tells.
        return Environment(declared | self.told(service.name))

    def told(self, name: str) -> dict[str, str]:
        address = self.surroundings.addresses.get(name, "")
        return render.told(name=name, address=address, commit=self.surroundings.commit, branch=self.surroundings.branch)

    def value(self, name: str, key: str, trail: Trail = ()) -> str:
        """Of a service's variable, which may be that of another service, and so on."""
        if (name, key) in trail:
            circle = " -> ".join(f"{key} of {name}" for name, key in [*trail, (name, key)])
            raise Failure(f"These variables refer to each other in a circle: {circle}.")
        if name not in self.services:
            raise Failure(f"{self.source(trail)} refers to {name}, which is no service here.")
        if key in (told := self.told(name)):
            return told[key]
        if key == "PORT":
            return self.port(name)
        if variable := self.variables[name].get(key):
            return self.of(variable, name, (*trail, (name, key)))
        defaults = render.defaults(self.services[name].plan, self.services[name].runtime)
        if key not in defaults:
            raise Failure(f"{self.source(trail)} refers to {key} of {name}, which has none.")
        return defaults[key]

    def of(self, variable: Variable, name: str, trail: Trail) -> str:
        if variable.generated:
            return self.generated.get(self.home_of(variable, name), variable.key)
        if variable.ask:
            return self.given[variable.key]
        if variable.database:
            return self.of_database(*variable.database, trail)
        if variable.service:
            return self.of_service(*variable.service, trail)
        if variable.service_variable:
            return self.value(*variable.service_variable, trail)
        return variable.value or ""

    def home_of(self, variable: Variable, name: str) -> str:
        """A group has one value for all who use it."""
        group = next((group for group, members in self.blueprint.groups.items() if variable in members), None)
        return f"group {group}" if group else f"service {name}"

    def of_database(self, name: str, prop: str, trail: Trail) -> str:
        if name not in self.surroundings.databases:
            raise Failure(f"{self.source(trail)} refers to {name}, which is no database here.")
        return part(self.surroundings.databases[name], prop)

    def of_service(self, name: str, prop: str, trail: Trail) -> str:
        if name in self.surroundings.stores:
            return part(self.surroundings.stores[name], prop)
        if name not in self.services or prop == "connectionString":
            raise Failure(f"{self.source(trail)} refers to {name}, which has no {prop} here.")
        # On Render a service's name is its host in the private network; here all share one.
        return {"host": HERE, "port": self.port(name), "hostport": f"{HERE}:{self.port(name)}"}[prop]

    def port(self, name: str) -> str:
        return str(self.surroundings.ports.get(name, render.PORT))

    @staticmethod
    def source(trail: Trail) -> str:
        return "{1} of {0}".format(*trail[-1])


def part(address: str, prop: str) -> str:
    """One property of a database or a store, out of its address. A pool has no address of its own here."""
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
