/** The server of the benchmark, in a process of its own. */

import { testing } from "@omni/omni-mcp-js";

const server = await testing.DevServer.start({ ledger: "counts", answer: process.argv[2] ?? "json" });
process.send({ url: server.url, apiKey: server.apiKey });
process.on("disconnect", () => process.exit());
