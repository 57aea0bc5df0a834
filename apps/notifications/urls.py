from django.urls import path

from apps.notifications import views

urlpatterns = [
    path("notifications/", views.NotificationListView.as_view(), name="notifications"),
    path("notifications/read-all/", views.AllReadView.as_view(), name="notifications-read-all"),
    path("notifications/<int:pk>/", views.NotificationView.as_view(), name="notification"),
    path("notifications/<int:pk>/read/", views.ReadView.as_view(), name="notification-read"),
]
