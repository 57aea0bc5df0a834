from django.urls import include, path

from apps.api import views

urlpatterns = [
    path("v1/", views.RootView.as_view(), name="api-root"),
    path("v1/", include("apps.accounts.urls")),
    path("v1/", include("apps.notifications.urls")),
    path("schema/", views.SchemaView.as_view(), name="schema"),
    path("docs/", views.DocsView.as_view(), name="docs"),
    # Channels
    path("v1/", include("apps.live.urls")),
    # Chat
    path("v1/", include("apps.chat.urls")),
    # Celery, Channels
    path("v1/", include("apps.preflight.urls")),
    # Yours
]
