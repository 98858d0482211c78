// Bundles src/editor.js into dist/: minified ES modules, of which editor-assist.js and editor-share.js are loaded when first needed.
// Run by trunk before each build; installs the packages first where they are missing, and puts the fields'
// documentation into the site if `cargo xtask` has made it.
import { execSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
if (!existsSync(join(here, "node_modules", "esbuild"))) {
  execSync("npm ci --no-audit --no-fund", { cwd: here, stdio: "inherit" });
}
const { build } = await import("esbuild");
const outdir = join(here, "dist");
const noGrammar = join(here, "src", "no-grammar.js");
rmSync(outdir, { recursive: true, force: true });
await build({
  entryPoints: [join(here, "src", "editor.js")],
  outdir,
  splitting: true,
  chunkNames: "editor-[name]",
  alias: { "@lezer/common": noGrammar, "@lezer/highlight": noGrammar },
  bundle: true,
  format: "esm",
  minify: true,
  target: "es2022",
  legalComments: "none",
});
for (const file of readdirSync(outdir)) {
  const bytes = readFileSync(join(outdir, file));
  console.log(`${file}: ${bytes.length} B, ${brotliCompressSync(bytes).length} B brotli`);
}

const staging = process.env.TRUNK_STAGING_DIR;
const documentation = join(process.env.CARGO_TARGET_DIR ?? join(here, "..", "target"), "documentation.txt");
if (staging && existsSync(documentation)) {
  mkdirSync(staging, { recursive: true });
  copyFileSync(documentation, join(staging, "documentation.txt"));
}
