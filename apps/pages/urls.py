from django.urls import path

from apps.pages import mailbox, views

urlpatterns = [
    path("", views.home, name="home"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("robots.txt", views.robots),
    path(".well-known/security.txt", views.security),
    path("status/", views.status, name="status"),
    path("status/services/", views.status_services, name="status-services"),
]

if mailbox.is_in_use():
    urlpatterns += mailbox.urlpatterns
