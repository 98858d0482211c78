// The key: every state with its mark, outline, pattern and words.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open, violations } from "./app.mjs";

let app;
before(async () => (app = await launch()));
after(() => app.close());

for (const colorScheme of ["light", "dark"]) {
  test(`the key tells every state, ${colorScheme}`, async () => {
    const { context, page, problems } = await open(app, { colorScheme, reducedMotion: "reduce" });
    await page.getByRole("button", { name: "Key", exact: true }).click();
    const rows = page.locator(".legend li");
    assert.equal(await rows.count(), 10);
    const looks = await rows.evaluateAll((list) =>
      list.map((row) => {
        const [cell, bar] = [".podlet", ".seg"].map((part) => getComputedStyle(row.querySelector(part)));
        return { mark: row.querySelector("use").getAttribute("href"), outline: cell.borderStyle, pattern: bar.backgroundImage };
      }),
    );
    assert.equal(new Set(looks.map(({ mark }) => mark)).size, 10);
    assert.ok(new Set(looks.map(({ outline, pattern }) => outline + pattern)).size >= 8);
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(problems, []);
    await context.close();
  });
}
