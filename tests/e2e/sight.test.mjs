// What people set for their eyes: large zoom, less motion, colours of their own.

import assert from "node:assert/strict";
import { pageTest } from "./app.mjs";
import { history, pause, speed, untilSeen, watch } from "./screen.mjs";

/** The opening scenario up to its first crash loop, with a pod selected. */
async function crash(page) {
  await watch(page);
  await page.getByRole("button", { name: /^Apply\b./ }).press("Enter");
  await untilSeen(page, (pod) => pod.lane === "running");
  await speed(page, "10×");
  await untilSeen(page, (pod) => pod.status === "CrashLoopBackOff");
  await pause(page);
  await page.locator(".pod").first().press("Enter");
}

/** The names of all controls that can be brought into sight, those in `panels` only. */
async function controls(page) {
  return page.evaluate(() => {
    const reachable = (part) => {
      part.scrollIntoView({ block: "center", inline: "center" });
      const box = part.getBoundingClientRect();
      if (box.width < 1 || box.height < 1) return false;
      const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
      const top = document.elementFromPoint(x, y);
      return top !== null && (part.contains(top) || top.contains(part));
    };
    const all = [...document.querySelectorAll("button, a[href], [role=slider], [role=tab], .cm-content")];
    const name = (part) => (part.ariaLabel ?? part.textContent).replace(/\d[\d:.]*/g, "#").trim();
    const found = all.filter((part) => !part.matches(".skip, dialog *") && reachable(part)).map(name);
    return [...new Set(found)].sort();
  });
}

pageTest("at 200 % nothing is lost and the page does not scroll sideways", async (page) => {
  await crash(page);
  const whole = await controls(page);
  // 1440 by 900 at 200 % is half of each to the page.
  await page.setViewportSize({ width: 720, height: 450 });
  const found = new Set();
  const wide = [];
  for (const tab of await page.locator(".phonetabs [role=tab]").all()) {
    await tab.click();
    (await controls(page)).forEach((name) => found.add(name));
    wide.push(...(await page.evaluate(() => [document.documentElement.scrollWidth - innerWidth, document.body.scrollWidth - innerWidth])));
  }
  assert.ok(Math.max(...wide) <= 0, `${Math.max(...wide)} px too wide`);
  assert.ok(found.size > 30, `${found.size} controls`);
  // The tab of the stage is called otherwise where it stands beside those of the other panels.
  found.add(found.has("Stage") && "Life cycle");
  assert.deepEqual(whole.filter((name) => !found.has(name)), []);
});

pageTest(
  "under reduced motion nothing flies or pulses, and a dashed line tells where a pod came from",
  async (page) => {
    await page.evaluate(() => {
      globalThis.motions = [];
      globalThis.trails = 0;
      const look = () => {
        for (const motion of document.getAnimations()) globalThis.motions.push(`${motion.effect.target.className} ${motion.animationName ?? motion.transitionProperty ?? "flight"}`);
        globalThis.trails += document.querySelectorAll(".jump").length;
        requestAnimationFrame(look);
      };
      look();
    });
    await crash(page);
    assert.ok(Object.values(await history(page)).flat().length > 8);
    const motions = await page.evaluate(() => globalThis.motions);
    assert.deepEqual([...new Set(motions)], []);
    assert.ok(await page.evaluate(() => globalThis.trails > 0), "no dashed line");
  },
  { reducedMotion: "reduce" },
);

for (const colorScheme of ["light", "dark"]) {
  pageTest(
    `in forced colours states are told apart and the focus is seen, ${colorScheme}`,
    async (page) => {
      await crash(page);
      assert.ok(await page.evaluate(() => matchMedia("(forced-colors: active)").matches));
      const looks = await page.locator(".pod").evaluateAll((cells) =>
        cells.map((cell) => ({
          border: getComputedStyle(cell).borderStyle,
          mark: cell.querySelector("use")?.getAttribute("href"),
          word: cell.querySelector(".pod__status").textContent.trim(),
        })),
      );
      for (const look of looks) assert.ok(look.mark && look.word && look.border !== "none", JSON.stringify(look));
      // What is chosen has a ground that nothing else has, and the focus a ring.
      const ground = (selector) => page.locator(selector).first().evaluate((part) => getComputedStyle(part).backgroundColor);
      for (const group of ["#stage [role=tab]", "[role=radio]", "#inspector [role=tab]"]) {
        const chosen = await ground(`${group}:is([aria-selected=true], [aria-checked=true])`);
        assert.notEqual(chosen, await ground(`${group}:is([aria-selected=false], [aria-checked=false])`), group);
      }
      const rings = await page.locator(".pod").evaluateAll((cells) => cells.map((cell) => getComputedStyle(cell).outlineStyle));
      assert.deepEqual(rings.map((ring) => ring !== "none"), [true, false]);
      await page.locator(".play").focus();
      await page.keyboard.press("Tab");
      await page.keyboard.press("Shift+Tab");
      assert.equal(await page.locator(".play").evaluate((play) => getComputedStyle(play).outlineStyle), "double");
    },
    { colorScheme, forcedColors: "active", reducedMotion: "reduce" },
  );
}
