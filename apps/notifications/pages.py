"""The page with a user's notifications."""

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.generic import ListView

from apps.accounts.models import User
from apps.notifications.models import Notification
from apps.notifications.services import mark_read


@method_decorator([never_cache, login_required], name="dispatch")
class NotificationsPage(ListView):
    template_name = "notifications/list.html"
    paginate_by = 20

    def get_queryset(self) -> Any:
        return Notification.objects.filter(user=self.request.user.pk)


@method_decorator([never_cache, login_required], name="dispatch")
class ReadPage(View):
    """POST marks one notification as read, or all. Both requests lead back to the list."""

    def get(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        return redirect(reverse("notifications-page", query=request.GET))

    def post(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        user = cast(User, request.user)
        if pk is not None:
            get_object_or_404(user.notifications, pk=pk)
        mark_read(user=user, ids=None if pk is None else [pk])
        return self.get(request)


urlpatterns = [
    path("notifications/", NotificationsPage.as_view(), name="notifications-page"),
    path("notifications/read/", ReadPage.as_view(), name="notifications-page-read"),
    path("notifications/<int:pk>/read/", ReadPage.as_view(), name="notification-page-read"),
]
