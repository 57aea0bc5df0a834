from django.contrib.auth import hashers


class Argon2PasswordHasher(hashers.Argon2PasswordHasher):
    """The parameters that OWASP recommends. Django's use 100 MB and 8 threads per sign-in, too much for a small server."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
