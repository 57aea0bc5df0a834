from django.urls import path

from apps.health import views

urlpatterns = [
    path("", views.ready, name="ready"),
    path("live/", views.live, name="live"),
]
