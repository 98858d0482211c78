// A phone: every view by its tab, nothing wider than the screen, and the time line drawn.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open, violations } from "./app.mjs";
import { pause, untilSeen, watch } from "./screen.mjs";

const TABS = ["YAML", "Stage", "Nodes", "Crowd", "Inspect", "Time line"];

let app;
before(async () => (app = await launch()));
after(() => app.close());

for (const colorScheme of ["light", "dark"]) {
  test(`six views of a phone, ${colorScheme}`, async () => {
    const viewport = { width: 390, height: 844 };
    const { context, page, problems } = await open(app, { viewport, colorScheme, reducedMotion: "reduce" });
    const tabs = page.locator(".phonetabs");
    const show = (name) => tabs.getByRole("tab", { name }).click();
    await watch(page);
    await show("YAML");
    await page.locator(".applybar .btn--primary").click();
    await show("Stage");
    await untilSeen(page, (pod) => pod.failedProbes > 0);
    await pause(page);
    await page.keyboard.press(",");
    await page.locator(".transport__fork").waitFor();
    for (const name of TABS) {
      await show(name);
      assert.equal(await tabs.locator("[aria-selected=true]").innerText(), name);
      const wide = await page.evaluate(() => {
        const parts = [...document.querySelectorAll("body, .topbar, .panelbar, .transport, .phonetabs, .insp-head, .applybar")];
        return parts.filter((part) => part.clientWidth > 0 && part.scrollWidth > part.clientWidth).map((part) => part.className);
      });
      assert.deepEqual(wide, [], name);
      assert.deepEqual(await violations(page), [], name);
    }
    const painted = await page.locator(".tracks canvas").evaluate((canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, 60);
      return new Set(new Uint32Array(data.buffer)).size;
    });
    assert.ok(painted > 5, `${painted} colours on the time line`);
    await show("Stage");
    await page.locator(".pod").first().click();
    assert.equal(await tabs.locator("[aria-selected=true]").innerText(), "Inspect");
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(problems, []);
    await context.close();
  });
}
