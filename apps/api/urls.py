from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView

from apps.api.views import DocsView, NothingView, RootView
from apps.health.views import report

urlpatterns = [
    path("health/", report, name="health-report"),
    path("schema/", SpectacularAPIView.as_view(authentication_classes=(), permission_classes=()), name="schema"),
    path("docs/", DocsView.as_view(), name="docs"),
    path("v1/", RootView.as_view(), name="api-root"),
    path("v1/", include("apps.accounts.api.urls")),
    re_path("", NothingView.as_view()),
]
