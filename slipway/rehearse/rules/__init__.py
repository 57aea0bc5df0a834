"""All that a Blueprint must be: `problems` says where it is not."""

from slipway.rehearse.nodes import Node
from slipway.rehearse.problems import Problem
from slipway.rehearse.rules.commands import commands, uses
from slipway.rehearse.rules.data import data
from slipway.rehearse.rules.names import names
from slipway.rehearse.rules.ports import ports
from slipway.rehearse.rules.references import references
from slipway.rehearse.rules.repository import Repository
from slipway.rehearse.rules.resources import Resources
from slipway.rehearse.rules.services import services
from slipway.rehearse.rules.shape import shape
from slipway.rehearse.rules.variables import variables


def problems(root: Node, repository: Repository) -> list[Problem]:
    """In the order of the file, each once: an anchor is used in several places."""
    resources = Resources(root)
    found = uses(resources, repository)
    return sorted(
        {
            *shape(root),
            *names(resources),
            *services(resources),
            *data(resources),
            *variables(resources),
            *references(resources),
            *commands(found, repository),
            *ports(found),
        }
    )
