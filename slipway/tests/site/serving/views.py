"""Views for the tests of the server, besides those of the site."""

import os
import time

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from config.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


LOADED_BY = os.getpid()


def who(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"loaded_by": LOADED_BY, "answered_by": os.getpid()})


def slow(request: HttpRequest) -> HttpResponse:
    time.sleep(2)
    return HttpResponse("done")


urlpatterns = [path("slow/", slow), path("who/", who), *urlpatterns]
