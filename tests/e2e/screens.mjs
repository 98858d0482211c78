// Takes the pictures in docs/screens/: every scene, in both themes, on four screens. `cargo xtask screens` runs it
// against dist/, or the folder that PODARIUM_DIST names, into PODARIUM_SCREENS if that names a folder. Arguments choose
// scenes by their names, or screens such as `desk`.

import { mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { launch, open } from "./app.mjs";
import { pause, speed, untilSeen, watch } from "./screen.mjs";

const FOLDER = process.env.PODARIUM_SCREENS ?? fileURLToPath(new URL("../../docs/screens/", import.meta.url));
const SCREENS = [
  ["desk", { width: 1440, height: 900 }, ""],
  ["tablet", { width: 1024, height: 768 }, ""],
  ["phone", { width: 390, height: 844 }, ""],
  ["projector", { width: 1440, height: 900 }, "?mode=projector"],
];
/** Too many pods to choose one of. */
const CROWD = "37-hundred-nodes";
const scenario = (name) => readFileSync(new URL(`../../scenarios/${name}.yaml`, import.meta.url), "utf8");

/** Each scene: its name, how to come to it, and on which screens if not on all. */
const SCENES = [
  ["start", async () => {}],
  ["life-cycle", (page) => play(page, "06-liveness-wrong-port", (pod) => pod.failedProbes === 2)],
  ["back-off", (page) => play(page, "16-crash-loop", (pod) => pod.status === "CrashLoopBackOff" && pod.restarts >= 2, "10×")],
  ["yaml", (page) => view(page, "YAML"), ["phone"]],
  ["inspect", (page) => view(page, "Inspect"), ["phone"]],
  ["time-line", (page) => view(page, "Time line"), ["phone"]],
  ["pending", (page) => play(page, "24-unschedulable", (pod) => pod.lane === "pending")],
  ["sidecar", (page) => play(page, "22-sidecar", (pod) => pod.lane === "running")],
  ["nodes", async (page) => {
    await play(page, "28-taints", (pod) => pod.lane === "running");
    await tab(page, "Nodes", "2");
  }],
  ["crowd", async (page) => {
    await play(page, CROWD, () => true);
    await tab(page, "Crowd", "3");
    await page.getByRole("button", { name: "Play", exact: true }).click();
    await page.waitForTimeout(6_000);
    await pause(page);
  }],
  ["key", (page) => sheet(page, "Legend")],
  ["keys", (page) => sheet(page, "?")],
  ["share", (page) => sheet(page, "Share")],
];

async function play(page, name, enough, pace = "1×") {
  const title = /^# title: (.*)$/m.exec(scenario(name))[1];
  await page.locator(".picker").click();
  await page.getByRole("menuitem", { name: title }).first().click();
  // On a wall there is no editor.
  const isWall = (await page.locator("[data-mode=projector]").count()) > 0;
  if (isWall) await page.keyboard.press("p");
  await show(page, "YAML");
  const fold = page.locator(".topbar__yaml");
  const isFolded = (await fold.isVisible()) && !(await page.locator(".cm-content").isVisible());
  if (isFolded) await fold.click();
  await page.locator(".applybar .btn--primary").click();
  if (isFolded) await fold.click();
  if (isWall) await page.locator("#stage").press("p");
  await show(page, "Stage");
  if (pace !== "1×") await speed(page, pace);
  await untilSeen(page, enough);
  await pause(page);
  const cell = page.locator(".pod").first();
  if (name !== CROWD && (await cell.isVisible())) {
    await cell.click();
    await show(page, "Stage");
  }
  await page.evaluate(() => document.activeElement.blur());
}

/** Shows a view of a narrow screen; elsewhere all are there. */
async function show(page, name) {
  const chosen = page.locator(".phonetabs").getByRole("tab", { name });
  if (await chosen.isVisible()) await chosen.click();
}

/** A view of its own on a narrow screen, of a crash loop. */
async function view(page, name) {
  await play(page, "16-crash-loop", (pod) => pod.status === "CrashLoopBackOff" && pod.restarts >= 2, "10×");
  await show(page, name);
}

async function tab(page, name, key) {
  await show(page, name);
  await page.keyboard.press(key);
}

async function sheet(page, name) {
  const buttons = { Legend: page.getByRole("button", { name: "Key", exact: true }), Share: page.getByRole("button", { name: "Share" }) };
  if (name in buttons && (await buttons[name].isVisible())) await buttons[name].click();
  else await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  if (name === "Share") await page.locator(".share figure").waitFor();
}

const wanted = process.argv.slice(2);
mkdirSync(FOLDER, { recursive: true });
const app = await launch();
let failed = 0;
const chosen = (list) => (list.some(([name]) => wanted.includes(name)) ? list.filter(([name]) => wanted.includes(name)) : list);
for (const [scene, go, only = SCREENS.map(([name]) => name)] of chosen(SCENES)) {
  for (const [screen, viewport, query] of chosen(SCREENS).filter(([name]) => only.includes(name))) {
    for (const colorScheme of ["light", "dark"]) {
      const name = `${scene}-${screen}-${colorScheme}`;
      const { context, page } = await open({ ...app, url: app.url + query }, { viewport, colorScheme, reducedMotion: "reduce" });
      try {
        await watch(page);
        await go(page);
        // Under reduced motion a pod's way is drawn for two seconds.
        await page.waitForTimeout(2_200);
        await page.screenshot({ path: `${FOLDER}/${name}.png` });
        console.log(name);
      } catch (error) {
        failed += 1;
        console.error(`${name}: ${error.message}`);
      }
      await context.close();
    }
  }
}
await app.close();
process.exit(failed ? 1 : 0);
