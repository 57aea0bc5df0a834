"""Mistakes that people make in Blueprints: what is changed in a good one, and what is said about it."""

from typing import NamedTuple


class Mistake(NamedTuple):
    old: str
    new: str
    # What the complained line holds, and words of the message and of the hint.
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
    Mistake(
        "healthCheckPath: /health/\n    max",
        "healthcheckPath: /x/\n    max",
        "healthcheckPath",
        "is not known",
        "`healthCheckPath`",
    ),
    Mistake("databases:\n", "database:\n", "database:", "is not known", "`databases`"),
    Mistake("plan: basic-256mb", "plan: basic-265mb", "basic-265mb", "cannot be", "`basic-256mb`"),
    Mistake(WEB, WEB.replace("starter", "Starter"), "plan: Starter", "cannot be `Starter`", "`starter`"),
    Mistake("plan: standard", "plan: huge", "plan: huge", "cannot be `huge`", "free, starter"),
    Mistake(
        "region: frankfurt\n    buildCommand",
        "region: franfurt\n    buildCommand",
        "franfurt",
        "cannot be",
        "`frankfurt`",
    ),
    Mistake(WEB, WEB.replace("python", "pyhton"), "pyhton", "cannot be", "`python`"),
    Mistake(WEB, WEB.replace("runtime", "env"), "env: python", "does not belong", "write `runtime`"),
    Mistake("type: keyvalue\n    name", "type: redis\n    name", "type: redis", "old name", "`type: keyvalue`"),
    Mistake("type: worker", "type: workers", "type: workers", "cannot be `workers`", "`worker`"),
    Mistake("  - type: worker\n", "  -\n", "name: shop-worker", "has no `type`", "`type: ...`"),
    Mistake('autoDeployTrigger: "off"', "autoDeploy: false", "autoDeploy", "does not belong", "`autoDeployTrigger`"),
    Mistake(
        'autoDeployTrigger: "off"', "autoDeployTrigger: off", "Trigger: off", "true or false, not a text", "in quotes"
    ),
    Mistake(
        'autoDeployTrigger: "off"', "pullRequestPreviewsEnabled: true", "pullRequest", "does not belong", "`previews`"
    ),
    Mistake("databases:\n", "previewsEnabled: true\ndatabases:\n", "previewsEnabled", "does not belong", "`previews`"),
    Mistake(
        "    maxmemoryPolicy: noeviction\n    ipAllowList: []\n",
        "    maxmemoryPolicy: noeviction\n",
        "- type: keyvalue",
        "no `ipAllowList`",
        "`ipAllowList: []`",
    ),
    Mistake("DelaySeconds: 60", "DelaySeconds: 301", "DelaySeconds", "is 301", "from 1 to 300"),
    Mistake("DelaySeconds: 60", "DelaySeconds: 0", "DelaySeconds", "is 0", "from 1 to 300"),
    Mistake(
        "DelaySeconds: 60", "DelaySeconds: sixty", "DelaySeconds", "not a whole number", "maxShutdownDelaySeconds: 1"
    ),
    Mistake('Version: "17"', "Version: 17", "postgresMajorVersion", "a number, not a text", "in quotes"),
    Mistake('Version: "17"', 'Version: "9"', "postgresMajorVersion", "cannot be `9`", "10, 11"),
    Mistake("value: 20", "value: true", "value: true", "true or false", "in quotes"),
    Mistake("value: 20", "value: off", "value: off", "true or false", "in quotes"),
    Mistake("value: 20", "value: 3.10", "value: 3.10", "reads as another", "in quotes"),
    Mistake("value: 20", "value: 2026-01-01", "value: 2026", "a date", "in quotes"),
    Mistake("value: 20", "value:", "value:", "nothing", "leave the key out"),
    Mistake("    schedule: 30 4 * * MON-FRI\n", "", "- type: cron", "no `schedule`", "schedule: ..."),
    Mistake(
        "property: connectionString\n      - key: SOCKETS_URL",
        "property: url\n      - key: SOCKETS_URL",
        "property: url",
        "cannot be `url`",
        "connectionString",
    ),
    Mistake("          property: hostport\n", "", "type: web", "neither `property` nor `envVarKey`", "one of them"),
    Mistake(
        "ipAllowList: []\n  - type: web", "ipAllowList: none\n  - type: web", "ipAllowList: none", "not a list", "- "
    ),
    Mistake(*line_added(WEB, "    diskSizeGB: 7"), "diskSizeGB", "is not known", "it can be"),
    Mistake("  - name: shop-db\n", "  - name: shop-db\n    diskSizeGB: 7\n", "diskSizeGB", "is 7", "multiple of 5"),
    Mistake(*line_added(WEB, "    buildSource: shared"), "buildSource", "does not belong", "own `buildCommand`"),
]

