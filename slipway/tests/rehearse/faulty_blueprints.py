"""Common mistakes in Blueprints: a change of a good one, and the problem that is reported."""

from typing import NamedTuple


class FaultyBlueprint(NamedTuple):
    old: str
    new: str
    # Part of the reported line, of the message and of the hint.
    line: str
    message: str
    hint: str
    blueprint: str = "four.yaml"


WEB = "    name: shop-web\n    runtime: python\n    plan: starter\n"
FREE = "    runtime: python\n    plan: free\n"
WORKER = "    name: shop-worker\n    runtime: python\n    plan: standard\n"
DATABASE = "          name: shop-db\n          property: connectionString"
GUNICORN = "gunicorn --bind 0.0.0.0:$PORT shop.wsgi"
DAPHNE = "daphne -b 0.0.0.0 -p $PORT shop.asgi:application"
PAGE_SIZE = "      - key: PAGE_SIZE\n        value: 20\n"


def line_added(before: str, line: str) -> tuple[str, str]:
    return before, f"{before}{line}\n"


SHAPE = [
    FaultyBlueprint(
        "healthCheckPath: /health/\n    max",
        "healthcheckPath: /x/\n    max",
        "healthcheckPath",
        "is unknown in",
        "`healthCheckPath`",
    ),
    FaultyBlueprint("databases:\n", "database:\n", "database:", "is unknown in", "`databases`"),
    FaultyBlueprint("plan: basic-256mb", "plan: basic-265mb", "basic-265mb", "cannot be", "`basic-256mb`"),
    FaultyBlueprint(WEB, WEB.replace("starter", "Starter"), "plan: Starter", "cannot be `Starter`", "`starter`"),
    FaultyBlueprint("plan: standard", "plan: huge", "plan: huge", "cannot be `huge`", "free, starter"),
    FaultyBlueprint(
        "region: frankfurt\n    buildCommand",
        "region: franfurt\n    buildCommand",
        "franfurt",
        "cannot be",
        "`frankfurt`",
    ),
    FaultyBlueprint(WEB, WEB.replace("python", "pyhton"), "pyhton", "cannot be", "`python`"),
    FaultyBlueprint(WEB, WEB.replace("runtime", "env"), "env: python", "is not allowed in", "write `runtime`"),
    FaultyBlueprint("type: keyvalue\n    name", "type: redis\n    name", "type: redis", "old name", "`type: keyvalue`"),
    FaultyBlueprint("type: worker", "type: workers", "type: workers", "cannot be `workers`", "`worker`"),
    FaultyBlueprint("  - type: worker\n", "  -\n", "name: shop-worker", "has no `type`", "`type: ...`"),
    FaultyBlueprint(
        'autoDeployTrigger: "off"', "autoDeploy: false", "autoDeploy", "is not allowed in", "`autoDeployTrigger`"
    ),
    FaultyBlueprint(
        'autoDeployTrigger: "off"', "autoDeployTrigger: off", "Trigger: off", "true or false, not a string", "in quotes"
    ),
    FaultyBlueprint(
        'autoDeployTrigger: "off"', "pullRequestPreviewsEnabled: true", "pullRequest", "is not allowed in", "`previews`"
    ),
    FaultyBlueprint(
        "databases:\n", "previewsEnabled: true\ndatabases:\n", "previewsEnabled", "is not allowed in", "`previews`"
    ),
    FaultyBlueprint(
        "    maxmemoryPolicy: noeviction\n    ipAllowList: []\n",
        "    maxmemoryPolicy: noeviction\n",
        "- type: keyvalue",
        "no `ipAllowList`",
        "`ipAllowList: []`",
    ),
    FaultyBlueprint("DelaySeconds: 60", "DelaySeconds: 301", "DelaySeconds", "is 301", "from 1 to 300"),
    FaultyBlueprint("DelaySeconds: 60", "DelaySeconds: 0", "DelaySeconds", "is 0", "from 1 to 300"),
    FaultyBlueprint(
        "DelaySeconds: 60", "DelaySeconds: sixty", "DelaySeconds", "not a whole number", "maxShutdownDelaySeconds: 1"
    ),
    FaultyBlueprint('Version: "17"', "Version: 17", "postgresMajorVersion", "a number, not a string", "in quotes"),
    FaultyBlueprint('Version: "17"', 'Version: "9"', "postgresMajorVersion", "cannot be `9`", "10, 11"),
    FaultyBlueprint("value: 20", "value: true", "value: true", "true or false", "in quotes"),
    FaultyBlueprint("value: 20", "value: off", "value: off", "true or false", "in quotes"),
    FaultyBlueprint("value: 20", "value: 3.10", "value: 3.10", "YAML changes the number", "in quotes"),
    FaultyBlueprint("value: 20", "value: 2026-01-01", "value: 2026", "a date", "in quotes"),
    FaultyBlueprint("value: 20", "value:", "value:", "nothing", "remove the key"),
    FaultyBlueprint("    schedule: 30 4 * * MON-FRI\n", "", "- type: cron", "no `schedule`", "schedule: ..."),
    FaultyBlueprint(
        "property: connectionString\n      - key: SOCKETS_URL",
        "property: url\n      - key: SOCKETS_URL",
        "property: url",
        "cannot be `url`",
        "connectionString",
    ),
    FaultyBlueprint(
        "          property: hostport\n", "", "type: web", "neither `property` nor `envVarKey`", "one of them"
    ),
    FaultyBlueprint(
        "ipAllowList: []\n  - type: web", "ipAllowList: none\n  - type: web", "ipAllowList: none", "not a list", "- "
    ),
    FaultyBlueprint(*line_added(WEB, "    diskSizeGB: 7"), "diskSizeGB", "is unknown in", "it can be"),
    FaultyBlueprint(
        "  - name: shop-db\n", "  - name: shop-db\n    diskSizeGB: 7\n", "diskSizeGB", "is 7", "multiple of 5"
    ),
    FaultyBlueprint(
        *line_added(WEB, "    buildSource: shared"), "buildSource", "is not allowed in", "own `buildCommand`"
    ),
]

