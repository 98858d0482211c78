// Takes the policy out of the page that `cargo xtask serve` serves: trunk puts an inline script into it that reloads
// the page after a build. Run by trunk after each build; does nothing elsewhere.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

if (process.env.PODARIUM_SERVE) {
  const page = join(process.env.TRUNK_STAGING_DIR, "index.html");
  const text = readFileSync(page, "utf8");
  writeFileSync(page, text.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/i, ""));
}
