from apps.live.events import HEAD, PAGE, as_tables


def test_the_page_tells_of_every_event_and_every_code():
    """`python -m apps.live.events` writes it anew."""
    assert PAGE.read_text().partition(HEAD)[2] == as_tables()
