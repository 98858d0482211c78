// Three hundred pods at once: all of them become ready, and how long the frames took meanwhile is said. Then the crowd:
// glyphs are found by mouse, by keyboard and by a screen reader.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open, violations } from "./app.mjs";
import { crowd, paste } from "./screen.mjs";

let app;
before(async () => (app = await launch()));
after(() => app.close());

test("three hundred pods become ready", async () => {
  const { context, page, problems } = await open(app);
  await paste(page, crowd(300));
  await page.evaluate(() => {
    const frames = (globalThis.frameMillis = []);
    let last = performance.now();
    const note = (now) => {
      frames.push(now - last);
      last = now;
      requestAnimationFrame(note);
    };
    requestAnimationFrame(note);
  });
  await page.keyboard.press("Control+Enter");
  // So many pods are glyphs on a canvas, which is told by the name of their list.
  await page.getByRole("listbox", { name: "Running, ready: 300 pods" }).waitFor({ timeout: 120_000 });
  await page.waitForTimeout(3_000);

  const frames = (await page.evaluate(() => globalThis.frameMillis.slice(1))).sort((a, b) => a - b);
  const at = (share) => frames[Math.min(frames.length - 1, Math.floor(frames.length * share))].toFixed(1);
  const long = frames.filter((millis) => millis > 50).length;
  // How fast a machine is proves nothing, so this is told and not asserted.
  console.log(`300 pods, ${frames.length} frames: median ${at(0.5)} ms, 99 % ${at(0.99)} ms, longest ${at(1)} ms, over 50 ms: ${long}`);
  await page.keyboard.press("Escape");
  await walk(page);
  assert.deepEqual(problems, []);
  await context.close();
});

/** Goes through the crowd mode; all pods are Ready. */
async function walk(page) {
  await page.locator("#stage").focus();
  await page.keyboard.press("3");
  const field = page.getByRole("listbox", { name: "Pods by node" });
  const option = field.getByRole("option");
  await field.focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowDown");
  const told = await option.textContent();
  assert.match(told, /^crowd-\w+-\w+: Running, ready 1\/1, on node-1$/);
  // The second in the second row of ten.
  assert.equal(await option.getAttribute("aria-posinset"), "12");
  assert.equal(await option.getAttribute("aria-setsize"), "300");
  await page.keyboard.press("Enter");
  const name = told.split(":")[0];
  await page.getByRole("complementary").getByText(name, { exact: true }).first().waitFor();
  assert.equal(await option.getAttribute("aria-selected"), "true");

  await page.locator(".crowd__field canvas").hover({ position: { x: 12, y: 22 } });
  assert.match(await page.locator(".loupe").innerText(), /Running 1\/1/);
  await page.locator(".crowd__field canvas").click({ position: { x: 12, y: 30 } });
  await page.waitForFunction((old) => !document.querySelector(".inspector").textContent.includes(old), name);

  const ready = page.getByRole("button", { name: "300 Ready" });
  await ready.click();
  assert.equal(await ready.getAttribute("aria-pressed"), "true");
  await page.getByRole("listbox", { name: "Pods by node, Ready only" }).waitFor();
  for (const theme of ["light", "dark"]) {
    assert.deepEqual(await violations(page), [], theme);
    await page.locator("#stage").focus();
    await page.keyboard.press("t");
    // Colours fade over.
    await page.waitForTimeout(500);
  }
}
