// "Why?": thresholds count up on the screen, the story names the field that decided, and its line lights up.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { pageTest } from "./app.mjs";
import { history, paste, pause, play, untilSeen, watch } from "./screen.mjs";

const SCENARIO = readFileSync(new URL("../../scenarios/06-liveness-wrong-port.yaml", import.meta.url), "utf8");
const TEXT = SCENARIO.replace("periodSeconds: 5", "periodSeconds: 5\n          failureThreshold: 3");
const LINE = TEXT.split("\n").findIndex((line) => line.includes("failureThreshold")) + 1;

pageTest("a failing probe counts up, and why leads to failureThreshold and its line", async (page) => {
  await watch(page);
  await paste(page, TEXT);
  await page.keyboard.press("Control+Enter");
  await page.keyboard.press("Escape");
  await page.locator(".pod").first().click();
  const counted = page.locator(".ctr small", { hasText: "liveness:" });
  for (const failures of [1, 2]) {
    await counted.filter({ hasText: new RegExp(`^liveness: ${failures} of 3 failures, next in \\d s$`) }).waitFor();
  }
  await untilSeen(page, (pod) => pod.restarts === 1);
  await pause(page);
  for (const seen of Object.values(await history(page))) {
    const counts = seen.map((pod) => pod.failedProbes).filter((count, index, all) => count !== all[index - 1]);
    assert.deepEqual(counts.slice(0, 4), [0, 1, 2, 3]);
  }

  // By keyboard: W goes to the story, Down walks it, L goes to the line.
  await page.locator("body").click({ position: { x: 5, y: 5 } });
  await page.keyboard.press("w");
  const steps = page.locator(".why > li");
  const about = steps.filter({ hasText: "Liveness probe failed (3 of 3)" });
  assert.match(await about.innerText(), new RegExp(`failureThreshold, line ${LINE}`));
  const number = (await steps.allInnerTexts()).findIndex((text) => text.includes("(3 of 3)")) + 1;
  for (let step = 1; step < number; step += 1) await page.keyboard.press("ArrowDown");
  assert.ok(await about.evaluate((step) => step === document.activeElement));
  assert.equal(await about.getAttribute("aria-current"), "true");
  const lit = page.locator(".cm-line--why");
  assert.equal(await lit.textContent(), `          failureThreshold: 3Why, step ${number}`);

  await page.keyboard.press("l");
  await page.locator(".cm-editor.cm-focused").waitFor();
  assert.match(await page.locator(".cm-activeLine").innerText(), /failureThreshold: 3/);

  // And back: another line puts the light out, this one lights its step up again.
  await page.keyboard.press("ArrowUp");
  await page.waitForFunction(() => !document.querySelector(".why > li[aria-current]"));
  assert.equal(await lit.count(), 0);
  await page.keyboard.press("ArrowDown");
  await page.locator(".why > li[aria-current]", { hasText: "(3 of 3)" }).waitFor();
  assert.equal(await lit.count(), 1);
  await play(page);
});
