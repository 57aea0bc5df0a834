"""The schema of a Blueprint: every key, and the type of its value."""

from collections.abc import Iterator

from slipway.rehearse.errors import Problem
from slipway.rehearse.render import CRON_PLANS, DATABASE_PLANS, LONGEST_STOP_DELAY, SERVER_PLANS, STORE_PLANS
from slipway.rehearse.rules import schema_types as types
from slipway.rehearse.rules.schema_types import Boolean, Choice, Integer, ListOf, Object, Text, TypeByContent, ValueType
from slipway.rehearse.yaml_nodes import YamlNode

TEXT, BOOLEAN, INTEGER = Text(), Boolean(), Integer()
TEXTS = ListOf(TEXT)
SWITCH = Choice(("enabled", "disabled"))
GENERATION = Choice(("automatic", "manual", "off"))
REGION = Choice(("oregon", "ohio", "frankfurt", "singapore", "virginia"))
ALLOW = ListOf(Object({"source": TEXT, "description": TEXT}, ("source",)))
CREDENTIAL = Object({"fromRegistryCreds": Object({"name": TEXT}, ("name",))}, ("fromRegistryCreds",))
PROPERTIES = ("connectionString", "connectionPoolString", "host", "port", "user", "password", "database")
POLICIES = (
    *("noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-random"),
    *("volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"),
)

# Variables
FROM_DATABASE = Object(
    {
        "name": TEXT,
        "property": Choice(PROPERTIES),
    },
    ("name", "property"),
)
FROM_SERVICE = Object(
    {
        "name": TEXT,
        "type": Choice(("web", "worker", "pserv", "cron", "keyvalue")),
        "property": Choice(("host", "port", "hostport", "connectionString")),
        "envVarKey": TEXT,
    },
    ("name", "type"),
    some=("property", "envVarKey"),
)
PLAIN = Object(
    {
        "key": TEXT,
        "value": types.VariableValue(),
        "generateValue": BOOLEAN,
        "sync": BOOLEAN,
        "previewValue": types.VariableValue(),
    },
    ("key",),
    instead=dict.fromkeys(
        ("fromDatabase", "fromService", "fromGroup"),
        "a group contains only values: add this to each service",
    ),
)
FORMS = {
    "fromDatabase": Object({"key": TEXT, "fromDatabase": FROM_DATABASE}, ("key",)),
    "fromService": Object({"key": TEXT, "fromService": FROM_SERVICE}, ("key",)),
    "fromGroup": Object({"fromGroup": TEXT}, instead={"key": "a group has its own keys: remove this"}),
}


def form(node: YamlNode) -> tuple[str, ValueType]:
    return "a variable", next((kind for name, kind in FORMS.items() if name in node), PLAIN)


VARIABLES = ListOf(TypeByContent(form))
GROUP = Object({"name": TEXT, "envVars": ListOf(PLAIN)}, ("name", "envVars"))

