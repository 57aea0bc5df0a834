"""What a Blueprint can say: every key, and the kind of its value."""

from slipway.rehearse.nodes import Node
from slipway.rehearse.render import LONGEST_STOP_DELAY
from slipway.rehearse.rules.kinds import Choice, DiskSize, Kind, Listing, Object, Sorted, Text, Truth, Value, Whole
from slipway.rehearse.rules.plans import CRON_PLANS, DATABASE_PLANS, SERVER_PLANS, STORE_PLANS

TEXT, TRUTH, WHOLE = Text(), Truth(), Whole()
TEXTS = Listing(TEXT)
SWITCH = Choice(("enabled", "disabled"))
GENERATION = Choice(("automatic", "manual", "off"))
REGION = Choice(("oregon", "ohio", "frankfurt", "singapore", "virginia"))
ALLOW = Listing(Object({"source": TEXT, "description": TEXT}, ("source",)))
CREDENTIAL = Object({"fromRegistryCreds": Object({"name": TEXT}, ("name",))}, ("fromRegistryCreds",))

# Variables
FROM_DATABASE = Object(
    {
        "name": TEXT,
        "property": Choice(
            ("connectionString", "connectionPoolString", "host", "port", "user", "password", "database")
        ),
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
    {"key": TEXT, "value": Value(), "generateValue": TRUTH, "sync": TRUTH, "previewValue": Value()},
    ("key",),
    instead=dict.fromkeys(
        ("fromDatabase", "fromService", "fromGroup"),
        "a group holds values alone: let each service refer to it",
    ),
)
FORMS = {
    "fromDatabase": Object({"key": TEXT, "fromDatabase": FROM_DATABASE}, ("key",)),
    "fromService": Object({"key": TEXT, "fromService": FROM_SERVICE}, ("key",)),
    "fromGroup": Object({"fromGroup": TEXT}, instead={"key": "a group brings its own keys: leave it out"}),
}


def form(node: Node) -> tuple[str, Kind]:
    return "a variable", next((kind for name, kind in FORMS.items() if name in node), PLAIN)


VARIABLES = Listing(Sorted(form))
GROUP = Object({"name": TEXT, "envVars": Listing(PLAIN)}, ("name", "envVars"))

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
BUILT: dict[str, Kind] = {
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
    "autoDeploy": TRUTH,
    "autoDeployTrigger": Choice(("off", "commit", "checksPass")),
}
STARTED: dict[str, Kind] = {
    **BUILT,
    "region": REGION,
    "startCommand": TEXT,
    "image": Object({"url": TEXT, "creds": CREDENTIAL}, ("url",)),
    "dockerCommand": TEXT,
    "dockerContext": TEXT,
    "dockerfilePath": TEXT,
    "registryCredential": CREDENTIAL,
}
SERVER: dict[str, Kind] = {
    **STARTED,
    "plan": Choice(SERVER_PLANS),
    "numInstances": WHOLE,
    "scaling": Object(
        {
            "minInstances": WHOLE,
            "maxInstances": WHOLE,
            "targetMemoryPercent": Whole(1, 90),
            "targetCPUPercent": Whole(1, 90),
        }
    ),
    "initialDeployHook": TEXT,
    "disk": Object({"name": TEXT, "mountPath": TEXT, "sizeGB": WHOLE}, ("name", "mountPath")),
    "previews": Object({"generation": GENERATION, "plan": Choice(SERVER_PLANS), "numInstances": WHOLE}),
    "pullRequestPreviewsEnabled": TRUTH,
    "previewPlan": Choice(SERVER_PLANS),
    "maxShutdownDelaySeconds": Whole(1, LONGEST_STOP_DELAY),
}
VISITED: dict[str, Kind] = {
    "domain": TEXT,
    "domains": TEXTS,
    "ipAllowList": ALLOW,
    "renderSubdomainPolicy": SWITCH,
}
WEB_ONLY: dict[str, Kind] = {
    **VISITED,
    "healthCheckPath": TEXT,
    "maintenanceMode": Object({"enabled": TRUTH, "uri": TEXT}),
}
STATIC: dict[str, Kind] = {
    **BUILT,
    **VISITED,
    "staticPublishPath": TEXT,
    "headers": Listing(Object({"path": TEXT, "name": TEXT, "value": TEXT}, ("path", "name", "value"))),
    "routes": Listing(
        Object(
            {"type": Choice(("redirect", "rewrite")), "source": TEXT, "destination": TEXT},
            ("type", "source", "destination"),
        )
    ),
    "previews": Object({"generation": GENERATION}),
    "pullRequestPreviewsEnabled": TRUTH,
}
NEEDED = ("type", "name", "runtime")
NOT_VISITED = dict.fromkeys(WEB_ONLY, "only web services have visitors from outside: leave it out") | {
    "healthCheckPath": "Render probes web services only: leave it out"
}
PRIVATE = Object(SERVER, NEEDED, OLD | NOT_VISITED)
SERVICES: dict[str, Kind] = {
    "web": Object(SERVER | WEB_ONLY, NEEDED, OLD),
    "worker": PRIVATE,
    "pserv": PRIVATE,
    "cron": Object(
        {**STARTED, "plan": Choice(CRON_PLANS), "schedule": TEXT},
        (*NEEDED, "schedule"),
        OLD | NOT_VISITED | {"maxShutdownDelaySeconds": "a cron job ends by itself: leave it out"},
    ),
    "keyvalue": Object(
        {
            "type": TEXT,
            "name": TEXT,
            "region": REGION,
            "plan": Choice(STORE_PLANS),
            "previewPlan": Choice(STORE_PLANS),
            "ipAllowList": ALLOW,
            "maxmemoryPolicy": Choice(
                (
                    "noeviction",
                    "allkeys-lru",
                    "volatile-lru",
                    "allkeys-lfu",
                    "volatile-lfu",
                    "allkeys-random",
                    "volatile-random",
                    "volatile-ttl",
                )
            ),
            "persistenceMode": Choice(("journal-snapshot", "snapshot", "off")),
        },
        ("type", "name", "ipAllowList"),
        missing={"ipAllowList": "write `ipAllowList: []`, and only the private network can reach it"},
    ),
}
SITE = Object(
    STATIC,
    NEEDED,
    OLD | dict.fromkeys(("plan", "region", "startCommand"), "a static site has none: leave it out"),
)
UNKNOWN = Object({"type": Choice(tuple(SERVICES))}, ("type",))


def service(node: Node) -> tuple[str, Kind]:
    type = node.text_of("type")
    if type == "web" and node.text_of("runtime") == "static":
        return "a static site", SITE
    # Under its old name it is the same thing, and the rules complain about the name.
    known = SERVICES.get("keyvalue" if type == "redis" else type, UNKNOWN)
    return f"a service of type {type}" if type else "a service", known


# The whole
DATABASE = Object(
    {
        "name": TEXT,
        "databaseName": TEXT,
        "user": TEXT,
        "region": REGION,
        "plan": Choice(DATABASE_PLANS),
        "previewPlan": Choice(DATABASE_PLANS),
        "diskSizeGB": DiskSize(),
        "previewDiskSizeGB": DiskSize(),
        "storageAutoscalingEnabled": TRUTH,
        "connectionPool": Choice(("pgbouncer", "none")),
        "postgresMajorVersion": Choice(tuple(str(version) for version in range(10, 19))),
        "highAvailability": Object({"enabled": TRUTH}, ("enabled",)),
        "ipAllowList": ALLOW,
        "readReplicas": Listing(Object({"name": TEXT}, ("name",))),
    },
    ("name",),
)
RESOURCES: dict[str, Kind] = {
    "services": Listing(Sorted(service)),
    "databases": Listing(DATABASE),
    "envVarGroups": Listing(GROUP),
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
        "projects": Listing(Object({"name": TEXT, "environments": Listing(ENVIRONMENT)}, ("name",), NO_SOURCES)),
        "ungrouped": Object(RESOURCES, instead=NO_SOURCES),
        "previews": Object({"generation": GENERATION, "expireAfterDays": WHOLE}),
        "previewsEnabled": TRUTH,
        "previewsExpireAfterDays": WHOLE,
        "version": Choice(("1",)),
    },
    instead={
        "previewsEnabled": PREVIEWS,
        "previewsExpireAfterDays": "write `previews` with `expireAfterDays`",
        **NO_SOURCES,
    },
)
