from django.urls import path

from apps.preflight.views import PreflightView

urlpatterns = [path("preflight/", PreflightView.as_view(), name="preflight")]
