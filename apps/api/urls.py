from django.urls import include, path, re_path

from apps.api import views

urlpatterns = [
    path("v1/", views.RootView.as_view(), name="api-root"),
    path("v1/", include("apps.accounts.api.urls")),
    path("v1/", include("apps.notifications.api.urls")),
]

# Channels
urlpatterns += [path("v1/", include("apps.live.urls"))]

# Chat
urlpatterns += [path("v1/", include("apps.chat.urls"))]

urlpatterns += [
    path("schema/", views.schema, name="schema"),
    path("docs/", views.docs, name="docs"),
    re_path("", views.elsewhere),
]
