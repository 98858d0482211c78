// What a person does at the screen, and what they see there.

/** Puts `text` into the editor in place of what is there, as a paste would. */
export async function paste(page, text) {
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+a");
  await page.evaluate((pasted) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", pasted);
    const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
    document.querySelector(".cm-content").dispatchEvent(event);
  }, text);
}

/** Lets time run, if it stands. */
export async function play(page) {
  const button = page.getByRole("button", { name: "Play", exact: true });
  if (await button.isVisible()) await button.click();
}

/** Stops time, if it runs. */
export async function pause(page) {
  const button = page.getByRole("button", { name: "Pause", exact: true });
  if (await button.isVisible()) await button.click();
}

/** Chooses a speed by its word, such as `10×`. */
export async function speed(page, word) {
  await page.getByRole("radio", { name: word, exact: true }).click();
}

/** The clock, in seconds of simulated time. */
export async function clock(page) {
  const parts = (await page.locator(".clock").innerText()).split(":").map(Number);
  return parts.reduce((total, part) => total * 60 + part, 0);
}

/** The pods on the stage as they stand: lane, STATUS, restarts, failed probes shown, number in the dial. */
export function pods(page) {
  return page.evaluate(() => globalThis.podsOnStage());
}

/**
 * Notes every change of every pod from now on, frame by frame; `history` gives what was noted:
 * for each uid the list of its lanes, statuses, restarts … one entry per change.
 */
export async function watch(page) {
  await page.evaluate(() => {
    const text = (cell, selector) => cell.querySelector(selector)?.textContent.trim() ?? "";
    globalThis.podsOnStage = () =>
      [...document.querySelectorAll(".lane button[data-uid]")].map((cell) => ({
        uid: cell.dataset.uid,
        lane: cell.closest(".lane").dataset.lane,
        status: text(cell, ".pod__status"),
        state: cell.dataset.state,
        restarts: Number(text(cell, ".tab-restart") || 0),
        failedProbes: cell.querySelectorAll(".pip--bad").length,
        dial: text(cell, ".dial b"),
      }));
    const seen = (globalThis.seenPods = {});
    const look = () => {
      for (const { uid, ...now } of globalThis.podsOnStage()) {
        const list = (seen[uid] ??= []);
        if (JSON.stringify(list.at(-1)) !== JSON.stringify(now)) list.push(now);
      }
      requestAnimationFrame(look);
    };
    look();
  });
}

/** What `watch` noted so far. */
export function history(page) {
  return page.evaluate(() => globalThis.seenPods);
}

/** Waits until every one of the pods on the stage satisfies `test`, and there are `count` of them. */
export async function untilAll(page, count, test) {
  await until(() => pods(page), (found) => found.length === count && found.every(test));
}

/** Waits until some pod that was ever seen satisfied `test`. */
export async function untilSeen(page, test) {
  await untilSeenOf(page, 1, test);
}

/** Waits until so many of the pods that were ever seen have satisfied `test`. */
export async function untilSeenOf(page, count, test) {
  await until(() => history(page), (seen) => Object.values(seen).filter((list) => list.some(test)).length >= count);
}

/** Looks every few milliseconds: the page's policy lets no test in that is sent as text. */
async function until(look, holds) {
  for (const end = Date.now() + 120_000; ; ) {
    const seen = await look();
    if (holds(seen)) return;
    if (Date.now() > end) throw new Error(`waited in vain; at last: ${JSON.stringify(seen).slice(0, 2_000)}`);
    await new Promise((done) => setTimeout(done, 25));
  }
}

/** A Deployment of so many pods, each with a readiness probe. */
export const crowd = (pods) => `apiVersion: apps/v1
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

/**
 * Waits until nothing is under way: time stands, a jump has arrived and is drawn. The app asks for frames only as long
 * as there is something to do, and tells the browser's profiler of each.
 */
export async function settled(page) {
  await page.evaluate(async () => {
    if (globalThis.engineFrames === undefined) {
      globalThis.engineFrames = 0;
      new PerformanceObserver((list) => (globalThis.engineFrames += list.getEntries().length)).observe({ entryTypes: ["measure"] });
    }
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    for (let before = -1, quiet = 0; quiet < 4; quiet = globalThis.engineFrames === before ? quiet + 1 : 0) {
      before = globalThis.engineFrames;
      await frame();
    }
  });
}

/** The link to the moment shown, as the sheet hands it out. */
export async function link(page) {
  await page.getByRole("button", { name: "Share" }).click();
  const field = page.getByRole("textbox", { name: /^Link/ });
  await field.waitFor();
  const address = await field.inputValue();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  return address;
}

/** Whole numbers below a bound, the same ones for the same seed. */
export function random(seed) {
  let state = (seed % 2_147_483_646) + 1;
  return (bound) => (state = (state * 48_271) % 2_147_483_647) % bound;
}
