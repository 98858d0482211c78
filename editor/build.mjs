// Bundles src/editor.js into dist/editor.js, one minified ES module, and says how large it is.
// Run by trunk before each build; installs the packages first where they are missing, and puts the fields'
// documentation into the site if `cargo xtask` has made it.
import { execSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
if (!existsSync(join(here, "node_modules", "esbuild"))) {
  execSync("npm ci --no-audit --no-fund", { cwd: here, stdio: "inherit" });
}
const { build } = await import("esbuild");
const outfile = join(here, "dist", "editor.js");
await build({
  entryPoints: [join(here, "src", "editor.js")],
  outfile,
  bundle: true,
  format: "esm",
  minify: true,
  target: "es2022",
  legalComments: "none",
});
const bytes = readFileSync(outfile);
console.log(`editor.js: ${bytes.length} B, ${brotliCompressSync(bytes).length} B brotli`);

const staging = process.env.TRUNK_STAGING_DIR;
const documentation = join(process.env.CARGO_TARGET_DIR ?? join(here, "..", "target"), "documentation.txt");
if (staging && existsSync(documentation)) {
  mkdirSync(staging, { recursive: true });
  copyFileSync(documentation, join(staging, "documentation.txt"));
}
