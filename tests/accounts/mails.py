import re
from typing import Any
from urllib.parse import parse_qs, urlsplit


def link_in(mail: Any) -> str:
    (link,) = re.findall(r"http\S+", mail.body)
    return link


def query_of(link: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
