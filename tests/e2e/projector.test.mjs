// The screen of a wall: larger type and fewer panels, by key, by button and by address.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { launch, open, violations } from "./app.mjs";
import { clock, paste, pause, untilSeen, watch } from "./screen.mjs";

const LIVENESS = readFileSync(new URL("../../scenarios/06-liveness-wrong-port.yaml", import.meta.url), "utf8");

let app;
before(async () => (app = await launch()));
after(() => app.close());

const typeSize = (page) => page.evaluate(() => parseFloat(getComputedStyle(document.documentElement).fontSize));

for (const colorScheme of ["light", "dark"]) {
  test(`P shows the stage and why in large type, ${colorScheme}`, async () => {
    const { context, page, problems } = await open(app, { colorScheme, reducedMotion: "reduce" });
    await watch(page);
    await paste(page, LIVENESS);
    await page.keyboard.press("Control+Enter");
    await untilSeen(page, (pod) => pod.failedProbes === 2);
    await pause(page);
    const usual = await typeSize(page);
    await page.locator(".pod").first().click();
    await page.keyboard.press("p");
    assert.ok((await typeSize(page)) > usual * 1.2);
    assert.ok(!(await page.locator("#editor").isVisible()) && !(await page.locator(".tracks").isVisible()));
    assert.ok(await page.locator(".why").isVisible());
    assert.deepEqual(await violations(page), []);
    await page.keyboard.press("p");
    assert.equal(await typeSize(page), usual);
    assert.deepEqual(problems, []);
    await context.close();
  });
}

test("the address may ask for it", async () => {
  const { context, page } = await open({ ...app, url: `${app.url}?mode=projector` });
  assert.ok((await typeSize(page)) > 16);
  await page.getByRole("button", { name: /^Projector/ }).click();
  assert.equal(await typeSize(page), 16);
  await context.close();
});

test("every key of the map is there and does its work", async () => {
  const { context, page, problems } = await open(app);
  await watch(page);
  await paste(page, LIVENESS);
  await page.keyboard.press("Control+Enter");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab");
  await untilSeen(page, (pod) => pod.lane === "running");
  await pause(page);
  await page.evaluate(() => document.activeElement.blur());
  const seconds = () => clock(page);
  const settled = async (expected) => {
    await page.waitForFunction(
      (wanted) => Math.abs(document.querySelector(".clock").innerText.split(":").reduce((t, p) => t * 60 + Number(p), 0) - wanted) < 0.01,
      expected,
    );
  };
  const paused = await seconds();
  await page.keyboard.press("Shift+Comma");
  await settled(paused - 1);
  await page.keyboard.press("Shift+Period");
  await settled(paused);
  await page.keyboard.press("Home");
  await settled(0);
  await page.keyboard.press("End");
  await settled(paused);
  await page.keyboard.press("]");
  assert.equal(await page.getByRole("radio", { checked: true, name: "10×" }).count(), 1);
  for (const [key, name] of [["2", "Nodes"], ["3", "Crowd"], ["1", "Life cycle"]]) {
    await page.keyboard.press(key);
    await page.locator(`.stage [role=tab][aria-selected=true]`, { hasText: name }).waitFor();
  }
  await page.keyboard.press("w");
  await page.waitForFunction(() => document.activeElement.matches(".why > li"));
  await page.keyboard.press("?");
  const map = await page.getByRole("dialog").innerText();
  for (const key of ["Space", "Shift", "Home", "End", "W", "L", "P", "T", "F", "B", "Esc"]) assert.ok(map.includes(key), key);
  assert.deepEqual(problems, []);
  await context.close();
});
