"""The site in production, with a view that crashes: `gunicorn slipway.tests.site.components.crashing:application`."""

import logging
from typing import Any

from django.conf import settings
from django.urls import path

from config.wsgi import application

# Only after `application` has read the settings.
from rest_framework.request import Request  # isort: skip
from rest_framework.response import Response  # isort: skip
from rest_framework.views import APIView  # isort: skip

__all__ = ["application"]

settings.ROOT_URLCONF = "slipway.tests.site.components.crashing"
logger = logging.getLogger(__name__)


class CrashView(APIView):
    def post(self, request: Request, number: int) -> Response:
        user: Any = request.user
        sent: Any = request.data
        logger.warning("Mail for %s, token=%s", user.email, request.query_params["token"])
        raise RuntimeError(f"Key (email)=({user.email}) already exists, {len(sent['password'])} characters")


urlpatterns = [path("crash/<int:number>/", CrashView.as_view())]
