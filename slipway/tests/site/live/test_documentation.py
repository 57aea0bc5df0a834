from slipway.tests.site.live.documentation import PAGE, tables


def test_the_documentation_has_all_events_and_close_codes():
    """`python -m slipway.tests.site.live.documentation` writes the tables."""
    assert PAGE.read_text().endswith(tables())
