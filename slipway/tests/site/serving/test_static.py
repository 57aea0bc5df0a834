import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from slipway.tests.site.serving.collected import SETTINGS
from slipway.tests.site.serving.collected import collected as collected
from slipway.tests.site.serving.server import Server, serving


@pytest.fixture(scope="module")
def server(collected: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("log") / "log"
    with serving(log=log, DJANGO_SETTINGS_MODULE=SETTINGS, COLLECTED=str(collected), WEB_CONCURRENCY="1") as started:
        yield started


def test_every_file_has_a_hashed_name(collected: Path) -> None:
    names = [path.name for path in (collected / "site").iterdir()]

    assert names
    assert [name for name in names if not re.search(r"\.[0-9a-f]{12}\.", name)] == []


def test_text_files_are_compressed_with_brotli_and_gzip(collected: Path) -> None:
    styles = [path.name for path in (collected / "site").glob("site.*.css*")]

    assert sorted(Path(name).suffix for name in styles) == [".br", ".css", ".gz"]


@pytest.mark.parametrize(("accepted", "sent"), [("br", "br"), ("gzip", "gzip"), ("identity", None)])
def test_pages_use_hashed_cacheable_files(server: Server, accepted: str, sent: str | None) -> None:
    page = server.get("/").body.decode()
    styles = re.findall(r'href="(/static/site/site\.[0-9a-f]{12}\.css)"', page)[0]

    answer = server.get(styles, **{"Accept-Encoding": accepted})

    assert answer.status == 200
    assert answer.headers["Content-Encoding"] == sent
    assert "immutable" in answer.headers["Cache-Control"]
    assert "max-age=315360000" in answer.headers["Cache-Control"]
