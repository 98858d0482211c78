// The files of the editor: kept across reloads with undo, several as tabs, opened by drop and by choice, and saved.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { pageTest, untilUp, violations } from "./app.mjs";
import { link, paste, pause, untilSeen, watch } from "./screen.mjs";

const text = (page) => page.evaluate(() => [...document.querySelectorAll(".cm-line")].map((line) => line.textContent).join("\n"));
const names = async (page) => {
  const tabs = await page.getByRole("tablist", { name: "Files" }).getByRole("tab").allInnerTexts();
  return tabs.map((tab) => tab.split("\n")[0]);
};
const untilKept = (page, part) => page.waitForFunction((wanted) => localStorage.getItem("podarium.files")?.includes(wanted), part);

async function reload(page) {
  await page.reload();
  await untilUp(page);
}

pageTest("what was typed is there after a reload, and can be undone", async (page) => {
  const before = await text(page);
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("# mine");
  // At once: what the page has not kept yet it keeps as it goes.
  await reload(page);
  await page.getByText("# mine").waitFor();
  assert.equal(await text(page), `${before}# mine`);
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+z");
  await page.getByText("# mine").waitFor({ state: "detached" });
  assert.equal(await text(page), before);
  await page.keyboard.press("Control+y");
  await page.getByText("# mine").waitFor();
});

pageTest("a scenario that was changed comes back with its cluster", async (page) => {
  await page.locator(".picker").click();
  await page.getByRole("menuitem", { name: /aint/ }).first().click();
  const [file] = await names(page);
  const nodes = await page.locator(".object").allInnerTexts();
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("# mine");
  await reload(page);
  await page.getByText("# mine").waitFor();
  assert.deepEqual(await names(page), [file]);
  assert.deepEqual(await page.locator(".object").allInnerTexts(), nodes);
});

pageTest("files are tabs, each with a text, marks and undo of its own", async (page) => {
  await page.getByRole("button", { name: "New file" }).click();
  await page.locator(".cm-content").click();
  await page.keyboard.insertText("apiVersion: v1\nkind: Pod\nmetadata: {name: one}\nspec: {containers: [{name: a, image: nginx:1}]}\n");
  assert.deepEqual(await names(page), ["06-liveness-wrong-port.yaml", "untitled.yaml"]);
  await watch(page);
  await page.keyboard.press("Control+Enter");
  await untilSeen(page, (pod) => pod.lane === "running");
  await pause(page);
  const second = await text(page);

  // Two more are dropped, one of them twice under one name.
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    for (const name of ["two.yaml", "two.yaml"]) dataTransfer.items.add(new File([`# ${name}\nkind: Broken\n`], name));
    document.querySelector(".stage").dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
  });
  await page.getByRole("tab", { name: "two-2.yaml" }).waitFor();
  await page.locator(".problems li").first().waitFor();

  // By keyboard from tab to tab; the first text has no undo of the others.
  await page.getByRole("tab", { name: "two-2.yaml" }).focus();
  await page.keyboard.press("ArrowRight");
  await page.getByText("springboot-mybatis").first().waitFor();
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+z");
  await page.getByText("springboot-mybatis").first().waitFor();
  await page.getByRole("tab", { name: "untitled.yaml" }).click();
  assert.equal(await text(page), second);
  await page.getByText("applied at").waitFor();
  assert.deepEqual(await violations(page), []);

  await untilKept(page, "two-2.yaml");
  await reload(page);
  await page.getByRole("tab", { name: "untitled.yaml", selected: true }).waitFor();
  assert.equal((await names(page)).length, 4);
  assert.equal(await text(page), second);
  await page.getByRole("tab", { name: "two.yaml" }).click();
  await page.getByRole("button", { name: "Close this file" }).click();
  await page.getByRole("tab", { name: "two.yaml" }).waitFor({ state: "detached" });
  assert.equal((await names(page)).length, 3);
});

pageTest("a file is chosen, and one is saved", async (page) => {
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Open files" }).click();
  await (await chooser).setFiles({ name: "mine.yaml", mimeType: "application/yaml", buffer: Buffer.from("kind: Pod # mine\n") });
  await page.getByRole("tab", { name: "mine.yaml", selected: true }).waitFor();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save this file" }).click();
  const saved = await download;
  assert.equal(saved.suggestedFilename(), "mine.yaml");
  assert.equal(readFileSync(await saved.path(), "utf8"), "kind: Pod # mine\n");
});

pageTest("a link shows its text, and what was typed before is still there", async (page) => {
  const address = await link(page);
  await paste(page, "# typed before\n");
  await untilKept(page, "typed before");
  await page.goto("about:blank");
  await page.goto(address);
  await untilUp(page);
  await page.getByText("springboot-mybatis").first().waitFor();
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("# typed later");
  await untilKept(page, "typed later");
  assert.equal(new URL(page.url()).hash, "");
  await reload(page);
  await page.getByText("# typed later").waitFor();
  await page.getByRole("tab", { name: /-2.yaml/ }).click();
  await page.getByText("# typed before").waitFor();
});
