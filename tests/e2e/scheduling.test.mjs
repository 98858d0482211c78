// The scheduler's account of its decision, read from the screen: the articles' lessons about placement.

import assert from "node:assert/strict";
import { pageTest, violations } from "./app.mjs";
import { pause, play, speed, watch } from "./screen.mjs";

/** Loads a scenario of the gallery. */
async function choose(page, scenario) {
  await page.getByRole("button", { name: /^Scenario/ }).click();
  await page.getByRole("menuitem", { name: scenario }).click();
}

/** Loads a scenario of the gallery, applies it, and lets a few seconds pass. */
async function run(page, scenario) {
  await watch(page);
  await choose(page, scenario);
  await page.getByRole("button", { name: "Apply Ctrl Enter" }).click();
  await speed(page, "10×");
  await play(page);
  await page.waitForFunction(() => globalThis.podsOnStage().some((pod) => pod.status.startsWith("Running")), null, { timeout: 60_000 });
  await pause(page);
}

/** What the tab Node says of a pod: its sentences, and of each table the rows as text. */
async function account(page, pod) {
  await page.locator("#stage").getByRole("button", { name: new RegExp(`^${pod}: `) }).click();
  await page.getByRole("tab", { name: "Node", exact: true }).click();
  await page.locator(".insp-head h2", { hasText: pod }).waitFor();
  return page.locator(".sched").evaluate((told) => {
    const words = (element) => element.innerText.replace(/\s+/g, " ").trim();
    const cells = (row) => [...row.cells].map((cell) => cell.textContent.trim());
    return {
      question: words(told.querySelector("h3")),
      answer: [...told.querySelectorAll(":scope > p:not(.none)")].map(words).join(" "),
      help: [...told.querySelectorAll(".sched__help p, .sched__help li")].map(words),
      tables: [...told.querySelectorAll("table")].map((table) => [...table.rows].map(cells)),
    };
  });
}

const FITS = "NodeResourcesFit: Insufficient memory";
const LABELS = "NodeAffinity: node(s) didn't match Pod's node affinity/selector";
const TAINTS = "TaintToleration: node(s) had untolerated taint(s)";

pageTest("three containers as three pods: the third has no node", async (page) => {
  await run(page, "Three containers as three pods");
  const placed = await account(page, "app");
  assert.equal(placed.question, "Why node-1?");
  const pending = await account(page, "log-analysis");
  assert.equal(pending.question, "Why no node?");
  assert.match(pending.answer, /None of 2 nodes can take log-analysis: 1 Insufficient memory, 1 node\(s\) didn't match Pod's node affinity\/selector/);
  const [filters, ...scores] = pending.tables;
  assert.deepEqual(scores, []);
  assert.deepEqual(filters, [
    ["Node", "Cordon", "Taints", "Labels", "Resources"],
    ["node-1", "passes", "passes", "passes", "rejects"],
    [FITS],
    ["node-2", "passes", "passes", "rejects", "not run"],
    [LABELS],
  ]);
  assert.equal(pending.help[0], "node-2 could take it, if you");
  assert.match(pending.help[1], /^select kubernetes\.io\/hostname=node-2 in place of node-1 line \d+$/);
  await page.locator(".sched__help .lnk").click();
  await page.locator(".cm-activeLine", { hasText: "kubernetes.io/hostname: node-1" }).waitFor();

  // Before it was tried there is nothing to tell, and coming back gives the same account.
  await page.getByRole("slider", { name: "Moment shown" }).press("Home");
  await page.locator(".sched h3", { hasText: "Not tried yet" }).waitFor();
  await page.getByRole("slider", { name: "Moment shown" }).press("End");
  assert.deepEqual(await account(page, "log-analysis"), pending);
  assert.deepEqual(await violations(page), []);
});

pageTest("three containers as one pod: the larger node takes it", async (page) => {
  await run(page, "Three containers as one pod");
  const { question, answer, tables } = await account(page, "springboot");
  assert.equal(question, "Why node-2?");
  assert.match(answer, /springboot goes to node-2, the only one of 2 nodes that can take it/);
  assert.deepEqual(tables, [
    [
      ["Node", "Cordon", "Taints", "Resources"],
      ["node-2, chosen", "passes", "passes", "passes"],
      ["node-1", "passes", "passes", "rejects"],
      [FITS],
    ],
  ]);
});