SERVICES = [
    Mistake(WORKER, WORKER.replace("standard", "free"), "plan: free", "worker with plan free", "only web services"),
    Mistake(
        *line_added(FREE, "    preDeployCommand: echo"),
        "preDeploy",
        "no step before a deploy",
        "paid plan",
        "free.yaml",
    ),
    Mistake(*line_added(FREE, "    numInstances: 2"), "numInstances", "runs once", "paid plan", "free.yaml"),
    Mistake(
        *line_added(FREE, "    disk: {name: data, mountPath: /data}"),
        "disk",
        "can have no disk",
        "paid plan",
        "free.yaml",
    ),
    Mistake(
        *line_added(WEB, "    disk: {name: data, mountPath: /data}\n    numInstances: 2"),
        "disk",
        "several instances",
        "one instance",
    ),
    Mistake(
        "    startCommand: celery -A shop worker\n", "", "- type: worker", "has no startCommand", "startCommand: ..."
    ),
    Mistake("    buildCommand: bash build.sh\n", "", "type: cron", "has no buildCommand", "buildCommand: ..."),
    Mistake(*line_added(WORKER, "    healthCheckPath: /"), "healthCheckPath", "does not belong", "web services only"),
    Mistake(
        f"    startCommand: {DAPHNE}\n    healthCheckPath: /health/\n",
        f"    startCommand: {DAPHNE}\n",
        "- type: web",
        "no healthCheckPath",
        "open port",
    ),
    Mistake(
        "healthCheckPath: /health/\n    max",
        "healthCheckPath: health\n    max",
        "healthCheckPath",
        "is no path",
        "/health",
    ),
    Mistake("30 4 * * MON-FRI", "30 4 * *", "schedule", "4 parts", "weekday"),
    Mistake("30 4 * * MON-FRI", "30 24 * * *", "schedule", "no hour", "UTC"),
    Mistake("30 4 * * MON-FRI", '"*/0 * * * *"', "schedule", "no minute", "UTC"),
    Mistake("30 4 * * MON-FRI", '"* * 5-3 * *"', "schedule", "no day", "UTC"),
    Mistake(WORKER, WORKER.replace("python", "static"), "runtime: static", "static, but a worker", "`type: web`"),
]

DATA = [
    Mistake("noeviction", "allkeys-lru", "maxmemoryPolicy", "allkeys-lru", "a task in a queue"),
    Mistake("    maxmemoryPolicy: noeviction\n", "", "- type: keyvalue", "allkeys-lru, the default", "noeviction"),
    Mistake("    ipAllowList: []\n\nenv", "\nenv", "name: shop-db", "open to the whole internet", "`ipAllowList: []`"),
    Mistake("plan: basic-256mb", "plan: standard", "plan: standard", "new databases cannot", "basic-256mb"),
]

