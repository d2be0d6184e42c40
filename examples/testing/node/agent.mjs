// A step of an agent: finds a data series about a topic, and describes its first value.

import { OmniMcpError, textOf } from "@omni/omni-mcp-js";

/**
 * The first value about a topic, or why there is none.
 *
 * @param {import("@omni/omni-mcp-js").OmniMcpClient} client
 * @param {string} topic
 */
export async function describe(client, topic) {
  try {
    const found = await client.callTool("fred.search", { q: topic, limit: 1 });
    if (found.isError) return `the search failed: ${textOf(found)}`;
    const [first] = /** @type {{ results: Record<string, string>[] }} */ (found.structuredContent).results;
    if (first === undefined) return `nothing about ${topic}`;
    const { structuredContent } = await client.callTool("fred.series", { series_id: first.series_id, limit: 1 });
    const { observations } = /** @type {{ observations: { value: number; date: string }[] }} */ (structuredContent);
    const [value] = observations;
    return `${first.title}: ${value?.value} (${value?.date})`;
  } catch (error) {
    if (error instanceof OmniMcpError) return `not available (${error.code})`;
    throw error;
  }
}
