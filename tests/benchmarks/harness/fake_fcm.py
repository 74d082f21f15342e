"""Firebase Cloud Messaging as far as a sender can tell: HTTP/1.1 with kept connections, over TLS when asked to, as slow as told.

python -m tests.benchmarks.harness.fake_fcm PORT LATENCY [CERTIFICATE KEY] answers every message with a name, so many seconds later. It
prints `listening`, then a line for each message that speaks of a course: when it came, on the clock that all processes share, and the course.
"""

import asyncio
import json
import ssl
import sys
import time

_ANSWER = b'{"name": "projects/demo/messages/0"}'
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(_ANSWER)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, latency: float) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            _, _, rest = head.lower().partition(b"\r\ncontent-length:")
            message = json.loads(await reader.readexactly(int(rest.split(b"\r\n", 1)[0])))
            if course := message["message"].get("data", {}).get("course"):
                sys.stdout.write(f"{time.monotonic()} {course}\n")
                sys.stdout.flush()
            if latency:
                await asyncio.sleep(latency)
            writer.write(_HEAD + _ANSWER)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main(port: str, latency: str, *files: str) -> None:
    context = None
    if files:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*files)
    server = await asyncio.start_server(
        lambda reader, writer: _serve(reader, writer, float(latency)),
        "127.0.0.1",
        int(port),
        ssl=context,
        backlog=1000,
    )
    sys.stdout.write("listening\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
