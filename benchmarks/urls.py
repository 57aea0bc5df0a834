from django.http import HttpRequest, JsonResponse
from django.urls import path

from config.urls import urlpatterns as the_sites


def trivial(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"ok": True})


urlpatterns = [path("trivial/", trivial), *the_sites]
