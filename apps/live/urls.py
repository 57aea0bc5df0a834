from django.urls import path

from apps.live.views import TicketView

urlpatterns = [path("auth/ws-ticket/", TicketView.as_view(), name="ws-ticket")]
