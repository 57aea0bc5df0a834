from rest_framework import serializers

from apps.api.serializers import ModelSerializer
from apps.chat.models import Member, Message, Room
from apps.chat.names import called


class RoomSerializer(ModelSerializer):
    class Meta:
        model = Room
        fields = ["id", "name", "created_at"]
        read_only_fields = ["id", "created_at"]


class MemberSerializer(ModelSerializer):
    user = serializers.IntegerField(source="user_id", min_value=1)
    name = serializers.SerializerMethodField()

    class Meta:
        model = Member
        fields = ["user", "name", "is_owner", "joined_at"]
        read_only_fields = ["is_owner", "joined_at"]

    def get_name(self, member: Member) -> str:
        return called(member.user)


class MessageSerializer(ModelSerializer):
    text = serializers.CharField(max_length=Message.LONGEST)
    name = serializers.SerializerMethodField()

    class Meta:
        model = Message
        fields = ["id", "author", "name", "text", "sent_at"]
        read_only_fields = ["id", "author", "sent_at"]

    def get_name(self, message: Message) -> str:
        return called(message.author) if message.author else ""
