// Prints the results of node's test runner the way cargo prints its own.

import { stripVTControlCharacters } from "node:util";

export default async function* report(events) {
  const counts = { passed: 0, failed: 0, ignored: 0 };
  const failures = [];
  for await (const { type, data } of events) {
    if (type === "test:stdout" || type === "test:stderr") yield data.message;
    if (type !== "test:pass" && type !== "test:fail") continue;
    const skipped = data.skip !== undefined || data.todo !== undefined;
    const outcome = skipped ? "ignored" : type === "test:pass" ? "passed" : "failed";
    const isSuite = data.details?.type === "suite";
    if (isSuite && outcome !== "failed") continue;
    counts[outcome] += 1;
    const word = { passed: "ok", failed: "FAILED", ignored: "ignored" }[outcome];
    yield `test ${data.name} ... ${word} (${(data.details.duration_ms / 1000).toFixed(1)}s)\n`;
    if (outcome === "failed") failures.push(data);
  }
  for (const { name, details } of failures) {
    const error = details.error?.cause ?? details.error;
    yield `\n---- ${name} ----\n${stripVTControlCharacters(error?.stack ?? String(error))}\n`;
  }
  const word = counts.failed === 0 ? "ok" : "FAILED";
  yield `\ntest result: ${word}. ${counts.passed} passed; ${counts.failed} failed; ${counts.ignored} ignored\n`;
}
