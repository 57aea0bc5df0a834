from django.contrib.auth import hashers


class Argon2PasswordHasher(hashers.Argon2PasswordHasher):
    """The parameters that OWASP recommends. A sign-in with Django's uses 100 MB and 8 threads."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
