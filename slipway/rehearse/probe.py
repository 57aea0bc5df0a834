"""Asks an instance whether it is well, as Render does, and is stricter about the answer."""

import asyncio
from dataclasses import dataclass

from slipway.rehearse.messages import BadMessage, read_head
from slipway.rehearse.proxy import Address

PATIENCE = 5


@dataclass(frozen=True)
class Verdict:
    well: bool
    words: str = ""
    hint: str = ""
    # Waiting does not mend it.
    final: bool = False


WELL = Verdict(True)


async def probe(address: Address, host: str, path: str) -> Verdict:
    """By plain HTTP and with the service's own host name. Without a path, an open port is all that is asked for."""
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection(*address)
            try:
                if not path:
                    return WELL
                writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                head = await read_head(reader)
                status = head.status if head else 0
            finally:
                writer.close()
    except TimeoutError:
        return Verdict(False, f"did not answer within {PATIENCE} s")
    except ConnectionRefusedError:
        return Verdict(False, "nothing listens on its port", "Does the start command pass $PORT on, with 0.0.0.0?")
    except (OSError, EOFError, BadMessage) as error:
        return Verdict(False, f"broke off: {error}")
    return verdict_on(status, head.get("location"), path) if head else Verdict(False, "hung up without an answer")


def verdict_on(status: int, location: str, path: str) -> Verdict:
    if 200 <= status < 300:
        return WELL
    if 300 <= status < 400:
        return Verdict(
            False,
            f"answered {status}, to {location}",
            f"Render takes a redirect for healthy, even from an application that is not. Exempt {path} from it.",
            final=True,
        )
    hints = {
        400: "Is the host in ALLOWED_HOSTS? Render's own name is in RENDER_EXTERNAL_HOSTNAME.",
        404: f"Is {path} what the application calls it?",
    }
    return Verdict(False, f"answered {status}", hints.get(status, ""), final=status == 400)
