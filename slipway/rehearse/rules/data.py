"""Databases and Key Value stores: who can reach them, and what they forget."""

from collections.abc import Iterator

from slipway.rehearse import render
from slipway.rehearse.problems import Problem
from slipway.rehearse.rules.resources import Resources, title

OLD_PLANS = ("starter", "standard", "pro", "pro plus")


def data(resources: Resources) -> Iterator[Problem]:
    yield from databases(resources)
    yield from stores(resources)


def databases(resources: Resources) -> Iterator[Problem]:
    for database in resources.databases:
        name = title(database)
        if "ipAllowList" not in database:
            hint = "write `ipAllowList: []`, and only the private network can reach it"
            yield Problem(database.line, f"{name} is open to the whole internet, as it has no ipAllowList", hint)
        if database.text_of("plan") in OLD_PLANS:
            line = database.line_of("plan")
            yield Problem(
                line, f"{name} has a plan that new databases cannot have", "write `plan: basic-256mb` or more"
            )


def stores(resources: Resources) -> Iterator[Problem]:
    used = {
        entry.get("fromService").text_of("name") for service in resources.services for entry in service.each("envVars")
    }
    for store in resources.stores:
        policy = store.text_of("maxmemoryPolicy", render.POLICY)
        if title(store) in used and policy != render.BROKER_POLICY:
            chosen = "" if "maxmemoryPolicy" in store else ", the default"
            yield Problem(
                store.line_of("maxmemoryPolicy"),
                f"{title(store)} forgets something when it is full (maxmemoryPolicy {policy}{chosen})",
                f"that may be a task in a queue: write `maxmemoryPolicy: {render.BROKER_POLICY}`",
            )
