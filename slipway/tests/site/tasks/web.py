"""The site with a URL that sends a task and a notification."""

from importlib import import_module

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.wsgi import application

# Only after `application` has read the settings.
from apps.accounts.models import User  # isort: skip
from apps.notifications.services import notify  # isort: skip
from config.urls import handler400, handler403, handler404, handler500, urlpatterns  # isort: skip

__all__ = ["application", "handler400", "handler403", "handler404", "handler500"]

settings.ROOT_URLCONF = "slipway.tests.site.tasks.web"
# Nobody has collected the static files, and nobody asks for one.
plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


def count(request: HttpRequest, number: int) -> HttpResponse:
    import_module("slipway.tests.site.tasks.jobs").count.delay_on_commit(number)
    notify(user=User.objects.get(), kind="work", text=str(number))
    return HttpResponse("sent")


urlpatterns = [path("count/<int:number>/", count), *urlpatterns]
