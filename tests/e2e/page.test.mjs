// The page as a whole: it loads without complaint under any path, and again without a network.

import assert from "node:assert/strict";
import { test } from "node:test";
import { launch, open, pageTest, untilUp } from "./app.mjs";
import { clock, play, speed, untilSeen, watch } from "./screen.mjs";

pageTest("the page loads under a path without a complaint", async (page) => {
  assert.match(await page.title(), /Podarium/);
});

test("a second visit works without a network", async () => {
  const { stopServer, close, ...app } = await launch();
  try {
    const { page, problems } = await open(app);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    // Whoever touches the page gets the rest of it.
    await page.keyboard.press("Shift");
    await page.waitForFunction(async () => {
      const kept = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
      return kept.flat().some(({ url }) => url.includes("podarium_more"));
    });
    await stopServer();
    await page.reload();
    await untilUp(page, problems);
    assert.match(await page.title(), /Podarium/);
    await page.getByRole("button", { name: /^Apply\b./ }).click();
    await watch(page);
    await untilSeen(page, (pod) => pod.lane === "running");
    await page.locator(".pod").first().click();
    await page.getByRole("tab", { name: "Describe", exact: true }).click();
    await page.getByText("Controlled By:").waitFor();
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

pageTest("the opening scenario does without what is loaded later, whatever is broken in it", async (page) => {
  const requests = [];
  page.on("request", (request) => requests.push(request.url()));
  await page.getByRole("button", { name: /^Apply\b./ }).click();
  await watch(page);
  await play(page);
  await speed(page, "10×");
  await untilSeen(page, (pod) => pod.status === "CrashLoopBackOff");
  await page.locator(".pod").first().click();
  const faults = page.getByRole("button", { name: "Faults" });
  await faults.click();
  const items = page.locator("[role=menuitem]:not([aria-disabled=true])");
  const count = await items.count();
  assert.ok(count > 4, `only ${count} faults`);
  for (let index = 0; index < count; index += 1) {
    if (index > 0) await faults.click();
    await items.nth(Math.min(index, (await items.count()) - 1)).click();
  }
  await speed(page, "100×");
  while ((await clock(page)) < 1_200) await page.waitForTimeout(200);
  assert.deepEqual(requests.filter((url) => url.includes("podarium_more")), []);
});
