"""Health checks of an instance, as Render makes them, but without accepting redirects."""

import asyncio
from dataclasses import dataclass

from slipway.rehearse.http_messages import InvalidHTTP, read_head
from slipway.rehearse.proxy import Address

TIMEOUT = 5


@dataclass(frozen=True)
class HealthResult:
    healthy: bool
    message: str = ""
    hint: str = ""
    # Trying again does not help.
    permanent: bool = False


HEALTHY = HealthResult(True)


async def check_health(address: Address, host: str, path: str) -> HealthResult:
    """A plain HTTP request with the service's own host name. Without a path, an open port is enough."""
    try:
        async with asyncio.timeout(TIMEOUT):
            reader, writer = await asyncio.open_connection(*address)
            try:
                if not path:
                    return HEALTHY
                writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                head = await read_head(reader)
                status = head.status if head else 0
            finally:
                writer.close()
    except TimeoutError:
        return HealthResult(False, f"no response within {TIMEOUT} s")
    except ConnectionRefusedError:
        hint = "Does the start command listen on 0.0.0.0 and $PORT?"
        return HealthResult(False, "nothing listens on its port", hint)
    except (OSError, EOFError, InvalidHTTP) as error:
        return HealthResult(False, f"the response is incomplete: {error}")
    if not head:
        return HealthResult(False, "closed the connection without a response")
    return health_of_response(status, head.get("location"), path)


def health_of_response(status: int, location: str, path: str) -> HealthResult:
    if 200 <= status < 300:
        return HEALTHY
    if 300 <= status < 400:
        return HealthResult(
            False,
            f"redirects with {status} to {location}",
            f"Render accepts a redirect as healthy, even if the application is broken. Exempt {path} from it.",
            permanent=True,
        )
    hints = {
        400: "Is the host in ALLOWED_HOSTS? Render's host name is in RENDER_EXTERNAL_HOSTNAME.",
        404: f"Does the application have a URL {path}?",
    }
    return HealthResult(False, f"responds with {status}", hints.get(status, ""), permanent=status == 400)
