"""Why the server closes a socket, and so what its client should do."""

SIGN_IN = 4401
NOT_A_MEMBER = 4403
COME_BACK = 4408
TOO_MUCH = 4429
FAILED = 4500

MEANINGS = {
    SIGN_IN: "You are not signed in, or not any more. Sign in, then come back.",
    NOT_A_MEMBER: "This room is not yours, or not any more. Stay away.",
    COME_BACK: "The server restarts, has lost Redis, or you read too slowly. Come back and ask for what you missed.",
    TOO_MUCH: "Too many sockets or messages. Come back later.",
    FAILED: "Something went wrong on our side. Come back later.",
}
