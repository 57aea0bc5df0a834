"""Rules for Blueprints."""

from slipway.rehearse.errors import Problem
from slipway.rehearse.rules.commands import command_problems
from slipway.rehearse.rules.references import reference_problems
from slipway.rehearse.rules.repository import Repository
from slipway.rehearse.rules.resources import Resources
from slipway.rehearse.rules.schema import schema_problems
from slipway.rehearse.rules.services import service_problems
from slipway.rehearse.rules.variables import variable_problems
from slipway.rehearse.yaml_nodes import YamlNode


def find_problems(root: YamlNode, repository: Repository) -> list[Problem]:
    """By line. A problem in an anchor is reported once, even if the anchor is used several times."""
    resources = Resources(root)
    return sorted(
        {
            *schema_problems(root),
            *service_problems(resources),
            *variable_problems(resources),
            *reference_problems(resources),
            *command_problems(resources, repository),
        }
    )
