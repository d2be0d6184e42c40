"""The same program as rust/src/main.rs, in Python.

Usage: client.py URL, with the name of a scenario in the environment.
"""

import json
import os
import sys
import threading

import skills
from omni_mcp_py import OmniMCPClient

# The suite ends its shell at the timeout, but not the processes that the shell started.
WATCHDOG_SECONDS = 25


def main():
    watchdog = threading.Timer(WATCHDOG_SECONDS, os._exit, [124])
    watchdog.daemon = True
    watchdog.start()
    scenario = os.environ["MCP_CONFORMANCE_SCENARIO"]
    context = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT", "{}"))
    with OmniMCPClient(profile="generic", endpoint=sys.argv[1], **options(scenario, context)) as client:
        run(client, scenario, context)


def options(scenario, context):
    """The callbacks of a client determine the capabilities that it declares."""
    match scenario:
        case "elicitation-sep1034-client-defaults":
            # The core adds the defaults of the form.
            return {"on_elicitation": lambda _: {"action": "accept"}}
        case "sep-2322-client-request-state":
            return {"on_elicitation": lambda _: {"action": "accept", "content": {"confirmed": True}}}
        case "request-metadata":
            return {"on_sampling": dict, "on_elicitation": lambda _: {"action": "cancel"}, "on_roots": list}
        case "auth/client-credentials-basic":
            members = {name: context[name] for name in ("client_id", "client_secret")}
            return {"auth": {"type": "oauth2", **members}}
    return {}


def run(client, scenario, context):
    match scenario:
        case "initialize" | "request-metadata" | "json-schema-ref-no-deref":
            client.list_tools()
        case "tools_call":
            list_and_call(client, "add_numbers", {"a": 5, "b": 3})
        case "elicitation-sep1034-client-defaults":
            list_and_call(client, "test_client_elicitation_defaults")
        case "sse-retry":
            list_and_call(client, "test_reconnection")
        case "sep-2322-client-request-state":
            for tool in ("echo_state", "unrelated", "no_state", "no_result_type"):
                list_and_call(client, f"test_mrtr_{tool}")
        case "http-standard-headers":
            use_everything(client)
        case "http-custom-headers":
            client.list_tools()
            for call in context["toolCalls"]:
                client.call_tool(call["name"], call["arguments"])
        case "http-invalid-tool-headers":
            for tool in client.list_tools()["tools"]:
                client.call_tool(tool["name"], {"region": "us-west1"})
        case "json-schema-2020-12-preservation":
            tools = {tool["name"]: tool for tool in client.list_tools()["tools"]}
            client.call_tool("json_schema_echo", {"schema": tools["json_schema_2020_12_tool"]["inputSchema"]})
        case "sep-2640-client-no-prefetch":
            client.request("skills/list")
        case _ if scenario.startswith("auth/"):
            list_and_call(client, "test-tool")
        case _ if scenario.startswith("sep-2640-client-verify-"):
            skills.refuse(client, scenario.removeprefix("sep-2640-client-verify-"))
        case _:
            sys.exit(f"there is no scenario {scenario}")


def list_and_call(client, tool, arguments=None):
    client.list_tools()
    result = client.call_tool(tool, arguments or {})
    if result.get("isError"):
        sys.exit(f"{tool}: {result['content']}")


def use_everything(client):
    """Calls each tool, reads each resource and gets each prompt."""
    for tool in client.list_tools()["tools"]:
        client.call_tool(tool["name"], {})
    for resource in client.list_resources()["resources"]:
        client.read_resource(resource["uri"])
    for prompt in client.list_prompts()["prompts"]:
        client.get_prompt(prompt["name"])


main()