NAMES = [
    Mistake(
        "name: shop-ws\n    runtime", "name: shop-web\n    runtime", "name: shop-web", "twice, first in line", "apart"
    ),
    Mistake("- name: shop-db", "- name: shop-web", "- name: shop-web", "twice, first in line", "apart"),
    Mistake(
        "envVarGroups:\n", "envVarGroups:\n  - name: shop\n    envVars: []\n", "- name: shop", "twice", "one group"
    ),
    Mistake("key: PAGE_SIZE", "key: REDIS_URL", "key: REDIS_URL", "twice", "the last would win"),
    Mistake(PAGE_SIZE, "      - fromGroup: shop\n", "fromGroup: shop", "twice", "once"),
    Mistake(
        PAGE_SIZE,
        "      - key: SECRET_KEY\n        generateValue: true\n",
        "key: SECRET_KEY",
        "shop and again for shop-web",
        "`fromGroup`",
    ),
]

REFERENCES = [
    Mistake(
        DATABASE, DATABASE.replace("shop-db", "shop-bd"), "fromDatabase:", "no database called shop-bd", "`shop-db`"
    ),
    Mistake(
        "          name: shop-redis",
        "          name: shop-radis",
        "fromService:",
        "no service called shop-radis",
        "`shop-redis`",
    ),
    Mistake(
        "- fromGroup: shop\n      - key: SITE\n",
        "- fromGroup: shops\n      - key: SITE\n",
        "fromGroup: shops",
        "group called shops",
        "`shop`",
    ),
    Mistake("envVarKey: REDIS_URL", "envVarKey: REDIS_ULR", "REDIS_ULR", "no variable REDIS_ULR", "`REDIS_URL`"),
    Mistake(
        "type: keyvalue\n          name",
        "type: web\n          name",
        "type: web",
        "shop-redis is no web",
        "`type: keyvalue`",
    ),
    Mistake(
        "          name: shop-web\n          property: hostport",
        "          name: shop-worker\n          property: hostport",
        "property: hostport",
        "nobody can reach",
        "web or private",
    ),
    Mistake(
        "property: hostport",
        "property: connectionString",
        "property: connectionString",
        "has no connectionString",
        "hostport",
    ),
    Mistake(WEB, WEB.replace("starter", "free"), "property: hostport", "cannot be reached", "RENDER_EXTERNAL_URL"),
    Mistake(
        "          name: shop-ws\n",
        "          name: shop-worker\n",
        "envVarKey: RENDER_EXTERNAL_URL",
        "is empty",
        "web service",
    ),
    Mistake(
        "property: hostport",
        "property: hostport\n          envVarKey: SECRET_KEY",
        "type: web",
        "exclude each other",
        "one of them",
    ),
    Mistake(
        "property: connectionString\n      - key: SOCKETS_URL",
        "envVarKey: PORT\n      - key: SOCKETS_URL",
        "envVarKey: PORT",
        "has no variables",
        "connectionString",
    ),
    Mistake(
        DATABASE,
        DATABASE.replace("connectionString", "connectionPoolString"),
        "connectionPoolString",
        "no connection pool",
        "pgbouncer",
    ),
    Mistake(
        "plan: basic-256mb\n    region: frankfurt",
        "plan: basic-256mb\n    region: ohio",
        "key: DATABASE_URL",
        "in frankfurt and cannot reach shop-db in ohio",
        "same `region`",
    ),
    Mistake(
        "plan: basic-256mb\n    region: frankfurt\n",
        "plan: basic-256mb\n",
        "key: DATABASE_URL",
        "shop-db in oregon",
        "same `region`",
    ),
]

