// Takes the pictures in docs/screens/: every scene, in both themes, on four screens. `cargo xtask screens` runs it
// against dist/, or the folder that PODARIUM_DIST names. Arguments choose scenes by their names.

import { mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { launch, open } from "./app.mjs";
import { paste, pause, speed, untilSeen, watch } from "./screen.mjs";

const FOLDER = fileURLToPath(new URL("../../docs/screens/", import.meta.url));
const SCREENS = [
  ["desk", { width: 1440, height: 900 }, ""],
  ["tablet", { width: 1024, height: 768 }, ""],
  ["phone", { width: 390, height: 844 }, ""],
  ["projector", { width: 1440, height: 900 }, "?mode=projector"],
];
const scenario = (name) => readFileSync(new URL(`../../scenarios/${name}.yaml`, import.meta.url), "utf8");

/** Each scene: its name, and how to come to it. */
const SCENES = [
  ["start", async () => {}],
  ["life-cycle", (page) => play(page, "06-liveness-wrong-port", (pod) => pod.failedProbes === 2)],
  ["back-off", (page) => play(page, "16-crash-loop", (pod) => pod.status === "CrashLoopBackOff" && pod.restarts >= 2, "10×")],
  ["pending", (page) => play(page, "24-unschedulable", (pod) => pod.lane === "pending")],
  ["sidecar", (page) => play(page, "22-sidecar", (pod) => pod.lane === "running")],
  ["nodes", async (page) => {
    await play(page, "28-taints", (pod) => pod.lane === "running");
    await tab(page, "Nodes", "2");
  }],
  ["crowd", async (page) => {
    await play(page, "34-three-hundred", () => true);
    await tab(page, "Crowd", "3");
    await page.getByRole("button", { name: "Play", exact: true }).click();
    await page.waitForTimeout(4_000);
    await pause(page);
  }],
  ["key", (page) => sheet(page, "Legend")],
  ["keys", (page) => sheet(page, "?")],
  ["share", (page) => sheet(page, "Share")],
];

async function play(page, name, enough, pace = "1×") {
  await show(page, "YAML");
  if (!(await page.locator(".cm-content").isVisible())) {
    const button = page.locator(".topbar__yaml");
    if (await button.isVisible()) await button.click();
  }
  // On a wall there is no editor: the scenario comes from the gallery.
  if (await page.locator(".cm-content").isVisible()) {
    await paste(page, scenario(name));
    await page.keyboard.press("Control+Enter");
  } else {
    await page.keyboard.press("p");
    await paste(page, scenario(name));
    await page.keyboard.press("Control+Enter");
    await page.keyboard.press("Escape");
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press("p");
  }
  await show(page, "Stage");
  if (pace !== "1×") await speed(page, pace);
  await untilSeen(page, enough);
  await pause(page);
  const cell = page.locator(".pod").first();
  if (name !== "34-three-hundred" && (await cell.isVisible())) await cell.click();
  await page.evaluate(() => document.activeElement.blur());
}

/** Shows a view of a narrow screen; elsewhere all are there. */
async function show(page, name) {
  const chosen = page.locator(".phonetabs").getByRole("tab", { name });
  if (await chosen.isVisible()) await chosen.click();
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
for (const [scene, go] of SCENES.filter(([name]) => wanted.length === 0 || wanted.includes(name))) {
  for (const [screen, viewport, query] of SCREENS) {
    for (const colorScheme of ["light", "dark"]) {
      const name = `${scene}-${screen}-${colorScheme}`;
      const { context, page } = await open({ ...app, url: app.url + query }, { viewport, colorScheme, reducedMotion: "reduce" });
      try {
        await watch(page);
        await go(page);
        await page.screenshot({ path: `${FOLDER}${name}.png` });
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
