"""Registries: create, list and delete records of servers, and open a client from one."""

import asyncio

from omni_mcp_py import ConfigError, connect, connect_async, text_of
from omni_mcp_py.registry import AsyncSema4Registry, GaiaRegistry
from omni_mcp_py.testing import DevServer


def main() -> None:
    with DevServer(profile="generic") as server:
        at_gaia(server)
        asyncio.run(at_sema4(server))


def at_gaia(server: DevServer) -> None:
    echo = {
        "projectId": "proj_1",
        "name": "Echo",
        "transportType": "http",
        "url": f"{server.url}/mcp",
        "customHeaders": [
            {"name": "x-tenant", "value": "tenant_secret_1"},
            {"name": "x-off", "value": "1", "enabled": False},
        ],
    }
    with DevServer(profile="gaia") as double, GaiaRegistry(double.api_key, base_url=double.url) as registry:
        print(f"created at GAIA: {lower(registry.create(echo)['success'])}")
        listed = registry.list("proj_1")[0]
        print(f"listed at GAIA: {listed['name']} {listed['transportType']} {listed['connectionType']}")
        try:
            registry.create({**echo, "command": "echo"})
        except ConfigError as error:
            print(f"refused by the client: {error.kind} {error.code}: {error.message}")
    with connect(echo):
        sent = [request for request in server.ledger()["requests"] if request["http_method"] == "POST"][-1]
    has_tenant, has_off = ("x-tenant" in sent["headers"], "x-off" in sent["headers"])
    print(f"headers: x-tenant {lower(has_tenant)}, x-off {lower(has_off)}")


async def at_sema4(server: DevServer) -> None:
    serial = {
        "name": "Serial echo",
        "transport": "streamable-http",
        "url": f"{server.url}/mcp",
        "headers": {"x-key": "header_secret_1"},
        "force_serial_tool_calls": True,
        "colour": "blue",
    }
    with DevServer(profile="sema4") as double:
        async with AsyncSema4Registry(double.api_key, base_url=double.url, tenant="tenant-1") as registry:
            created = await registry.create(serial)
            print(f"created at Sema4.ai: {created['name']} {created['transport']}")
            found = await registry.get(created["id"])
            print(f"kept: {found['colour']}")
            print(f"listed at Sema4.ai: {', '.join([record['name'] async for record in registry.list()])}")
            print(f"secret shown: {lower('header_secret_1' in repr(found))}")

            async with await connect_async(found) as client:
                result = await client.call_tool("echo", {"message": "inflation"})
                print(f"echo: {text_of(result)}")
                await asyncio.gather(*(client.call_tool("slow", {"ms": 20}) for _ in range(4)))
            print(f"at most at once: {server.ledger()['max_concurrent_executions']}")

            await registry.delete(found["id"])
            print(f"left: {len([record async for record in registry.list()])}")


def lower(flag: bool) -> str:
    return "true" if flag else "false"


if __name__ == "__main__":
    main()
