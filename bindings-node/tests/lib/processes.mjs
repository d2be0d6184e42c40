/** Processes that wrote their number into a file, as `/proc` has them. */

import { readFileSync } from "node:fs";

export const onLinux = { skip: process.platform === "linux" ? false : "it looks into /proc" };

export function isRunning(file) {
  const number = readFileSync(file, "utf8").trim();
  try {
    return !/\) Z/.test(readFileSync(`/proc/${number}/stat`, "utf8"));
  } catch {
    // It ended before this was read, or meanwhile.
    return false;
  }
}

/** Whether the process ends, if need be within ten seconds. */
export async function ends(file) {
  const end = Date.now() + 10_000;
  while (isRunning(file) && Date.now() < end) await new Promise((resolve) => { setTimeout(resolve, 5); });
  return !isRunning(file);
}
