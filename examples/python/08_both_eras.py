"""Servers of both eras: their requests to the client, resources, prompts, and cached lists."""

import threading
from typing import Any

from omni_mcp_py import ElicitRequestParams, ElicitResult, Notification, OmniMCPClient, OmniMCPError
from omni_mcp_py.testing import DevServer


def main() -> None:
    for era in ("legacy", "modern"):
        with DevServer(profile="generic", era=era, everything=True, ttl_ms=60_000, tools_page_size=2) as server:
            in_era(era, f"{server.url}/mcp")


def in_era(era: str, endpoint: str) -> None:
    updated = threading.Event()

    def notify(notification: Notification) -> None:
        if notification["method"] == "notifications/resources/updated":
            updated.set()

    with OmniMCPClient(
        profile="generic", endpoint=endpoint, on_elicitation=ask_a_person, on_notification=notify
    ) as client:
        client.connect()
        print(f"{era}: protocol {client.protocol_version}")
        form = {
            "type": "object",
            "properties": {"name": {"type": "string"}, "age": {"type": "integer", "default": 30}},
        }
        params = {"message": "Who are you?", "requestedSchema": form}
        asked = (
            client.call_tool("ask", {"method": "elicitation/create", "params": params}).get("structuredContent") or {}
        )
        print(f"asked: {asked['answer']['content']['name']} {asked['answer']['content']['age']}")

        print(f"prompts: {len(list(client.iter_prompts()))}")
        prompt = client.get_prompt("test_prompt_with_arguments", {"arg1": "a", "arg2": "b"})
        print(f"prompt: {text(prompt['messages'][0]['content'])}")
        client.list_resources()
        again = client.with_metadata.list_resources()
        print(f"resources: {len(again.result['resources'])}, cached: {str(again.metadata['cached']).lower()}")

        uri = "test://watched-resource"
        client.subscribe_resource(uri)
        client.call_tool("touch_resource", {"uri": uri})
        print(f"notified of a change: {str(updated.wait(5)).lower()}")
        try:
            client.call_tool("structured", {"bad": True}, validate_output=True)
        except OmniMCPError as error:
            print(f"an invalid result: {error.kind} {error.code} {error.delivery}")


def ask_a_person(params: ElicitRequestParams) -> ElicitResult:
    return {"action": "accept", "content": {"name": "Ann"}}


def text(content: Any) -> str:
    return str(content["text"])


if __name__ == "__main__":
    main()
