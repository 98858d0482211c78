// What every browser test needs: the app opened in a browser, with all that its console complains of.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { serve } from "./server.mjs";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const USUAL_PATHS = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const RESULTS = fileURLToPath(new URL("../../test-results/", import.meta.url));

let launched;
after(async () => (await launched)?.close());

/**
 * A test of the app in a fresh page; `body` gets the page. It fails as well if the page complained:
 * see `open`, also for `options`. A failed test leaves a picture in test-results/.
 */
export function pageTest(name, body, options = {}) {
  test(name, async () => {
    launched ??= launch();
    const { context, page, problems } = await open(await launched, options);
    try {
      await body(page);
      assert.deepEqual(problems, []);
    } catch (error) {
      mkdirSync(RESULTS, { recursive: true });
      await page.screenshot({ path: `${RESULTS}${name.replaceAll(/\W+/g, "-")}.png` });
      throw error;
    } finally {
      await context.close();
    }
  });
}

/** A browser and a server for dist/ (`options` are those of `serve`); the caller has to `close` them. */
export async function launch(options) {
  const executablePath = process.env.CHROME ?? USUAL_PATHS.find(existsSync);
  if (!executablePath) throw new Error("no Chrome or Chromium found: set CHROME to its path");
  const server = await serve(options);
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  const close = async () => {
    await browser.close();
    await server.stop();
  };
  return { url: server.url, browser, stopServer: server.stop, close };
}

/**
 * Opens the app in a fresh profile and waits until it stands. `options` are Playwright's context
 * options (`colorScheme`, `viewport`, `reducedMotion` …).
 *
 * `problems` collects every console error or warning, uncaught exception, failed request, and request to anything but
 * the app's own files.
 */
export async function open({ browser, url }, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const problems = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`exception: ${error.message}`));
  const home = new URL(".", url).href;
  context.on("request", (request) => {
    if (!request.url().startsWith(home) && !/^(data|blob):/.test(request.url())) problems.push(`request elsewhere: ${request.url()}`);
  });
  page.on("requestfailed", (request) => problems.push(`request failed: ${request.url()}`));
  page.on("response", (response) => {
    if (response.status() >= 400) problems.push(`${response.status()}: ${response.url()}`);
  });
  await page.goto(url);
  await untilUp(page, problems);
  return { context, page, problems };
}

/** Waits until the app has taken the place of the loading line. */
export async function untilUp(page, problems = []) {
  try {
    await page.waitForSelector("#loading", { state: "detached", timeout: 60_000 });
  } catch (error) {
    throw new Error(`the app did not start\n${problems.join("\n")}`, { cause: error });
  }
}

/** The accessibility violations of the page as it stands: WCAG 2.2 A and AA, and best practices. */
export async function violations(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(() => globalThis.axe.run());
  return found.violations.map(({ id, help, nodes }) => ({
    id,
    help,
    targets: nodes.map((node) => node.target.join(" ")),
  }));
}
