// A cluster whose workers have separate keys: killing one during calls does not affect the others

import assert from "node:assert/strict";
import cluster from "node:cluster";
import { once } from "node:events";

import { OmniMcpClient, testing } from "@omni/omni-mcp-js";

const WORKERS = 3;
const CALLS = 50;

if (cluster.isPrimary) {
  const keys = Array.from({ length: WORKERS }, (_, n) => `omni_test_worker${n}`);
  const server = await testing.DevServer.start({ keys: keys.map((key) => ({ key })) });
  // Workers must not use options of the primary's client.
  process.env.OMNI_API_KEY = keys[0];
  const own = new OmniMcpClient({ baseUrl: server.url });
  await own.ping();
  const workers = keys.map((OMNI_API_KEY, n) => cluster.fork({ OMNI_API_KEY, OMNI_CLIENT_API_BASE_URL: server.url, N: n }));
  const messages = workers.slice(0, -1).map(async (worker) => (await once(worker, "message"))[0]);
  const doomed = workers[WORKERS - 1];
  await once(doomed, "message");
  doomed.process.kill("SIGKILL");
  for (const { answered, failed } of await Promise.all(messages)) assert.deepEqual([answered, failed], [CALLS, []]);
  await own.ping();
  await own.close();
  for (const worker of workers) if (!worker.isDead()) await once(worker, "exit");
  const { executions, requests } = server.ledger();
  const ran = executions.map(({ idempotencyKey }) => idempotencyKey);
  assert.equal(new Set(ran).size, ran.length, "a call ran twice");
  const used = new Set(requests.map(({ headers }) => headers.authorization));
  assert.deepEqual([...used].sort(), keys.map((key) => `Bearer ${key}`));
  await server.close();
  process.exit(0);
} else {
  const client = new OmniMcpClient();
  if (Number(process.env.N) === WORKERS - 1) {
    const again = () => client.callTool("fred.search", { q: "inflation" }).then(again, () => {});
    await client.ping();
    for (let n = 0; n < 8; n += 1) again();
    process.send("begun");
  } else {
    const calls = Array.from({ length: CALLS }, (_, n) => client.callTool("fred.search", { q: String(n) }));
    const ended = await Promise.allSettled(calls);
    const failed = ended.flatMap(({ reason }) => (reason === undefined ? [] : [String(reason)]));
    await client.close();
    process.send({ answered: ended.length - failed.length, failed });
    cluster.worker.disconnect();
  }
}
