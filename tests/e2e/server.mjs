// A static file server for dist/, under a path of its own so that absolute links would be noticed.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";

/** The site: dist/, or the folder that PODARIUM_DIST names. */
export const DIST = process.env.PODARIUM_DIST ?? fileURLToPath(new URL("../../dist/", import.meta.url));
const BASE = "/some/path/";
const TYPES = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

/**
 * Serves dist/ on a free port, `compressed` as a site's own server would. Returns the page's address and a function
 * that stops the server.
 */
export async function serve({ compressed = false } = {}) {
  const kept = new Map();
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    const inside = path.startsWith(BASE) ? normalize(path.slice(BASE.length)) : "..";
    if (inside.startsWith("..")) return response.writeHead(404).end();
    const file = inside === "." || inside === "" ? "index.html" : inside;
    try {
      const headers = { "content-type": TYPES[extname(file)] ?? "application/octet-stream" };
      const content = await readFile(join(DIST, file));
      if (compressed) {
        headers["content-encoding"] = "br";
        if (!kept.has(file)) kept.set(file, brotliCompressSync(content));
      }
      response.writeHead(200, headers).end(kept.get(file) ?? content);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => {
    const stopped = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    return stopped;
  };
  return { url: `http://127.0.0.1:${server.address().port}${BASE}`, stop };
}
