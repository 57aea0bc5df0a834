from rest_framework import serializers

from apps.chat.models import Member, Message, Room, display_name


class RoomSerializer(serializers.ModelSerializer):
    class Meta:
        model = Room
        fields = ["id", "name", "created_at"]
        read_only_fields = ["id", "created_at"]


class MemberSerializer(serializers.ModelSerializer):
    name = serializers.SerializerMethodField()

    class Meta:
        model = Member
        fields = ["user", "name", "is_owner", "joined_at"]
        read_only_fields = fields

    def get_name(self, member: Member) -> str:
        return display_name(member.user)


class InvitationSerializer(serializers.Serializer):
    token = serializers.CharField(max_length=200, help_text="Valid for a week, for everybody who has it.")


class MessageSerializer(serializers.ModelSerializer):
    text = serializers.CharField(max_length=Message.MAX_LENGTH)
    name = serializers.SerializerMethodField()

    class Meta:
        model = Message
        fields = ["id", "author", "name", "text", "sent_at"]
        read_only_fields = ["id", "author", "sent_at"]

    def get_name(self, message: Message) -> str:
        return display_name(message.author) if message.author else ""
