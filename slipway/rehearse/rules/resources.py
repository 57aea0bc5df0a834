"""A Blueprint's services, databases and groups, wherever in the file they are."""

from collections.abc import Iterator
from functools import cached_property

from slipway.rehearse.nodes import Node
from slipway.rehearse.render import REGION

STORE_TYPES = ("keyvalue", "redis")


class Resources:
    def __init__(self, root: Node) -> None:
        environments = [found for project in root.each("projects") for found in project.each("environments")]
        self.holders = [root, root.get("ungrouped"), *environments]
        everything = [item for holder in self.holders for item in holder.each("services")]
        self.stores = [item for item in everything if item.text_of("type") in STORE_TYPES]
        self.services = [item for item in everything if item.text_of("type") not in STORE_TYPES]
        self.databases = [item for holder in self.holders for item in holder.each("databases")]
        self.groups = [item for holder in self.holders for item in holder.each("envVarGroups")]

    @cached_property
    def group(self) -> dict[str, Node]:
        return {group.text_of("name"): group for group in self.groups}

    @cached_property
    def database(self) -> dict[str, Node]:
        return {database.text_of("name"): database for database in self.databases}

    @cached_property
    def service(self) -> dict[str, Node]:
        """Stores too: `fromService` refers to them."""
        return {service.text_of("name"): service for service in [*self.services, *self.stores]}

    def variables(self, service: Node) -> Iterator[Node]:
        """What a service declares, with what its groups bring."""
        for entry in service.each("envVars"):
            if group := self.group.get(entry.text_of("fromGroup")):
                yield from group.each("envVars")
            else:
                yield entry

    def keys(self, service: Node) -> list[str]:
        return [variable.text_of("key") for variable in self.variables(service)]


def region(node: Node) -> str:
    return node.text_of("region", REGION)


def title(node: Node) -> str:
    return node.text_of("name") or f"the one in line {node.line}"