pageTest("node labels: a selector, an affinity to either of two disk types, and nowhere", async (page) => {
  await run(page, "Node labels and node affinity");
  const marks = ({ tables }) => Object.fromEntries(tables[0].slice(1).filter((row) => row.length > 1).map((row) => [row[0], row[3]]));
  const hangzhou = await account(page, "in-hangzhou");
  assert.deepEqual(marks(hangzhou), { "node-1, chosen": "passes", "node-2": "rejects", "node-3": "rejects" });
  const disk = await account(page, "on-either-disk");
  const [chosen] = Object.keys(marks(disk));
  assert.match(chosen, /^node-[12], chosen$/);
  assert.equal(marks(disk)["node-3"], "rejects");
  const [heads, ...scores] = disk.tables[1];
  assert.deepEqual(heads, ["Node", "Taints ×3", "Free room ×1", "Image here ×1", "Total"]);
  assert.equal(scores.length, 2);
  for (const [, taints, room, image, total] of scores) {
    assert.equal(Number(total), 3 * taints + Number(room) + Number(image));
  }
  const nowhere = await account(page, "nowhere");
  assert.equal(nowhere.question, "Why no node?");
  assert.deepEqual(marks(nowhere), { "node-1": "rejects", "node-2": "rejects", "node-3": "rejects" });
  assert.match(nowhere.help[1], /^select topology\.kubernetes\.io\/region=cn-hangzhou in place of eu-central line \d+$/);
});

pageTest("taints: with a toleration and without", async (page) => {
  await run(page, "Taints and tolerations");
  const without = await account(page, "without-toleration");
  assert.deepEqual(without.tables[0], [
    ["Node", "Cordon", "Taints", "Resources"],
    ["node-1", "passes", "rejects", "not run"],
    [TAINTS],
    ["node-2", "passes", "rejects", "not run"],
    [TAINTS],
  ]);
  assert.match(without.help[1], /^tolerate the taint dedicated=gpu:NoSchedule line \d+$/);
  const tolerant = await account(page, "with-toleration");
  assert.match(tolerant.question, /^Why node-[12]\?$/);
  assert.match(tolerant.answer, /picked at random among 2 equally good nodes/);
});

pageTest("the last decision stands above the nodes, and its button opens the table", async (page) => {
  await run(page, "Three containers as one pod");
  await page.keyboard.press("2");
  const decided = page.getByRole("region", { name: "Scheduler" });
  assert.match(await decided.innerText(), /springboot goes to node-2: the only one of 2 nodes that fits/);
  await decided.getByRole("button", { name: "Why node-2?" }).click();
  await page.locator(".sched h3", { hasText: "Why node-2?" }).waitFor();
  await page.locator(".insp-head h2", { hasText: "springboot" }).waitFor();
  assert.deepEqual(await violations(page), []);
});

pageTest("a pod flies from the scheduler to its node", async (page) => {
  await choose(page, "Three containers as one pod");
  await page.locator("#stage").focus();
  await page.keyboard.press("2");
  await page.evaluate(() => {
    globalThis.flights = [];
    const look = () => {
      for (const animation of document.getAnimations()) {
        const pod = animation.effect?.target;
        const [from] = animation.effect?.getKeyframes() ?? [];
        if (pod?.matches(".node .podlet") && /^translate\(/.test(from?.transform)) globalThis.flights.push([pod.textContent, from.transform]);
      }
      requestAnimationFrame(look);
    };
    look();
  });
  await page.locator(".applybar .btn--primary").click();
  await page.waitForFunction(() => globalThis.flights.length > 0);
  const [pod, from] = await page.evaluate(() => globalThis.flights[0]);
  assert.match(pod, /springboot/);
  // The scheduler is above the nodes.
  assert.ok(Number(/, (-?[\d.]+)px/.exec(from)[1]) < -50, from);
});
