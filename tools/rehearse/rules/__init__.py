"""All that a Blueprint must be: `problems` says where it is not."""

from tools.rehearse.nodes import Node
from tools.rehearse.problems import Problem
from tools.rehearse.rules.commands import commands, uses
from tools.rehearse.rules.data import data
from tools.rehearse.rules.names import names
from tools.rehearse.rules.ports import ports
from tools.rehearse.rules.references import references
from tools.rehearse.rules.repository import Repository
from tools.rehearse.rules.resources import Resources
from tools.rehearse.rules.services import services
from tools.rehearse.rules.shape import shape
from tools.rehearse.rules.variables import variables


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
