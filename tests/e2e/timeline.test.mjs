// The time line: all tracks within reach, nearer and farther, and another past by dragging or deleting a pin.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { launch, open, violations } from "./app.mjs";
import { clock, paste, pause, speed, untilSeen, untilSeenOf, watch } from "./screen.mjs";

const LIVENESS = readFileSync(new URL("../../scenarios/06-liveness-wrong-port.yaml", import.meta.url), "utf8");

let app;
before(async () => (app = await launch()));
after(() => app.close());

test("all of 120 tracks can be scrolled to", async () => {
  const { context, page, problems } = await open(app);
  await watch(page);
  await paste(page, LIVENESS.replace("replicas: 2", "replicas: 120"));
  await page.keyboard.press("Control+Enter");
  await untilSeenOf(page, 120, () => true);
  await pause(page);
  assert.equal(await page.locator(".tracks__corner p").innerText(), "120 pods");
  // So many stand together under their owner, who can be selected there.
  const heading = page.locator(".track[data-heading]");
  assert.match(await heading.innerText(), /: 120 pods, \d+ ready, \d+ with problems/);
  const seen = new Set();
  for (let top = 0; top < 120 * 18 + 200; top += 100) {
    await page.evaluate((y) => (document.querySelector(".tracks").scrollTop = y), top);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const inSight = await page.evaluate(() => {
      const box = document.querySelector(".tracks").getBoundingClientRect();
      return [...document.querySelectorAll(".track")]
        .filter((track) => track.getBoundingClientRect().top < box.bottom && track.getBoundingClientRect().bottom > box.top + 24)
        .filter((track) => !("heading" in track.dataset))
        .map((track) => track.title);
    });
    assert.ok(inSight.length > 3, `${inSight.length} tracks at ${top}`);
    inSight.forEach((name) => seen.add(name));
  }
  assert.equal(seen.size, 120);
  await page.evaluate(() => (document.querySelector(".tracks").scrollTop = 0));
  await heading.click();
  await page.locator("#inspector .crumb", { hasText: "ReplicaSet" }).waitFor();
  assert.deepEqual(problems, []);
  await context.close();
});

test("the wheel goes nearer about the pointer, and 0 shows all again", async () => {
  const { context, page, problems } = await open(app);
  await watch(page);
  await paste(page, LIVENESS);
  await page.keyboard.press("Control+Enter");
  await untilSeen(page, (pod) => pod.failedProbes > 0);
  await pause(page);
  const axis = await page.locator(".tracks__axis").boundingBox();
  const left = () => page.locator(".now").evaluate((now) => parseFloat(now.style.left));
  const whole = await left();
  const now = axis.x + (axis.width * whole) / 100;
  await page.mouse.move(now, axis.y + 40);
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -240);
  await page.mouse.wheel(0, -240);
  await page.keyboard.up("Control");
  await page.getByRole("button", { name: "Farther" }).waitFor();
  // The moment under the pointer stays under it.
  assert.ok(Math.abs((await left()) - whole) < 1, `${await left()} was ${whole}`);
  // A press still finds the moment that is drawn there.
  await page.mouse.click(now - 60, axis.y + 60);
  assert.ok((await clock(page)) > 0);
  await page.getByRole("slider", { name: "Moment shown" }).press("0");
  await page.getByRole("button", { name: "Farther" }).waitFor({ state: "hidden" });
  assert.deepEqual(problems, []);
  await context.close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`a fault is dragged to another moment and undone, ${colorScheme}`, async () => {
    const { context, page, problems } = await open(app, { colorScheme, reducedMotion: "reduce" });
    await watch(page);
    await paste(page, LIVENESS);
    await page.keyboard.press("Control+Enter");
    await untilSeen(page, (pod) => pod.lane === "running");
    await pause(page);
    await page.locator(".pod").first().click();
    const victim = await page.locator(".pod[aria-pressed=true]").getAttribute("data-uid");
    await page.getByRole("button", { name: "Faults" }).click();
    await page.getByRole("menuitem", { name: /^Kill/ }).click();
    const restarts = async () => Number((await page.locator(`[data-uid="${victim}"] .tab-restart`).allInnerTexts())[0] ?? 0);
    await page.getByRole("button", { name: "Play", exact: true }).click();
    await page.locator(`[data-uid="${victim}"] .tab-restart`).waitFor();
    await pause(page);
    const end = await clock(page);
    const pin = page.getByRole("button", { name: /killed/ });
    const moment = async () => (await pin.getAttribute("aria-label")).split(":").slice(0, 2).join(":");
    const before = await moment();
    assert.deepEqual(await violations(page), []);

    // By pointer to the left: before there was a process to kill.
    const box = await pin.boundingBox();
    const axis = await page.locator(".tracks__axis").boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + 14);
    await page.mouse.down();
    await page.mouse.move(axis.x + 4, box.y + 14, { steps: 6 });
    await page.mouse.up();
    await page.locator(`[data-uid="${victim}"] .tab-restart`).waitFor({ state: "detached" });
    assert.notEqual(await moment(), before);
    assert.ok(Math.abs((await clock(page)) - end) < 0.01);

    // By keyboard back to the right, a second at a time, until it kills again; then undone.
    await pin.focus();
    for (let second = 0; second < Math.floor(end); second += 1) {
      if ((await restarts()) > 0) break;
      await pin.press("ArrowRight");
      await page.waitForTimeout(150);
    }
    assert.equal(await restarts(), 1);
    await pin.press("Delete");
    await pin.waitFor({ state: "detached" });
    assert.equal(await restarts(), 0);
    assert.deepEqual(problems, []);
    await context.close();
  });
}
