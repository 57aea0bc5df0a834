"""All services, databases and groups of a Blueprint."""

from collections.abc import Iterator
from functools import cached_property

from slipway.rehearse.render import REGION
from slipway.rehearse.yaml_nodes import YamlNode

STORE_TYPES = ("keyvalue", "redis")


class Resources:
    def __init__(self, root: YamlNode) -> None:
        environments = [found for project in root.each("projects") for found in project.each("environments")]
        self.sections = [root, root.get("ungrouped"), *environments]
        everything = [item for section in self.sections for item in section.each("services")]
        self.stores = [item for item in everything if item.text_of("type") in STORE_TYPES]
        self.services = [item for item in everything if item.text_of("type") not in STORE_TYPES]
        self.databases = [item for section in self.sections for item in section.each("databases")]
        self.groups = [item for section in self.sections for item in section.each("envVarGroups")]

    @cached_property
    def group(self) -> dict[str, YamlNode]:
        return {group.text_of("name"): group for group in self.groups}

    @cached_property
    def database(self) -> dict[str, YamlNode]:
        return {database.text_of("name"): database for database in self.databases}

    @cached_property
    def service(self) -> dict[str, YamlNode]:
        """With stores, because `fromService` can refer to them."""
        return {service.text_of("name"): service for service in [*self.services, *self.stores]}

    def variables(self, service: YamlNode) -> Iterator[YamlNode]:
        """Variables of a service and of its groups."""
        for entry in service.each("envVars"):
            if group := self.group.get(entry.text_of("fromGroup")):
                yield from group.each("envVars")
            else:
                yield entry

    def keys(self, service: YamlNode) -> list[str]:
        return [variable.text_of("key") for variable in self.variables(service)]


def region(node: YamlNode) -> str:
    return node.text_of("region", REGION)


def title(node: YamlNode) -> str:
    return node.text_of("name") or f"the entry in line {node.line}"
