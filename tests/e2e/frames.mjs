// How long frames take with 30 to 10,000 pods: `node frames.mjs [pods …]` prints a table, after `cargo xtask dist`.
//
// What a frame took is told by requestAnimationFrame; the parts that the app had in it (simulating, building the
// view, drawing) by the performance entries that it writes.

import { launch, open } from "./app.mjs";
import { crowd, paste, speed } from "./screen.mjs";

const SIZES = process.argv.slice(2).map(Number);
const SECONDS = Number(process.env.SECONDS ?? 20);
const KEY = process.env.MODE_KEY ?? "1";
const LONG = 50;

/** Notes every frame of the page from now on, with what the app says of its parts. */
function note() {
  const log = (globalThis.frameLog = { begins: [], parts: [] });
  const frame = (now) => {
    log.begins.push(now);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  new PerformanceObserver((list) => {
    for (const { name, startTime, duration } of list.getEntries()) log.parts.push([name, startTime, duration]);
  }).observe({ entryTypes: ["measure"] });
}

/** Each frame with how long it took, and how long each part of it. */
function frames({ begins, parts }) {
  const list = begins.slice(1).map((end, index) => ({ begin: begins[index], all: end - begins[index], engine: 0, view: 0, draw: 0 }));
  let index = 0;
  for (const [name, start, duration] of parts.sort((a, b) => a[1] - b[1])) {
    while (index + 1 < list.length && list[index + 1].begin <= start) index += 1;
    if (list[index]) list[index][name] += duration;
  }
  return list;
}

const sorted = (list) => [...list].sort((a, b) => a - b);
const at = (list, share) => (list.length === 0 ? 0 : list[Math.min(list.length - 1, Math.floor(list.length * share))]);

/** The numbers of a stretch: of frames and of their parts the median, the 99th percentile and the longest. */
function row(name, list, note) {
  const spread = (key) => {
    const all = sorted(list.map((frame) => frame[key]));
    return [0.5, 0.99, 1].map((share) => at(all, share).toFixed(share === 0.5 ? 1 : 0)).join(" / ");
  };
  const long = list.filter((frame) => frame.all > LONG);
  const mean = (key) => (long.reduce((sum, frame) => sum + frame[key], 0) / Math.max(1, long.length)).toFixed(0);
  const held = long.length > 0 ? ["engine", "view", "draw", "all"].map(mean).join(" + ").replace(/ \+ (\d+)$/, " of $1") : "";
  return `| ${[name, list.length, spread("all"), long.length, spread("engine"), spread("view"), spread("draw"), held, note].join(" | ")} |`;
}

const app = await launch();
try {
  console.log(`| pods, speed | frames | frame ms (50, 99, 100 %) | over ${LONG} ms | engine | view | draw | what these hold on average | clock, pods |`);
  console.log("|---|---|---|---|---|---|---|---|---|");
  for (const pods of SIZES.length > 0 ? SIZES : [30, 300, 3_000, 10_000]) {
    for (const word of ["1×", "100×"]) {
      const { context, page, problems } = await open(app);
      await page.getByRole("button", { name: /^Scenario/ }).click();
      await page.getByText("A hundred nodes", { exact: true }).click();
      await page.keyboard.press("Escape");
      await paste(page, crowd(pods));
      await page.locator("#stage").focus();
      await page.keyboard.press(KEY);
      await speed(page, word);
      await page.waitForTimeout(500);
      await page.evaluate(note);
      await page.locator(".cm-content").click();
      await page.keyboard.press("Control+Enter");
      await page.waitForTimeout(SECONDS * 1_000);
      const log = await page.evaluate(() => globalThis.frameLog);
      const clock = await page.locator(".clock").innerText();
      const summary = await page.locator(".stage-sum").innerText();
      console.log(row(`${pods}, ${word}`, frames(log), `${clock}, ${summary}`));
      if (process.env.SHOT) await page.screenshot({ path: `${process.env.SHOT}-${pods}-${word}.png` });
      if (problems.length > 0) console.log(problems.join("\n"));
      await context.close();
    }
  }
} finally {
  await app.close();
}
