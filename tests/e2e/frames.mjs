// How long frames take with 30 to 10,000 pods: `node frames.mjs [pods …]` prints a table, after `cargo xtask dist`.
//
// What a frame took is told by requestAnimationFrame; the parts that the app had in it (simulating, building the
// view, drawing) by the performance entries that it writes.

import { launch, open } from "./app.mjs";
import { paste, speed } from "./screen.mjs";

const SIZES = process.argv.slice(2).map(Number);
const SECONDS = Number(process.env.SECONDS ?? 20);
const KEY = process.env.MODE_KEY ?? "1";
const LONG = 50;

const crowd = (pods) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: crowd
spec:
  replicas: ${pods}
  selector:
    matchLabels: {app: crowd}
  template:
    metadata:
      labels: {app: crowd}
    spec:
      containers:
      - name: web
        image: nginx:1.27
        readinessProbe:
          httpGet: {path: /, port: 80}
`;

/** Notes every frame of the page from now on, with what the app says of its parts. */
function note() {
  const log = (globalThis.frameLog = { frames: [], parts: {} });
  let last = performance.now();
  const frame = (now) => {
    log.frames.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  new PerformanceObserver((list) => {
    for (const { name, duration } of list.getEntries()) (log.parts[name] ??= []).push(duration);
  }).observe({ entryTypes: ["measure"] });
}

const sorted = (list) => [...list].sort((a, b) => a - b);
const at = (list, share) => (list.length === 0 ? 0 : list[Math.min(list.length - 1, Math.floor(list.length * share))]);

/** The numbers of a stretch: frames, their median, 99th percentile and longest, and the parts as 50 / 99 / 100 %. */
function row(name, { frames, parts }, note) {
  const all = sorted(frames);
  const part = (key) => {
    const list = sorted(parts[key] ?? []);
    return [0.5, 0.99, 1].map((share) => at(list, share).toFixed(1)).join(" / ");
  };
  const long = all.filter((millis) => millis > LONG).length;
  const cells = [name, all.length, at(all, 0.5).toFixed(1), at(all, 0.99).toFixed(1), at(all, 1).toFixed(1), long];
  return `| ${[...cells, part("engine"), part("view"), part("draw"), note].join(" | ")} |`;
}

const app = await launch();
try {
  console.log(`| pods, speed | frames | median ms | 99 % ms | longest ms | over ${LONG} ms | engine ms (50 / 99 / 100 %) | view ms | draw ms | clock, pods |`);
  console.log("|---|---|---|---|---|---|---|---|---|---|");
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
      console.log(row(`${pods}, ${word}`, log, `${clock}, ${summary}`));
      if (process.env.SHOT) await page.screenshot({ path: `${process.env.SHOT}-${pods}-${word}.png` });
      if (problems.length > 0) console.log(problems.join("\n"));
      await context.close();
    }
  }
} finally {
  await app.close();
}