SERVICES = [
    FaultyBlueprint(
        WORKER, WORKER.replace("standard", "free"), "plan: free", "worker with plan free", "only web services"
    ),
    FaultyBlueprint(
        *line_added(FREE, "    preDeployCommand: echo"),
        "preDeploy",
        "no pre-deploy step",
        "paid plan",
        "free.yaml",
    ),
    FaultyBlueprint(
        *line_added(FREE, "    numInstances: 2"), "numInstances", "only one instance", "paid plan", "free.yaml"
    ),
    FaultyBlueprint(
        *line_added(FREE, "    disk: {name: data, mountPath: /data}"),
        "disk",
        "can have no disk",
        "paid plan",
        "free.yaml",
    ),
    FaultyBlueprint(
        *line_added(WEB, "    disk: {name: data, mountPath: /data}\n    numInstances: 2"),
        "disk",
        "several instances",
        "one instance",
    ),
    FaultyBlueprint(
        "    startCommand: celery -A shop worker\n", "", "- type: worker", "has no startCommand", "startCommand: ..."
    ),
    FaultyBlueprint("    buildCommand: bash build.sh\n", "", "type: cron", "has no buildCommand", "buildCommand: ..."),
    FaultyBlueprint(
        *line_added(WORKER, "    healthCheckPath: /"), "healthCheckPath", "is not allowed in", "web services only"
    ),
    FaultyBlueprint(
        f"    startCommand: {DAPHNE}\n    healthCheckPath: /health/\n",
        f"    startCommand: {DAPHNE}\n",
        "- type: web",
        "no healthCheckPath",
        "open port",
    ),
    FaultyBlueprint(
        "healthCheckPath: /health/\n    max",
        "healthCheckPath: health\n    max",
        "healthCheckPath",
        "is not a path",
        "/health",
    ),
    FaultyBlueprint("30 4 * * MON-FRI", "30 4 * *", "schedule", "4 parts", "weekday"),
    FaultyBlueprint("30 4 * * MON-FRI", "30 24 * * *", "schedule", "invalid hour", "UTC"),
    FaultyBlueprint("30 4 * * MON-FRI", '"*/0 * * * *"', "schedule", "invalid minute", "UTC"),
    FaultyBlueprint("30 4 * * MON-FRI", '"* * 5-3 * *"', "schedule", "invalid day", "UTC"),
    FaultyBlueprint(
        WORKER, WORKER.replace("python", "static"), "runtime: static", "static, but a worker", "`type: web`"
    ),
]

DATA = [
    FaultyBlueprint("noeviction", "allkeys-lru", "maxmemoryPolicy", "allkeys-lru", "queued tasks"),
    FaultyBlueprint(
        "    maxmemoryPolicy: noeviction\n", "", "- type: keyvalue", "allkeys-lru, the default", "noeviction"
    ),
    FaultyBlueprint(
        "    ipAllowList: []\n\nenv", "\nenv", "name: shop-db", "open to the whole internet", "`ipAllowList: []`"
    ),
    FaultyBlueprint(
        "plan: basic-256mb", "plan: standard", "plan: standard", "not available for new databases", "basic-256mb"
    ),
]