# Services
TRIGGER = 'write `autoDeployTrigger` with commit, checksPass or "off"'
PREVIEWS = "write `previews` with `generation`"
OLD = {
    "env": "write `runtime`",
    "autoDeploy": TRIGGER,
    "previewsEnabled": PREVIEWS,
    "pullRequestPreviewsEnabled": PREVIEWS,
    "previewPlan": "write `previews` with `plan`",
    "buildSource": "build sources cannot be rehearsed: give the service its own `buildCommand`",
}
BUILT: dict[str, ValueType] = {
    "type": TEXT,
    "name": TEXT,
    "runtime": Choice(("docker", "elixir", "go", "image", "node", "python", "ruby", "rust", "static")),
    "repo": TEXT,
    "branch": TEXT,
    "rootDir": TEXT,
    "buildCommand": TEXT,
    "buildFilter": Object({"paths": TEXTS, "ignoredPaths": TEXTS}, some=("paths", "ignoredPaths")),
    "preDeployCommand": TEXT,
    "envVars": VARIABLES,
    "autoDeploy": BOOLEAN,
    "autoDeployTrigger": Choice(("off", "commit", "checksPass")),
}
STARTED: dict[str, ValueType] = {
    **BUILT,
    "region": REGION,
    "startCommand": TEXT,
    "image": Object({"url": TEXT, "creds": CREDENTIAL}, ("url",)),
    "dockerCommand": TEXT,
    "dockerContext": TEXT,
    "dockerfilePath": TEXT,
    "registryCredential": CREDENTIAL,
}
SERVER: dict[str, ValueType] = {
    **STARTED,
    "plan": Choice(SERVER_PLANS),
    "numInstances": INTEGER,
    "scaling": Object(
        {
            "minInstances": INTEGER,
            "maxInstances": INTEGER,
            "targetMemoryPercent": Integer(1, 90),
            "targetCPUPercent": Integer(1, 90),
        }
    ),
    "initialDeployHook": TEXT,
    "disk": Object({"name": TEXT, "mountPath": TEXT, "sizeGB": INTEGER}, ("name", "mountPath")),
    "previews": Object({"generation": GENERATION, "plan": Choice(SERVER_PLANS), "numInstances": INTEGER}),
    "pullRequestPreviewsEnabled": BOOLEAN,
    "previewPlan": Choice(SERVER_PLANS),
    "maxShutdownDelaySeconds": Integer(1, LONGEST_STOP_DELAY),
}
PUBLIC: dict[str, ValueType] = {
    "domain": TEXT,
    "domains": TEXTS,
    "ipAllowList": ALLOW,
    "renderSubdomainPolicy": SWITCH,
}
WEB_ONLY: dict[str, ValueType] = {
    **PUBLIC,
    "healthCheckPath": TEXT,
    "maintenanceMode": Object({"enabled": BOOLEAN, "uri": TEXT}),
}
STATIC: dict[str, ValueType] = {
    **BUILT,
    **PUBLIC,
    "staticPublishPath": TEXT,
    "headers": ListOf(Object({"path": TEXT, "name": TEXT, "value": TEXT}, ("path", "name", "value"))),
    "routes": ListOf(
        Object(
            {"type": Choice(("redirect", "rewrite")), "source": TEXT, "destination": TEXT},
            ("type", "source", "destination"),
        )
    ),
    "previews": Object({"generation": GENERATION}),
    "pullRequestPreviewsEnabled": BOOLEAN,
}
NEEDED = ("type", "name", "runtime")
NOT_PUBLIC = dict.fromkeys(WEB_ONLY, "only web services are public: remove this") | {
    "healthCheckPath": "Render checks the health of web services only: remove this"
}
SERVICES: dict[str, ValueType] = {
    "web": Object(SERVER | WEB_ONLY, NEEDED, OLD),
    "worker": Object(SERVER, NEEDED, OLD | NOT_PUBLIC),
    "pserv": Object(SERVER, NEEDED, OLD | NOT_PUBLIC),
    "cron": Object(
        {**STARTED, "plan": Choice(CRON_PLANS), "schedule": TEXT},
        (*NEEDED, "schedule"),
        OLD | NOT_PUBLIC | {"maxShutdownDelaySeconds": "a cron job ends by itself: remove this"},
    ),
    "keyvalue": Object(
        {
            "type": TEXT,
            "name": TEXT,
            "region": REGION,
            "plan": Choice(STORE_PLANS),
            "previewPlan": Choice(STORE_PLANS),
            "ipAllowList": ALLOW,
            "maxmemoryPolicy": Choice(POLICIES),
            "persistenceMode": Choice(("journal-snapshot", "snapshot", "off")),
        },
        ("type", "name", "ipAllowList"),
        missing={"ipAllowList": "write `ipAllowList: []`, so that only the private network can reach it"},
    ),
}
SITE = Object(
    STATIC,
    NEEDED,
    OLD | dict.fromkeys(("plan", "region", "startCommand"), "a static site has none: remove this"),
)
UNKNOWN = Object({"type": Choice(tuple(SERVICES))}, ("type",))


def service(node: YamlNode) -> tuple[str, ValueType]:
    type = node.text_of("type")
    if type == "web" and node.text_of("runtime") == "static":
        return "a static site", SITE
    # The old name of keyvalue. Another rule reports it.
    known = SERVICES.get("keyvalue" if type == "redis" else type, UNKNOWN)
    return f"a service of type {type}" if type else "a service", known


# Blueprint
DATABASE = Object(
    {
        "name": TEXT,
        "databaseName": TEXT,
        "user": TEXT,
        "region": REGION,
        "plan": Choice(DATABASE_PLANS),
        "previewPlan": Choice(DATABASE_PLANS),
        "diskSizeGB": types.DiskSize(),
        "previewDiskSizeGB": types.DiskSize(),
        "storageAutoscalingEnabled": BOOLEAN,
        "connectionPool": Choice(("pgbouncer", "none")),
        "postgresMajorVersion": Choice(tuple(str(version) for version in range(10, 19))),
        "highAvailability": Object({"enabled": BOOLEAN}, ("enabled",)),
        "ipAllowList": ALLOW,
        "readReplicas": ListOf(Object({"name": TEXT}, ("name",))),
    },
    ("name",),
)
RESOURCES: dict[str, ValueType] = {
    "services": ListOf(TypeByContent(service)),
    "databases": ListOf(DATABASE),
    "envVarGroups": ListOf(GROUP),
}
ENVIRONMENT = Object(
    {
        **RESOURCES,
        "name": TEXT,
        "networking": Object({"isolation": SWITCH}),
        "permissions": Object({"protection": SWITCH}),
    },
    ("name",),
)
NO_SOURCES = {"buildSources": "build sources cannot be rehearsed: give each service its own `buildCommand`"}
BLUEPRINT = Object(
    {
        **RESOURCES,
        "projects": ListOf(Object({"name": TEXT, "environments": ListOf(ENVIRONMENT)}, ("name",), NO_SOURCES)),
        "ungrouped": Object(RESOURCES, instead=NO_SOURCES),
        "previews": Object({"generation": GENERATION, "expireAfterDays": INTEGER}),
        "previewsEnabled": BOOLEAN,
        "previewsExpireAfterDays": INTEGER,
        "version": Choice(("1",)),
    },
    instead={
        "previewsEnabled": PREVIEWS,
        "previewsExpireAfterDays": "write `previews` with `expireAfterDays`",
        **NO_SOURCES,
    },
)


def schema_problems(root: YamlNode) -> Iterator[Problem]:
    return BLUEPRINT.problems(root, "a Blueprint", root.line)
