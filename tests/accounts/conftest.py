import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from tests.conftest import PASSWORD


@pytest.fixture
def tokens(user: User, api: APIClient) -> dict[str, str]:
    return api.post("/api/v1/auth/login/", {"email": user.email, "password": PASSWORD}).json()
