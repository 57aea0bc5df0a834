"""Addresses that only the tests of the server need, beside those of the site."""

import time

from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def slow(request: HttpRequest) -> HttpResponse:
    time.sleep(2)
    return HttpResponse("done")


urlpatterns = [path("slow/", slow), *urlpatterns]
