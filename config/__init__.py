# Celery
from . import lazy_celery as lazy_celery
