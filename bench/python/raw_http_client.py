"""The same POSTs with http.client alone, parsed with json."""

import http.client
import json
import os
from urllib.parse import urlsplit

from measure import WARM_UP, Measured, arguments

url, key, calls = arguments()
connection = http.client.HTTPConnection(urlsplit(url).netloc)
number = 0


def run(calls):
    global number
    for _ in range(calls):
        number += 1
        params = {"name": "fred.search", "arguments": {"q": "inflation", "limit": 1}}
        body = json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params})
        headers = {
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "Idempotency-Key": f"raw-{os.getpid()}-{number}",
        }
        connection.request("POST", "/mcp", body, headers)
        answer = json.loads(connection.getresponse().read())
        assert answer["result"]["structuredContent"]


run(WARM_UP)
measured = Measured()
run(calls)
measured.end(calls)
