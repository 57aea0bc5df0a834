from rest_framework import serializers

from apps.chat.models import Member, Message, Room


class RoomSerializer(serializers.ModelSerializer):
    class Meta:
        model = Room
        fields = ["id", "name", "created_at"]
        read_only_fields = ["id", "created_at"]


class MemberSerializer(serializers.ModelSerializer):
    name = serializers.CharField(read_only=True)

    class Meta:
        model = Member
        fields = ["user", "name", "is_owner", "joined_at"]
        read_only_fields = fields


class InvitationSerializer(serializers.Serializer):
    token = serializers.CharField(max_length=200, help_text="Valid for a week, for everybody who has it.")


class MessageSerializer(serializers.ModelSerializer):
    text = serializers.CharField(max_length=Message.MAX_LENGTH)
    name = serializers.CharField(read_only=True)

    class Meta:
        model = Message
        fields = ["id", "author", "name", "text", "sent_at"]
        read_only_fields = ["id", "author", "sent_at"]
