// The page as a whole: it loads without complaint under any path, and again without a network.

import assert from "node:assert/strict";
import { test } from "node:test";
import { launch, open, pageTest, untilUp } from "./app.mjs";

pageTest("the page loads under a path without a complaint", async (page) => {
  assert.match(await page.title(), /Podarium/);
});

test("a second visit works without a network", async () => {
  const { stopServer, close, ...app } = await launch();
  try {
    const { page, problems } = await open(app);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await stopServer();
    await page.reload();
    await untilUp(page, problems);
    assert.match(await page.title(), /Podarium/);
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});
