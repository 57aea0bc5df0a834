from django.contrib.auth import hashers


class Argon2PasswordHasher(hashers.Argon2PasswordHasher):
    """As OWASP advises. Django's takes 100 MB and 8 threads a sign-in: a few at once would end a small server."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
