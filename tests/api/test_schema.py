def test_the_schema_is_served(db, api):
    answer = api.get("/api/schema/", HTTP_ACCEPT="application/json")

    assert answer.status_code == 200
    assert "/api/v1/auth/login/" in answer.json()["paths"]


def test_the_page_to_try_the_api_takes_nothing_from_other_hosts(db, client):
    page = client.get("/api/docs/")
    text = page.content.decode()

    assert page.status_code == 200
    assert "https://" not in text
    assert "script-src" not in page["Content-Security-Policy"]
    assert "<script>" not in text