VARIABLES = [
    Mistake("generateValue: true", "sync: false", "sync: false", "SECRET_KEY is in a group", "each service"),
    Mistake("        generateValue: true\n", "", "key: SECRET_KEY", "has no value", "`generateValue: true`"),
    Mistake("generateValue: true", "generateValue: false", "generateValue", "has no value", "`generateValue: true`"),
    Mistake("sync: false", "sync: true", "sync: true", "has no value", "`sync: false`"),
    Mistake("sync: false", "sync: false\n        value: x", "key: MAIL_PASSWORD", "value and sync", "one of them"),
    Mistake("sync: false", "value: hunter2", "value: hunter2", "MAIL_PASSWORD is a secret", "`sync: false`"),
    Mistake(
        "generateValue: true", "value: hunter2", "value: hunter2", "SECRET_KEY is a secret", "`generateValue: true`"
    ),
    Mistake("value: 20", "value: amqp://me:hunter2@example.com", "hunter2", "PAGE_SIZE is a secret", "`sync: false`"),
    Mistake("key: PAGE_SIZE", "key: RENDER_GIT_COMMIT", "RENDER_GIT_COMMIT", "belongs to Render", "leave it out"),
    Mistake("key: PAGE_SIZE", "key: 1PAGE SIZE", "1PAGE", "no name for a variable", "letters"),
    Mistake('"3.13.1"', '"3.13"', 'value: "3.13"', "not a whole version", ".python-version"),
    Mistake(
        PAGE_SIZE,
        "      - key: PAGE_SIZE\n        fromGroup: shop\n",
        "key: PAGE_SIZE",
        "does not belong",
        "its own keys",
    ),
    Mistake(
        "        generateValue: true\n",
        "        fromDatabase: {name: shop-db, property: host}\n",
        "fromDatabase",
        "does not belong",
        "each service refer",
    ),
]

COMMANDS = [
    Mistake(GUNICORN, "gunicorn shop.wsgi", "startCommand: gunicorn", "without --bind", "GUNICORN_CMD_ARGS"),
    Mistake(
        GUNICORN, "gunicorn --bind 0.0.0.0:8000 shop.wsgi", "startCommand: gunicorn", "without Render's port", "$PORT"
    ),
    Mistake(
        GUNICORN,
        "exec gunicorn -b 127.0.0.1:$PORT shop.wsgi",
        "startCommand: exec",
        "its own machine alone",
        "0.0.0.0:$PORT",
    ),
    Mistake(
        DAPHNE, "daphne -p $PORT shop.asgi:application", "startCommand: daphne", "as daphne does by itself", "0.0.0.0"
    ),
    Mistake(DAPHNE, "python -m shop.daphne --bind 0.0.0.0", "startCommand: python", "without Render's port", "$PORT"),
    Mistake(DAPHNE, "python manage.py runserver", "startCommand: python", "starts runserver", "$PORT"),
    Mistake(DAPHNE, "./serve.sh", "startCommand: ./serve.sh", "starts uvicorn without", "$PORT"),
    Mistake("buildCommand: bash build.sh", "buildCommand: ./biuld.sh", "biuld.sh", "git does not know", "git add"),
    Mistake("buildCommand: bash build.sh", "buildCommand: bash biuld.sh", "biuld.sh", "git does not know", "git add"),
    Mistake(
        "buildCommand: bash build.sh",
        "buildCommand: ./plain.sh",
        "plain.sh",
        "not executable in git",
        "--chmod=+x plain.sh",
    ),
    Mistake(
        "buildCommand: bash build.sh", "buildCommand: uv sync", "uv sync", "only beside a uv.lock", "commit uv.lock"
    ),
    Mistake(
        "buildCommand: bash build.sh", "buildCommand: ./fast.sh", "fast.sh", "only beside a uv.lock", "commit uv.lock"
    ),
    Mistake(
        "buildCommand: bash build.sh",
        "buildCommand: ./build.sh && python manage.py migrate",
        "&& python",
        "and so do others",
        "preDeployCommand",
    ),
    Mistake(
        "buildCommand: bash build.sh",
        "buildCommand: ./migrating.sh",
        "./migrating.sh",
        "and so do others",
        "preDeployCommand",
    ),
    Mistake(
        "plan: free\n    build", "plan: starter\n    build", "buildCommand", "migrates", "preDeployCommand", "free.yaml"
    ),
]
