// The page as a whole: it loads without complaint under any path, and again without a network.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open, untilUp } from "./app.mjs";

let app;
before(async () => (app = await launch()));
after(() => app.close());

test("the page loads under a path without a complaint", async () => {
  const { context, page, problems } = await open(app);
  assert.match(await page.title(), /Podarium/);
  assert.deepEqual(problems, []);
  await context.close();
});

test("a second visit works without a network", async () => {
  const own = await launch();
  try {
    const { page, problems } = await open(own);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await own.stopServer();
    await page.reload();
    await untilUp(page, problems);
    assert.match(await page.title(), /Podarium/);
    assert.deepEqual(problems, []);
  } finally {
    await own.close();
  }
});
