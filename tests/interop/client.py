"""The same program as rust/src/main.rs, in Python.

Usage: client.py sync|async probe|calls|sticky PLAN, where the plan is JSON.
"""

import asyncio
import json
import sys
from concurrent.futures import ThreadPoolExecutor

from omni_mcp_py import AsyncOmniMCPClient, OmniMCPClient, OmniMCPError


def main():
    face, command, plan = sys.argv[1:]
    plan = json.loads(plan)
    if face == "async":
        asyncio.run({"probe": probe_async, "calls": calls_async, "sticky": sticky_async}[command](plan))
    else:
        {"probe": probe, "calls": calls, "sticky": sticky}[command](plan)


def elicited(params):
    return {"action": "accept", "content": {"name": "Ann"}}


def sampled(params):
    return {"role": "assistant", "model": "none", "content": {"type": "text", "text": "Paris"}}


def roots():
    return [{"uri": "file:///work", "name": "work"}]


ANSWERS = {"on_elicitation": elicited, "on_sampling": sampled, "on_roots": roots}


def probe(plan):
    """One client from connect to close; prints a line for each step."""
    received = []
    with OmniMCPClient(**plan["client"], **ANSWERS) as client:
        show_welcome(client.initialize())
        show_tools(client.list_tools())
        show("echo", client.call_tool("echo", {"message": "inflation"}))
        show_long(
            received, client.call_tool(plan["long"]["name"], plan["long"]["arguments"], on_progress=received.append)
        )
        resources = client.list_resources()["resources"]
        show_resource(resources, client.read_resource(resources[0]["uri"]))
        show_prompt(client.list_prompts()["prompts"], client.get_prompt(**plan["prompt"]))
        for ask in plan["asking"]:
            show_asked(client.call_tool(ask["name"], ask["arguments"]))
    print("closed", flush=True)
    # Resources that remain now are those that close did not release.
    sys.stdin.readline()


async def probe_async(plan):
    received = []
    async with AsyncOmniMCPClient(**plan["client"], **ANSWERS) as client:
        show_welcome(await client.initialize())
        show_tools(await client.list_tools())
        show("echo", await client.call_tool("echo", {"message": "inflation"}))
        long = plan["long"]
        show_long(received, await client.call_tool(long["name"], long["arguments"], on_progress=received.append))
        resources = (await client.list_resources())["resources"]
        show_resource(resources, await client.read_resource(resources[0]["uri"]))
        show_prompt((await client.list_prompts())["prompts"], await client.get_prompt(**plan["prompt"]))
        for ask in plan["asking"]:
            show_asked(await client.call_tool(ask["name"], ask["arguments"]))
    print("closed", flush=True)
    await asyncio.to_thread(sys.stdin.readline)


def calls(plan):
    """Lists the tools, and calls one of them many times."""
    with OmniMCPClient(**plan["client"]) as client:
        show_tools(client.list_tools())
        for call in range(plan["calls"]):
            show("echo", client.call_tool("echo", {"message": str(call)}))


async def calls_async(plan):
    async with AsyncOmniMCPClient(**plan["client"]) as client:
        show_tools(await client.list_tools())
        for call in range(plan["calls"]):
            show("echo", await client.call_tool("echo", {"message": str(call)}))


def show_welcome(welcome):
    print(f"server: {welcome['serverInfo']['name']} {welcome['serverInfo']['version']}")
    print(f"protocol: {welcome['protocolVersion']}")


def show_tools(listed):
    print(f"tools: {', '.join(tool['name'] for tool in listed['tools'])}")


def show(label, result):
    print(f"{label}: {result['content'][0]['text']}")


def show_long(received, result):
    steps = [f"{step['progress']:g} of {step['total']:g}" for step in received]
    print(f"progress: {', '.join(steps)}")
    show("done", result)


def show_resource(resources, read):
    print(f"resources: {len(resources)}, {read['contents'][0]['uri']}")


def show_prompt(prompts, got):
    print(f"prompts: {len(prompts)}, {got['messages'][0]['content']['text']}")


def show_asked(result):
    texts = [item.get("text", "") for item in result["content"]]
    print(f"asked: {' '.join(texts).replace(chr(10), ' ')}")


class Seen:
    def __init__(self):
        self.succeeded, self.unsure, self.failed = [], [], []

    def ran(self, app, result):
        if result.get("isError"):
            self.failed.append(f"{app}: isError")
        else:
            self.succeeded.append(app)

    def may_go_on(self, app, attempt, error):
        """Whether the call may have run, and is repeated with another argument."""
        if error.delivery == "maybe_executed" and attempt < 5:
            self.unsure.append(app)
            return True
        self.failed.append(f"{app}: {error}")
        return False

    def show(self):
        print(json.dumps(vars(self)), flush=True)


def lanes_of(plan, half):
    """The client, the name and the number of calls of each lane: every second client makes five calls at once."""
    for index in range(plan["clients"]):
        lanes = 5 if index % 2 else 1
        for lane in range(lanes):
            yield index, f"{index}-{lane}-{half}", plan["calls"] // 2 // lanes


def arguments(app):
    return {"app": app, "discoveryUrl": "https://app.example"}


def ignore(_):
    """A notification callback, so that the client opens the GET stream."""


def sticky(plan):
    """Many clients, each with half of their calls at once, and the other half after a line of input."""
    clients = [OmniMCPClient(**plan["client"], on_notification=ignore) for _ in range(plan["clients"])]
    seen = Seen()

    def run_lane(index, name, calls):
        for call in range(calls):
            for attempt in range(10):
                app = f"{name}-{call}-{attempt}"
                try:
                    seen.ran(app, clients[index].call_tool("createTestTarget", arguments(app)))
                except OmniMCPError as error:
                    if seen.may_go_on(app, attempt, error):
                        continue
                break

    for half in range(2):
        if half == 1:
            print("half", flush=True)
            sys.stdin.readline()
        lanes = list(lanes_of(plan, half))
        with ThreadPoolExecutor(len(lanes)) as threads:
            for lane in [threads.submit(run_lane, *lane) for lane in lanes]:
                lane.result()
    for client in clients:
        client.close()
    seen.show()


async def sticky_async(plan):
    clients = [AsyncOmniMCPClient(**plan["client"], on_notification=ignore) for _ in range(plan["clients"])]
    seen = Seen()

    async def run_lane(index, name, calls):
        for call in range(calls):
            for attempt in range(10):
                app = f"{name}-{call}-{attempt}"
                try:
                    seen.ran(app, await clients[index].call_tool("createTestTarget", arguments(app)))
                except OmniMCPError as error:
                    if seen.may_go_on(app, attempt, error):
                        continue
                break

    for half in range(2):
        if half == 1:
            print("half", flush=True)
            await asyncio.to_thread(sys.stdin.readline)
        await asyncio.gather(*(run_lane(*lane) for lane in lanes_of(plan, half)))
    await asyncio.gather(*(client.close() for client in clients))
    seen.show()


main()
