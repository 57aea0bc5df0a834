#!/usr/bin/env bash
# Build a release: the locked packages, and the static files of production. Needs no secret and no database.
set -euo pipefail
cd "$(dirname "$0")"

python -m pip install --disable-pip-version-check --no-input --require-hashes -r requirements/production.txt
DJANGO_SETTINGS_MODULE=config.settings.build python manage.py collectstatic --noinput
# Without it, each start would compile anew: on many platforms a process may not write beside the code.
python -m compileall -q apps config
