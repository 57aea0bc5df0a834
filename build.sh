#!/usr/bin/env bash
# Build a release: install the locked packages and collect the static files. Needs no secret and no database.
set -euo pipefail
cd "$(dirname "$0")"

python -m pip install --disable-pip-version-check --no-input --require-hashes -r requirements/production.txt
DJANGO_SETTINGS_MODULE=config.settings.build python manage.py collectstatic --noinput
# Many platforms do not let a process write bytecode next to the code, which makes each start slower.
python -m compileall -q apps config
