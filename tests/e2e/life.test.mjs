// The main job: YAML pasted into the editor becomes pods that live and die.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { launch, open, violations } from "./app.mjs";
import { clock, history, pause, paste, play, pods, speed, untilAll, untilSeen, untilSeenOf, watch } from "./screen.mjs";

const LIVENESS = readFileSync(new URL("../../scenarios/06-liveness-wrong-port.yaml", import.meta.url), "utf8");

let app;
before(async () => (app = await launch()));
after(() => app.close());

test("a liveness Deployment lives, crashes, is looked back at, and is deleted", async () => {
  const { context, page, problems } = await open(app);
  await paste(page, LIVENESS);
  await page.keyboard.press("Control+Enter");
  await pause(page);
  await page.keyboard.press("Escape");
  await page.getByRole("slider", { name: "Moment shown" }).press("Home");
  await page.locator(".stage__none").waitFor();
  await watch(page);
  // A pod waits for the scheduler for a few milliseconds only, so go event by event.
  for (let steps = 0; steps < 200; steps += 1) {
    const found = await pods(page);
    if (found.length === 2 && found.every(({ lane }) => lane === "running")) break;
    await page.getByRole("button", { name: "Next event" }).click();
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  }

  await untilAll(page, 2, (pod) => pod.lane === "running");
  for (const seen of Object.values(await history(page))) {
    const lanes = seen.map(({ lane }) => lane).filter((lane, index, all) => lane !== all[index - 1]);
    assert.deepEqual(lanes, ["pending", "creating", "running"]);
  }
  const started = await clock(page);
  await play(page);

  await untilSeen(page, (pod) => pod.failedProbes === 3);
  await untilSeen(page, (pod) => pod.restarts === 1);
  const restarted = await clock(page);
  assert.ok(restarted > started + 10, `restarted at ${restarted} s, running since ${started} s`);

  await speed(page, "10×");
  await untilSeen(page, (pod) => pod.status === "CrashLoopBackOff" && pod.dial !== "");
  await untilSeen(page, (pod) => pod.restarts >= 3);
  await pause(page);
  const latest = await clock(page);

  await scrubTo(page, started + 2, latest);
  await untilAll(page, 2, (pod) => pod.lane === "running" && pod.restarts === 0 && pod.status.startsWith("Running"));
  assert.ok((await clock(page)) < restarted);
  await page.keyboard.press("End");
  await page.waitForFunction(() => globalThis.podsOnStage().some((pod) => pod.restarts >= 3));

  await page.locator(".pod").first().click();
  await page.getByRole("button", { name: /^Deployment / }).click();
  // A JVM obeys SIGTERM within a fraction of a second, so that second is looked at slowly.
  await speed(page, "0.25×");
  await play(page);
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await untilSeenOf(page, 2, (pod) => pod.lane === "terminating" && pod.status === "Terminating");
  await speed(page, "10×");
  await page.waitForFunction(() => globalThis.podsOnStage().length === 0, null, { timeout: 60_000 });

  assert.deepEqual(problems, []);
  await context.close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`nothing stands in anybody's way, ${colorScheme}`, async () => {
    // Half-way through a fade every text is faint, so nothing fades here.
    const { context, page } = await open(app, { colorScheme, reducedMotion: "reduce" });
    await watch(page);
    await paste(page, LIVENESS);
    await page.keyboard.press("Control+Enter");
    await speed(page, "10×");
    await untilSeen(page, (pod) => pod.status === "CrashLoopBackOff");
    await pause(page);
    await page.locator(".pod").first().click();
    assert.deepEqual(await violations(page), []);
    for (const tab of ["Describe", "YAML", "Events", "Logs", "Files"]) {
      await page.getByRole("tab", { name: tab, exact: true }).first().click();
      assert.deepEqual(await violations(page), [], tab);
    }
    await page.getByRole("tab", { name: "Nodes", exact: true }).first().click();
    assert.deepEqual(await violations(page), [], "nodes");
    await page.getByRole("button", { name: "Faults" }).click();
    assert.deepEqual(await violations(page), [], "faults");
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    assert.deepEqual(await violations(page), [], "keys");
    await context.close();
  });
}

/** Drags the slider of the time line to a moment, as a share of the axis up to the newest one. */
async function scrubTo(page, moment, newest) {
  const slider = page.getByRole("slider", { name: "Moment shown" });
  const axis = await page.locator(".tracks__axis").boundingBox();
  const from = await slider.boundingBox();
  const left = axis.x;
  const now = from.x + from.width / 2;
  await page.mouse.move(now, axis.y + 12);
  await page.mouse.down();
  await page.mouse.move(left + ((now - left) * moment) / newest, axis.y + 12, { steps: 12 });
  await page.mouse.up();
}
