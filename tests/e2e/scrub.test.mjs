// Scrubbing is exact: wherever the slider stops, the screen shows what a run shows that never went further, and what
// the native program wrote down at that moment.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { launch, open } from "./app.mjs";
import { clock, link, pause, play, random, settled, speed } from "./screen.mjs";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SCENARIO = "scenarios/06-liveness-wrong-port.yaml";
const END = 135;
const MOMENTS = 20;
/** The cluster is this old when the screen's clock shows 0:00. */
const SETTLING_MICROS = 60_000_000;

let app;
before(async () => (app = await launch()));
after(() => app.close());

test("twenty moments are the same after scrubbing as in a run up to there, and natively", async () => {
  const seed = Number(process.env.PODARIUM_SEED ?? 1);
  console.log(`PODARIUM_SEED=${seed}`);
  const next = random(seed);
  const { context, page, problems } = await open(app);
  const other = await open(app);
  // The opening scenario, applied at 0:00 to the microsecond, as the native program does.
  await page.getByRole("button", { name: /^Apply\b./ }).click();
  await pause(page);
  await page.locator(".pod").first().waitFor();
  await page.locator(".pod").first().click();
  await play(page);
  await speed(page, "100×");
  while ((await clock(page)) < END) await page.waitForTimeout(50);
  await pause(page);
  const states = new Set();
  for (let index = 0; index < MOMENTS; index += 1) {
    if (index % 5 === 4) await page.locator("#stage").press(index % 2 ? "1" : "2");
    const axis = await page.locator(".tracks__axis").boundingBox();
    const end = await page.locator(".now").evaluate((now) => parseFloat(now.style.left));
    // The newest moment, the first one, and then any.
    const share = index < 2 ? (1 - index) * (end / 100) : next(10_000) / 13_000;
    await page.mouse.click(axis.x + axis.width * share, axis.y + axis.height - 6);
    await settled(page);
    const shared = unpacked(await link(page));
    const told = `seed ${seed}, moment ${index}, ${(shared.now - SETTLING_MICROS) / 1e6} s`;

    // The same inputs in another page, which never simulates what came later.
    assert.ok(shared.head >= shared.now, told);
    await other.page.evaluate((hash) => (location.hash = hash), packed({ ...shared, head: shared.now }));
    await other.page.waitForFunction((text) => document.querySelector(".now").ariaValueText === text, await moment(page));
    await settled(other.page);
    const shown = await seen(page);
    assert.deepEqual(await seen(other.page), shown, told);

    const lanes = await page.locator(".lane").count();
    if (lanes > 0) assert.deepEqual(await statuses(page), written(shared.now - SETTLING_MICROS), told);
    states.add(JSON.stringify(shown.cells));
  }
  assert.ok(states.size > 8, `only ${states.size} moments differ`);
  assert.deepEqual([...problems, ...other.problems], []);
  await context.close();
  await other.context.close();
});

const moment = (page) => page.locator(".now").getAttribute("aria-valuetext");

const unpacked = (address) => JSON.parse(inflateRawSync(Buffer.from(address.split("#run=1.")[1], "base64url")).toString());
const packed = (shared) => `#run=1.${deflateRawSync(Buffer.from(JSON.stringify(shared))).toString("base64url")}`;

/** All that stage and inspector show, with the state of every part. */
function seen(page) {
  return page.evaluate(() => {
    const texts = (selector) => [...document.querySelectorAll(selector)].map((part) => part.innerText);
    const marks = (root) => [...root.querySelectorAll("[data-state], .pip")].map((part) => `${part.className?.baseVal ?? part.className} ${part.dataset.state}`);
    const cells = [...document.querySelectorAll(".stage__view button[data-uid]")];
    return {
      clock: document.querySelector(".clock").innerText,
      cells: cells.map((cell) => [cell.dataset.uid, cell.textContent, ...marks(cell)].join(" | ")).sort(),
      lanes: texts(".lane__label, .node h3, .node dl"),
      inspector: texts("#inspector"),
      conditions: marks(document.querySelector("#inspector")),
    };
  });
}

/** STATUS, restarts and node of each pod on the stage, by name. */
function statuses(page) {
  return page.evaluate(() => {
    const text = (cell, selector) => cell.querySelector(selector)?.textContent.trim() ?? "";
    const row = (cell) => [
      text(cell, ".pod__suffix"),
      [text(cell, ".pod__status"), Number(text(cell, ".tab-restart")), text(cell, ".tab-node")].join(", "),
    ];
    return Object.fromEntries([...document.querySelectorAll(".lane .pod")].map(row).sort());
  });
}

let writes;

/** The same at a moment, in microseconds, from what the native program wrote into its store. */
function written(micros) {
  writes ??= native();
  const pods = {};
  for (const { t, type, object } of writes) {
    if (object?.kind !== "Pod" || Math.round(t * 1e6) > micros) continue;
    const { name } = object.metadata;
    if (type === "DELETED") delete pods[name.slice(-5)];
    else pods[name.slice(-5)] = row(object);
  }
  return Object.fromEntries(Object.entries(pods).sort());
}

function row({ spec, status }) {
  const [container] = status.containerStatuses ?? [];
  const { waiting, terminated } = container?.state ?? {};
  const word = waiting?.reason ?? terminated?.reason ?? (container ? `Running ${Number(container.ready)}/1` : "Pending");
  return [word, container?.restartCount ?? 0, spec.nodeName ?? ""].join(", ");
}

function native() {
  const words = ["play", SCENARIO, "--for", `${END + 60}s`, "--watch"];
  const [program, ...front] = process.env.PODARIUM_BIN ? [process.env.PODARIUM_BIN] : ["cargo", "run", "--quiet", "--"];
  const { status, stdout, stderr } = spawnSync(program, [...front, ...words], { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 28 });
  assert.equal(status, 0, stderr);
  return stdout.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
}
