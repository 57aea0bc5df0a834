from django.urls import include, path, re_path

from apps.api import views
from apps.health.views import report

urlpatterns = [
    path("health/", report, name="health-report"),
    path("schema/", views.schema, name="schema"),
    path("docs/", views.docs, name="docs"),
    path("v1/", views.RootView.as_view(), name="api-root"),
    path("v1/", include("apps.accounts.api.urls")),
    re_path("", views.elsewhere),
]
