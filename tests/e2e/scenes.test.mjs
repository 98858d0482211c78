// axe-core in the scenes that no other test comes to, in both themes.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open, violations } from "./app.mjs";
import { pause, paste, settled, untilSeen, watch } from "./screen.mjs";

const MIXED = `apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: nginx, resources: {requests: {cpu: 100m}}}]
---
apiVersion: v1
kind: Pod
metadata: {name: big}
spec:
  containers: [{name: big, image: nginx, resources: {requests: {cpu: "64"}}}]
`;

let app;
before(async () => (app = await launch()));
after(() => app.close());

for (const colorScheme of ["light", "dark"]) {
  test(`no scene stands in anybody's way, ${colorScheme}`, async () => {
    const { context, page, problems } = await open(app, { colorScheme, reducedMotion: "reduce" });
    const found = {};
    const look = async (scene) => {
      await settled(page);
      const list = await violations(page);
      if (list.length > 0) found[scene] = list;
    };
    await look("start");
    await page.locator(".picker").click();
    await look("gallery");
    await page.keyboard.press("Escape");

    await paste(page, `${MIXED}  nodename: node-1\n  restartPolicy: Sometimes\n`);
    await page.locator(".problems li").nth(1).waitFor();
    await look("problems");
    await paste(page, MIXED);
    await settled(page);
    await watch(page);
    await page.keyboard.press("Control+Enter");
    await untilSeen(page, (pod) => pod.lane === "running");
    await pause(page);
    await look("overview");
    for (const name of ["Deployment web", "Service web", "Node node-1"]) {
      await page.locator(".object", { hasText: new RegExp(`^${name.replace(" ", "\\s*")}`) }).click();
      await look(name);
      await page.getByRole("button", { name: "Close the inspector" }).click();
    }
    await page.locator(".pod", { hasText: "big" }).click();
    await look("a pod that fits nowhere");
    await page.locator("#inspector").getByRole("tab", { name: "Node" }).click();
    await look("why no node");
    for (const key of ["2", "3"]) {
      await page.locator("#stage").press(key);
      await look(`mode ${key}`);
      await page.locator("#stage").press("p");
      await look(`mode ${key} on a wall`);
      await page.locator("#stage").press("p");
    }
    await page.locator("#stage").press("1");
    await page.getByRole("slider", { name: "Moment shown" }).press("Home");
    await look("the past");
    await page.keyboard.press("?");
    await page.getByRole("button", { name: "What is not simulated" }).click();
    await look("what is not simulated");
    await page.keyboard.press("Escape");
    await page.evaluate(() => (location.hash = "#run=1.AAAA"));
    await page.locator(".notice").waitFor();
    await look("a notice");
    await page.setViewportSize({ width: 1024, height: 768 });
    await page.locator(".topbar__yaml").click();
    await look("the editor over the stage");
    assert.deepEqual(found, {});
    assert.deepEqual(problems, []);
    await context.close();
  });
}