NAMES = [
    FaultyBlueprint(
        "name: shop-ws\n    runtime",
        "name: shop-web\n    runtime",
        "name: shop-web",
        "used twice, first in line",
        "different name",
    ),
    FaultyBlueprint(
        "- name: shop-db", "- name: shop-web", "- name: shop-web", "used twice, first in line", "different name"
    ),
    FaultyBlueprint(
        "envVarGroups:\n", "envVarGroups:\n  - name: shop\n    envVars: []\n", "- name: shop", "twice", "one group"
    ),
    FaultyBlueprint("key: PAGE_SIZE", "key: REDIS_URL", "key: REDIS_URL", "twice", "the last one wins"),
    FaultyBlueprint(PAGE_SIZE, "      - fromGroup: shop\n", "fromGroup: shop", "twice", "remove one"),
    FaultyBlueprint(
        PAGE_SIZE,
        "      - key: SECRET_KEY\n        generateValue: true\n",
        "key: SECRET_KEY",
        "shop and again for shop-web",
        "`fromGroup`",
    ),
]

REFERENCES = [
    FaultyBlueprint(
        DATABASE, DATABASE.replace("shop-db", "shop-bd"), "fromDatabase:", "no database called shop-bd", "`shop-db`"
    ),
    FaultyBlueprint(
        "          name: shop-redis",
        "          name: shop-radis",
        "fromService:",
        "no service called shop-radis",
        "`shop-redis`",
    ),
    FaultyBlueprint(
        "- fromGroup: shop\n      - key: SITE\n",
        "- fromGroup: shops\n      - key: SITE\n",
        "fromGroup: shops",
        "group called shops",
        "`shop`",
    ),
    FaultyBlueprint(
        "envVarKey: REDIS_URL", "envVarKey: REDIS_ULR", "REDIS_ULR", "no variable REDIS_ULR", "`REDIS_URL`"
    ),
    FaultyBlueprint(
        "type: keyvalue\n          name",
        "type: web\n          name",
        "type: web",
        "shop-redis is not a web",
        "`type: keyvalue`",
    ),
    FaultyBlueprint(
        "          name: shop-web\n          property: hostport",
        "          name: shop-worker\n          property: hostport",
        "property: hostport",
        "which cannot be reached",
        "web or private",
    ),
    FaultyBlueprint(
        "property: hostport",
        "property: connectionString",
        "property: connectionString",
        "has no connectionString",
        "hostport",
    ),
    FaultyBlueprint(
        WEB, WEB.replace("starter", "free"), "property: hostport", "cannot be reached", "RENDER_EXTERNAL_URL"
    ),
    FaultyBlueprint(
        "          name: shop-ws\n",
        "          name: shop-worker\n",
        "envVarKey: RENDER_EXTERNAL_URL",
        "is empty",
        "web service",
    ),
    FaultyBlueprint(
        "property: hostport",
        "property: hostport\n          envVarKey: SECRET_KEY",
        "type: web",
        "cannot be combined",
        "one of them",
    ),
    FaultyBlueprint(
        "property: connectionString\n      - key: SOCKETS_URL",
        "envVarKey: PORT\n      - key: SOCKETS_URL",
        "envVarKey: PORT",
        "has no variables",
        "connectionString",
    ),
    FaultyBlueprint(
        DATABASE,
        DATABASE.replace("connectionString", "connectionPoolString"),
        "connectionPoolString",
        "no connection pool",
        "pgbouncer",
    ),
    FaultyBlueprint(
        "plan: basic-256mb\n    region: frankfurt",
        "plan: basic-256mb\n    region: ohio",
        "key: DATABASE_URL",
        "in frankfurt and cannot reach shop-db in ohio",
        "same `region`",
    ),
    FaultyBlueprint(
        "plan: basic-256mb\n    region: frankfurt\n",
        "plan: basic-256mb\n",
        "key: DATABASE_URL",
        "shop-db in oregon",
        "same `region`",
    ),
]

