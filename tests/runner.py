"""`python manage.py test` fails and prints how to run the tests."""

from django.core.management.base import CommandError


class UsePytest:
    def __init__(self, **options: object) -> None:
        pass

    def run_tests(self, labels: list[str]) -> int:
        raise CommandError("The tests of this project run with pytest: bin/test, or bin/test -k NAME for some of them.")
