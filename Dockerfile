# The image of the site. docker-compose.yml runs it; see docs/deployment.md.
# `docker build --target test .` runs the tests.

FROM python:3.13-slim AS python
# Celery
# pg_dump, for the weekly backup, needs it.
RUN apt-get update && apt-get install --yes --no-install-recommends libpq5 && rm -rf /var/lib/apt/lists/*

# The official image has no bytecode of the standard library, and the site's user cannot write it at run time.
RUN cd "$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" \
    && python -m compileall -q -x '(^|/)(ensurepip|idlelib|site-packages|test|tkinter)/' .


# Celery
# Only pg_dump and pg_restore are copied from this stage: the package installs Perl as well.
FROM python AS client
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql-client


# The locked packages. A package without a wheel for this platform fails the build, as nothing is compiled.
FROM python AS packages
COPY requirements/production.txt requirements/
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m venv --without-pip /venv \
    && pip --python /venv/bin/python --disable-pip-version-check install --quiet --only-binary :all: \
        --require-hashes --requirement requirements/production.txt
ENV PATH=/venv/bin:$PATH


# Remove tests, translation sources and static files (collected below): a fifth of the packages' size.
FROM packages AS slim
RUN cd /venv/lib/python*/site-packages \
    && rm -r django/contrib/admin/static drf_spectacular_sidecar/static rest_framework/static \
    && find . -name '*.po' -delete
# Channels
RUN cd /venv/lib/python*/site-packages \
    && find autobahn twisted zope -depth -type d \( -name test -o -name tests \) -exec rm -r {} +


FROM packages AS build
WORKDIR /app
COPY manage.py ./
COPY config config
COPY apps apps
RUN python -m compileall -q apps config
# Compression is slow, so the result is cached by a hash of its inputs. No page uses Redoc.
RUN --mount=type=cache,target=/var/cache/static \
    export DJANGO_SETTINGS_MODULE=config.settings.build collect="manage.py collectstatic --noinput --ignore redoc" \
    && made=/var/cache/static/$( (echo "$collect"; cat $(find /requirements config/settings apps/*/static -type f | sort)) \
        | sha256sum | cut -c 1-64).tar \
    && if [ ! -f "$made" ]; then \
        python $collect && tar --create --file "$made.new" staticfiles && mv "$made.new" "$made"; \
    fi \
    && tar --extract --file "$made"


FROM python AS test
# Template
RUN apt-get update && apt-get install --yes --no-install-recommends git

# PostgreSQL does not run as root.
RUN useradd --create-home tester && install --directory --owner tester --group tester /site
USER tester
WORKDIR /site
COPY --chown=tester bin/setup bin/
COPY --chown=tester requirements requirements
COPY --chown=tester tools tools
RUN bin/setup --services
COPY --chown=tester . .
# Template
# Tests of the template list the files with git.
RUN git init --quiet && git add --all

RUN bin/test


FROM python AS site
RUN useradd --no-create-home --uid 10001 site \
    && install --directory --owner site --group site /data/keys /data/media
# Celery
RUN install --directory --owner site --group site /data/backups
COPY --from=client /usr/lib/postgresql/*/bin/pg_dump /usr/lib/postgresql/*/bin/pg_restore /usr/local/bin/

COPY --from=slim /venv /venv
WORKDIR /app
# The site reads variables from a file in the volume of keys. The code itself is read-only.
RUN ln -s /data/keys/env .env
COPY --from=build /app ./
ARG GIT_COMMIT
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=config.settings.production GIT_COMMIT=$GIT_COMMIT \
    PORT=8000 MEDIA_ROOT=/data/media
USER 10001:10001
EXPOSE 8000
# For processes with a port. Compose replaces it for the others.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s \
    CMD ["python", "-c", "from os import environ; from urllib.request import urlopen; urlopen('http://127.0.0.1:' + environ['PORT'] + '/health/', timeout=4)"]
CMD ["sh", "-c", "exec gunicorn -c config/gunicorn.py --bind 0.0.0.0:$PORT config.wsgi"]
