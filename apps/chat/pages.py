"""The pages of the rooms, with the access rules of the API. They work without JavaScript."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.generic import ListView
from django.views.generic.edit import FormMixin

from apps.api.throttles import count_request
from apps.chat import services
from apps.chat.models import Message, Room
from apps.chat.views import RoomAccess
from apps.pages.errors import error_response


class RoomForm(forms.ModelForm):
    class Meta:
        model = Room
        fields = ["name"]


class MessageForm(forms.ModelForm):
    class Meta:
        model = Message
        fields = ["text"]
        labels = {"text": "Message"}
        widgets = {"text": forms.Textarea(attrs={"rows": 2, "maxlength": Message.MAX_LENGTH})}


@method_decorator([never_cache, login_required], name="dispatch")
class ChatPage(RoomAccess, View):
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The API's limit of a user applies to the forms, too."""
        if request.method == "POST" and not count_request("user", str(self.user.pk))[0]:
            return error_response(request, 429)
        return super().dispatch(request, *args, **kwargs)


class FormListPage(ChatPage, FormMixin, ListView):
    """A list, and a form that adds to it."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self.get_form()
        return self.form_valid(form) if form.is_valid() else self.get(request)


class RoomsPage(FormListPage):
    template_name = "chat/rooms.html"
    form_class = RoomForm
    paginate_by = 20

    def get_queryset(self) -> Any:
        return Room.objects.of(self.user)

    def form_valid(self, form: Any) -> HttpResponse:
        room = services.create_room(owner=self.user, name=form.cleaned_data["name"])
        return redirect("room-page", room.pk)


class RoomPage(FormListPage):
    template_name = "chat/room.html"
    form_class = MessageForm
    paginate_by = 50

    def get_queryset(self) -> Any:
        return self.room.messages.select_related("author")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        room = self.room
        members = list(room.members.select_related("user"))
        is_owner = any(member.is_owner and member.user == self.user for member in members)
        context = {"room": room, "members": members, "is_owner": is_owner}
        if is_owner:
            link = reverse("rooms-page", query={"invitation": services.invite(room=room)})
            context["invitation_link"] = self.request.build_absolute_uri(link)
        return super().get_context_data(**context, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        services.post_message(room=self.room, author=self.user, text=form.cleaned_data["text"])
        return redirect("room-page", self.kwargs["pk"])


class Action(ChatPage):
    """The target of a form. After a sign-in, the browser gets this URL."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return redirect("room-page", kwargs["pk"]) if "pk" in kwargs else redirect("rooms-page")


class JoinAction(Action):
    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            room = services.join_room(user=self.user, token=request.POST.get("token", ""))
        except ValidationError as error:
            messages.error(request, error.messages[0])
            return redirect("rooms-page")
        return redirect("room-page", room.pk)


class EndInvitationsAction(Action):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        services.end_invitations(room=self.owned_room())
        return self.get(request, pk=pk)


class RemoveMemberAction(Action):
    def post(self, request: HttpRequest, pk: int, user_id: int) -> HttpResponse:
        services.remove_member(member=self.removable_member(), by=self.user)
        return redirect("rooms-page") if user_id == self.user.pk else redirect("room-page", pk)


urlpatterns = [
    path("rooms/", RoomsPage.as_view(), name="rooms-page"),
    path("rooms/join/", JoinAction.as_view(), name="room-page-join"),
    path("rooms/<int:pk>/", RoomPage.as_view(), name="room-page"),
    path("rooms/<int:pk>/invitation/end/", EndInvitationsAction.as_view(), name="room-page-end-invitations"),
    path("rooms/<int:pk>/members/<int:user_id>/remove/", RemoveMemberAction.as_view(), name="room-page-remove"),
]
