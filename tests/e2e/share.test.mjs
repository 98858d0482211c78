// Sharing: a link opens the same moment of the same run in another browser, and no fragment does harm.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { launch, open, violations } from "./app.mjs";
import { clock, paste, pause, untilSeen, watch } from "./screen.mjs";

const TEXT = readFileSync(new URL("../../scenarios/06-liveness-wrong-port.yaml", import.meta.url), "utf8");
const MINE = `${TEXT}# my own line, with 😀 and </script>\n`;

let app;
before(async () => (app = await launch()));
after(() => app.close());

/** What a person sees of the run. */
async function seen(page) {
  const cells = await page.evaluate(() =>
    [...document.querySelectorAll(".lane button[data-uid]")].map((cell) => `${cell.dataset.uid} ${cell.textContent}`),
  );
  const story = await page.locator(".why").innerText();
  const status = await page.locator(".big").innerText();
  const text = await page.evaluate(() => document.querySelector(".cm-content").cmTile?.view?.state.doc.toString() ?? document.querySelector(".cm-content").innerText);
  return { cells, story, status, text, clock: await clock(page) };
}

/** The link, as the sheet hands it out. */
async function link(page) {
  await page.getByRole("button", { name: "Share" }).click();
  const field = page.getByRole("textbox", { name: /^Link/ });
  await field.waitFor();
  return field.inputValue();
}

test("a link opens the same moment of the same run in a fresh browser", async () => {
  const { context, page, problems } = await open(app);
  await watch(page);
  await paste(page, MINE);
  await page.keyboard.press("Control+Enter");
  await untilSeen(page, (pod) => pod.restarts === 1);
  await pause(page);
  await page.locator(".pod").nth(1).click();
  await page.getByRole("slider", { name: "Moment shown" }).press("PageDown");
  await page.waitForFunction(() => document.querySelectorAll(".pip--bad").length > 0);
  const before = await seen(page);
  const address = await link(page);
  assert.match(address, /#run=1\.[\w-]+$/);
  assert.deepEqual(await violations(page), []);
  const embed = await page.getByRole("textbox", { name: /^Embed/ }).inputValue();
  assert.ok(embed.includes(`?embed${new URL(address).hash}"`));
  await page.getByRole("img", { name: "QR code of the link" }).waitFor();
  await context.close();

  const other = await open({ ...app, url: address });
  await watch(other.page);
  await other.page.locator(".why").waitFor();
  assert.deepEqual(await seen(other.page), before);
  assert.equal(await other.page.locator(".notice").count(), 0);
  assert.deepEqual([...problems, ...other.problems], []);
  await other.context.close();
});

test("a page inside another shows the run without the frame around it", async () => {
  const { context, page, problems } = await open({ ...app, url: `${app.url}?embed` }, { viewport: { width: 900, height: 560 } });
  assert.equal(await page.getByRole("button", { name: "Share" }).count(), 0);
  await page.getByRole("button", { name: "Play", exact: true }).waitFor();
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(problems, []);
  await context.close();
});

test("two hundred crafted fragments break nothing and are told", async () => {
  const { context, page, problems } = await open(app);
  await page.evaluate(() => (globalThis.alive = true));
  const good = new URL(await link(page)).hash;
  await page.keyboard.press("Escape");
  const deflate = (text) =>
    page.evaluate(async (source) => {
      const stream = new Blob([source]).stream().pipeThrough(new CompressionStream("deflate-raw"));
      const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
      return `#run=1.${btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
    }, text);
  const crafted = [
    "#run=", "#run=1.", "#run=1.!", "#run=2.AAAA", "#run=1.AAAA", `#run=1.${"A".repeat(20_000)}`,
    await deflate(""), await deflate("null"), await deflate("[".repeat(100_000)), await deflate('{"podarium":1}'),
    await deflate(" ".repeat(30 << 20)),
    await deflate('{"podarium":1,"version":"<img src=x onerror=alert(1)>","now":0,"head":0}'),
  ];
  let random = 1;
  const next = (bound) => (random = (random * 48_271) % 2_147_483_647) % bound;
  while (crafted.length < 200) {
    const letters = [...good];
    for (let count = next(4); count >= 0; count -= 1) letters[7 + next(letters.length - 7)] = "AZaz09-_"[next(8)];
    crafted.push(letters.join(""));
  }
  let told = 0;
  for (const fragment of crafted) {
    await page.evaluate((hash) => (location.hash = hash), fragment);
    await page.evaluate(() => new Promise((done) => setTimeout(done, 20)));
    told += await page.locator(".notice").count();
  }
  assert.ok(told > 150, `${told} of ${crafted.length} were told`);
  assert.ok(await page.evaluate(() => globalThis.alive), "the page was left");
  assert.equal(await page.locator(".notice img").count(), 0);
  await page.evaluate((hash) => (location.hash = hash), good);
  await page.locator(".notice").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Play", exact: true }).click();
  assert.deepEqual(problems, []);
  await context.close();
});
