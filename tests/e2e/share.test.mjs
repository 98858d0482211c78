// Sharing: a link opens the same moment of the same run in another browser, and no fragment does harm.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { launch, open, violations } from "./app.mjs";
import { clock, paste, pause, random, untilSeen, watch } from "./screen.mjs";

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

// PODARIUM_FRAGMENTS=10000 tries so many, which takes more than a minute.
const FRAGMENTS = Number(process.env.PODARIUM_FRAGMENTS ?? 4_000);

test("thousands of random and mutated fragments break nothing and inject nothing", async () => {
  const seed = Number(process.env.PODARIUM_SEED ?? 1);
  console.log(`PODARIUM_SEED=${seed}`);
  const { context, page, problems } = await open(app);
  await page.evaluate(() => (globalThis.alive = true));
  await watch(page);
  await page.getByRole("button", { name: /^Apply\b./ }).click();
  await untilSeen(page, (pod) => pod.lane === "running");
  await pause(page);
  const good = new URL(await link(page)).hash;
  await page.keyboard.press("Escape");
  const fragments = crafted(good, seed);
  assert.equal(fragments.length, FRAGMENTS);
  const { told, scripts } = await page.evaluate(async (list) => {
    const scripts = document.scripts.length;
    let told = 0;
    for (const [index, fragment] of list.entries()) {
      history.replaceState(null, "", fragment);
      dispatchEvent(new HashChangeEvent("hashchange"));
      // The app draws now and then.
      if (index % 20 === 0) await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      told += document.querySelector(".notice") ? 1 : 0;
      if (document.querySelector("img, iframe, object, embed") || globalThis.injected) throw new Error(`injected by ${fragment}`);
    }
    return { told, scripts: document.scripts.length - scripts };
  }, fragments);
  assert.ok(await page.evaluate(() => globalThis.alive), "the page was left");
  assert.equal(scripts, 0);
  assert.ok(told > FRAGMENTS / 2, `a notice stood there ${told} times`);
  // And a good one is as good as ever.
  await page.evaluate((hash) => (location.hash = hash), good);
  await page.locator(".notice").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Play", exact: true }).click();
  await untilSeen(page, (pod) => pod.failedProbes > 0);
  assert.deepEqual(problems, []);
  await context.close();
});

/** Fragments that no program made: hand-made ones, noise, a good one with other letters, and mutated texts packed again. */
function crafted(good, seed) {
  const next = random(seed);
  const pack = (text) => `#run=1.${deflateRawSync(Buffer.from(text)).toString("base64url")}`;
  const whole = inflateRawSync(Buffer.from(good.slice("#run=1.".length), "base64url")).toString();
  const evil = "<img src=x onerror=globalThis.injected=1>";
  const list = [
    "#run=", "#run=1.", "#run=1.!", "#run=2.AAAA", "#run=1.AAAA", `#run=1.${"A".repeat(20_000)}`,
    pack(""), pack("null"), pack("[".repeat(100_000)), pack('{"podarium":1}'), pack(" ".repeat(30 << 20)),
    pack(`{"podarium":1,"version":"${evil}","now":0,"head":0}`),
    pack(JSON.stringify({ ...JSON.parse(whole), version: evil, file: evil, mode: evil, scenario: evil, selected: [evil, evil, evil, evil] })),
    pack(JSON.stringify({ ...JSON.parse(whole), podarium: 2, text: `kind: "${evil}"`, selected: ["Pod", "default", evil, evil] })),
  ];
  const pieces = ['"', "{", "}", "[", "]", ",", "null", "-1", "1e999", '"\\ud800"', "\\u0000", evil, "javascript:alert(1)", "</script><script>globalThis.injected=1</script>"];
  while (list.length < FRAGMENTS) {
    switch (list.length % 4) {
      case 0:
        list.push(`#run=1.${Buffer.from(Array.from({ length: next(60) + list.length % 97 }, () => next(256))).toString("base64url")}`);
        break;
      case 1: {
        const letters = [...good];
        for (let count = next(4); count >= 0; count -= 1) letters[7 + next(letters.length - 7)] = "AZaz09-_"[next(8)];
        list.push(letters.join(""));
        break;
      }
      default: {
        let text = whole;
        for (let count = next(3); count >= 0; count -= 1) {
          const at = next(text.length);
          text = text.slice(0, at) + pieces[next(pieces.length)] + text.slice(at + next(12));
        }
        list.push(pack(text));
      }
    }
  }
  return list;
}
