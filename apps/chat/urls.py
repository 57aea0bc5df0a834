from django.urls import path

from apps.chat import views

urlpatterns = [
    path("rooms/", views.RoomListView.as_view(), name="rooms"),
    path("rooms/<int:pk>/", views.RoomView.as_view(), name="room"),
    path("rooms/join/", views.JoinView.as_view(), name="room-join"),
    path("rooms/<int:pk>/invitation/", views.InvitationView.as_view(), name="room-invitation"),
    path("rooms/<int:pk>/members/", views.MemberListView.as_view(), name="room-members"),
    path("rooms/<int:pk>/members/<int:user_id>/", views.MemberView.as_view(), name="room-member"),
    path("rooms/<int:pk>/messages/", views.MessageListView.as_view(), name="room-messages"),
]