VARIABLES = [
    FaultyBlueprint("generateValue: true", "sync: false", "sync: false", "SECRET_KEY is in a group", "each service"),
    FaultyBlueprint("        generateValue: true\n", "", "key: SECRET_KEY", "has no value", "`generateValue: true`"),
    FaultyBlueprint(
        "generateValue: true", "generateValue: false", "generateValue", "has no value", "`generateValue: true`"
    ),
    FaultyBlueprint("sync: false", "sync: true", "sync: true", "has no value", "`sync: false`"),
    FaultyBlueprint(
        "sync: false", "sync: false\n        value: x", "key: MAIL_PASSWORD", "value and sync", "one of them"
    ),
    FaultyBlueprint("sync: false", "value: hunter2", "value: hunter2", "MAIL_PASSWORD is a secret", "`sync: false`"),
    FaultyBlueprint(
        "generateValue: true", "value: hunter2", "value: hunter2", "SECRET_KEY is a secret", "`generateValue: true`"
    ),
    FaultyBlueprint(
        "value: 20", "value: amqp://me:hunter2@example.com", "hunter2", "PAGE_SIZE is a secret", "`sync: false`"
    ),
    FaultyBlueprint("key: PAGE_SIZE", "key: RENDER_GIT_COMMIT", "RENDER_GIT_COMMIT", "is set by Render", "remove it"),
    FaultyBlueprint("key: PAGE_SIZE", "key: 1PAGE SIZE", "1PAGE", "not a valid variable name", "letters"),
    FaultyBlueprint('"3.13.1"', '"3.13"', 'value: "3.13"', "not a complete version", ".python-version"),
    FaultyBlueprint(
        PAGE_SIZE,
        "      - key: PAGE_SIZE\n        fromGroup: shop\n",
        "key: PAGE_SIZE",
        "is not allowed in",
        "has its own keys",
    ),
    FaultyBlueprint(
        "        generateValue: true\n",
        "        fromDatabase: {name: shop-db, property: host}\n",
        "fromDatabase",
        "is not allowed in",
        "to each service",
    ),
]

COMMANDS = [
    FaultyBlueprint(GUNICORN, "gunicorn shop.wsgi", "startCommand: gunicorn", "without --bind", "GUNICORN_CMD_ARGS"),
    FaultyBlueprint(
        GUNICORN, "gunicorn --bind 0.0.0.0:8000 shop.wsgi", "startCommand: gunicorn", "without Render's port", "$PORT"
    ),
    FaultyBlueprint(
        GUNICORN,
        "exec gunicorn -b 127.0.0.1:$PORT shop.wsgi",
        "startCommand: exec",
        "listens on localhost only",
        "0.0.0.0:$PORT",
    ),
    FaultyBlueprint(
        DAPHNE, "daphne -p $PORT shop.asgi:application", "startCommand: daphne", "the default of daphne", "0.0.0.0"
    ),
    FaultyBlueprint(
        DAPHNE, "python -m shop.daphne --bind 0.0.0.0", "startCommand: python", "without Render's port", "$PORT"
    ),
    FaultyBlueprint(DAPHNE, "python manage.py runserver", "startCommand: python", "starts runserver", "$PORT"),
    FaultyBlueprint(DAPHNE, "./serve.sh", "startCommand: ./serve.sh", "starts uvicorn without", "$PORT"),
    FaultyBlueprint("buildCommand: bash build.sh", "buildCommand: ./biuld.sh", "biuld.sh", "is not in git", "git add"),
    FaultyBlueprint(
        "buildCommand: bash build.sh", "buildCommand: bash biuld.sh", "biuld.sh", "is not in git", "git add"
    ),
    FaultyBlueprint(
        "buildCommand: bash build.sh",
        "buildCommand: ./plain.sh",
        "plain.sh",
        "not executable in git",
        "--chmod=+x plain.sh",
    ),
    FaultyBlueprint(
        "buildCommand: bash build.sh",
        "buildCommand: uv sync",
        "uv sync",
        "only if there is a uv.lock",
        "commit uv.lock",
    ),
    FaultyBlueprint(
        "buildCommand: bash build.sh",
        "buildCommand: ./fast.sh",
        "fast.sh",
        "only if there is a uv.lock",
        "commit uv.lock",
    ),
    FaultyBlueprint(
        "buildCommand: bash build.sh",
        "buildCommand: ./build.sh && python manage.py migrate",
        "&& python",
        "and others do too",
        "preDeployCommand",
    ),
    FaultyBlueprint(
        "buildCommand: bash build.sh",
        "buildCommand: ./migrating.sh",
        "./migrating.sh",
        "and others do too",
        "preDeployCommand",
    ),
    FaultyBlueprint(
        "plan: free\n    build", "plan: starter\n    build", "buildCommand", "migrates", "preDeployCommand", "free.yaml"
    ),
]
