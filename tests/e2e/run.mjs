// Runs the browser tests against dist/: all of them, or those whose names match the argument. PODARIUM_DIST names
// another folder, which may be a development build.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const worker = `${folder}../../dist/service-worker.js`;
if (!process.env.PODARIUM_DIST && (!existsSync(worker) || readFileSync(worker, "utf8").includes("FILES = {};"))) {
  console.error("dist/ is missing or a development build: run `cargo xtask dist` first");
  process.exit(1);
}
const files = readdirSync(folder).filter((name) => name.endsWith(".test.mjs"));
const pattern = process.argv[2] ? [`--test-name-pattern=${process.argv[2]}`] : [];
const { status } = spawnSync(
  process.execPath,
  ["--test", "--test-concurrency=1", "--test-timeout=600000", "--test-reporter=./reporter.mjs", ...pattern, ...files.sort()],
  { cwd: folder, stdio: "inherit" },
);
process.exit(status ?? 1);
