// Everything without a mouse: a walk through all panels by keys alone, and a look at every stop of Tab.

import assert from "node:assert/strict";
import { pageTest } from "./app.mjs";
import { clock, settled, untilSeen, watch } from "./screen.mjs";

const TEXT = `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
  - name: web
    image: nginx
    livenessProbe:
      httpGet: {path: /, port: 81}
      periodSeconds: 5
      failureThreshold: 2
---
apiVersion: v1
kind: Pod
metadata:
  name: idle
spec:
  containers:
  - name: idle
    image: busybox
    command: [sleep, "3600"]
`;

pageTest("a walk by keys alone", async (page) => {
  const keys = async (...names) => {
    for (const name of names) await page.keyboard.press(name);
  };
  // No press of a button of the mouse may slip in.
  await page.evaluate(() => document.addEventListener("pointerdown", () => (globalThis.pressed = true), { capture: true }));
  await watch(page);

  // Write and apply.
  await tabTo(page, ".cm-content");
  await keys("Control+a");
  await page.keyboard.insertText(TEXT);
  await page.getByText("Problemsnone").waitFor();
  await keys("Control+Enter");
  // The first may be for completions.
  await keys("Escape", "Escape", "Tab");
  assert.equal(await page.locator(".cm-content:focus").count(), 0, "Escape and Tab leave the editor");
  await untilSeen(page, (pod) => pod.failedProbes === 1);

  // Time.
  await tabTo(page, "#stage [role=tab]");
  await keys("Space");
  await page.getByRole("button", { name: "Play", exact: true }).waitFor();
  await settled(page);
  const stopped = await clock(page);
  await keys(".");
  await settled(page);
  assert.ok((await clock(page)) > stopped);
  await keys(",");
  await settled(page);
  const before = await clock(page);
  assert.ok(before <= stopped);

  // A pod, by arrows from the other one.
  await tabTo(page, ".lane .pod");
  await page.locator(".pod:focus").waitFor();
  if (!(await focusedText(page)).includes("web:")) await keys("ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown");
  while (!(await focusedText(page)).includes("web:")) await keys("Shift+Tab", "Tab", "ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp");
  await keys("Enter");
  await page.locator("#inspector h2", { hasText: /^web$/ }).waitFor();

  // The inspector's tabs.
  await tabTo(page, "#inspector [role=tab]");
  for (const tab of ["Node", "Describe", "YAML", "Events", "Logs", "Files", "Story"]) {
    await keys("ArrowRight");
    await page.locator("#inspector [role=tab][aria-selected=true]:focus", { hasText: tab }).waitFor();
    await page.getByRole("tabpanel", { name: tab }).waitFor();
  }

  // Why, and to the line.
  await keys("w", "ArrowDown", "ArrowDown");
  for (let steps = 0; (await page.locator(".cm-line--why").count()) === 0; steps += 1) {
    assert.ok(steps < 12, "no step of the story names a line");
    await keys("ArrowDown");
  }
  await keys("l");
  await page.locator(".cm-line--why.cm-activeLine").waitFor();
  assert.equal(await page.locator(".cm-content:focus").count(), 1);
  await keys("Escape", "Tab");

  // Break something, and see it on the time line.
  await tabTo(page, "#stage [role=tab]");
  await keys("f", "ArrowDown", "ArrowUp");
  await page.locator("[role=menuitem]:focus").waitFor();
  await keys("Enter");
  await page.locator(".pin[data-fault]").waitFor();
  await keys("Space");
  await untilSeen(page, (pod) => pod.restarts === 1);
  await keys("Space");
  await settled(page);
  const head = await clock(page);
  await tabTo(page, ".now");
  await keys("ArrowLeft");
  await settled(page);
  assert.ok(Math.abs(head - 1 - (await clock(page))) < 0.01);

  // Another future from here.
  await keys("b");
  await page.getByRole("button", { name: "Fork from here" }).waitFor({ state: "detached" });
  await keys("End");
  await settled(page);
  assert.ok(Math.abs(head - 1 - (await clock(page))) < 0.01, "the old future is gone");

  // Modes.
  for (const [key, name] of [["2", "Nodes"], ["3", "Crowd"], ["1", "Life cycle"]]) {
    await keys(key);
    await page.locator("#stage [role=tab][aria-selected=true]", { hasText: name }).waitFor();
  }

  // A link, and where the focus was.
  await tabTo(page, ".topbar__share");
  await keys("Enter");
  await page.locator(".share figure").waitFor();
  await page.waitForFunction(() => document.activeElement.closest("dialog"));
  await keys("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.locator(".topbar__share:focus").waitFor();

  // Another scenario.
  await tabTo(page, ".picker");
  await keys("Enter");
  await page.locator("[role=menuitem]:focus").waitFor();
  await keys("ArrowDown", "ArrowDown");
  const title = await page.locator("[role=menuitem]:focus b").innerText();
  await keys("Enter");
  await page.locator(".picker b", { hasText: title }).waitFor();
  await page.locator(".stage__none").waitFor();
  assert.equal(await page.evaluate(() => globalThis.pressed), undefined);
});

pageTest(
  "Tab stops only where it can be seen, says what it is, and reaches every panel",
  async (page) => {
    await page.getByRole("button", { name: /^Apply\b./ }).press("Enter");
    await watch(page);
    await untilSeen(page, (pod) => pod.lane === "running");
    await page.locator(".pod").first().press("Enter");
    await page.getByRole("button", { name: "Pause", exact: true }).press("Enter");
    const stops = [];
    await page.evaluate(() => document.activeElement.blur());
    // After the last stop the browser's own begin, and then the first.
    for (let ends = 0; ends < 2; ) {
      await page.keyboard.press("Tab");
      if (await page.locator(".cm-content:focus").count()) await page.keyboard.press("Escape");
      const stop = await page.evaluate(() => {
        const active = document.activeElement;
        if (active === document.body) return null;
        const box = active.getBoundingClientRect();
        const style = getComputedStyle(active);
        const inSight = box.width > 0 && box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight;
        const name = active.ariaLabel ?? (active.textContent.trim() || active.title);
        const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
        const panel = active.closest(".topbar, #editor, #stage, .time, #inspector, .skip");
        return { name, inSight, ring: ring || active.matches(".cm-content"), panel: panel?.id || panel?.className };
      });
      if (!stop) ends += 1;
      if (!stop || ends === 0) continue;
      stops.push(stop);
      assert.ok(stop.name && stop.inSight && stop.ring, JSON.stringify(stop));
    }
    const panels = new Set(stops.map(({ panel }) => panel));
    for (const panel of ["skip", "topbar", "editor", "stage", "panel time", "inspector"]) assert.ok(panels.has(panel), `${panel} in ${[...panels]}`);
    assert.ok(stops.length > 20 && stops.length < 80, `${stops.length} stops`);
  },
  { reducedMotion: "reduce" },
);

/** Presses Tab until the focus is on what matches. */
async function tabTo(page, selector) {
  for (let stops = 0; stops < 80; stops += 1) {
    if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
    if (await page.locator(".cm-content:focus").count()) await page.keyboard.press("Escape");
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not come to ${selector}`);
}

const focusedText = (page) => page.evaluate(() => document.activeElement.textContent);
