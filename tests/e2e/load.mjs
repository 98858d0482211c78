// How long the page takes to stand, on a line of 10 Mbit/s with 40 ms of latency: `node load.mjs [visits]`, after
// `cargo xtask dist`. Each visit is a fresh profile; the server compresses with brotli.

import { launch } from "./app.mjs";

const VISITS = Number(process.argv[2] ?? 5);
const LINE = { offline: false, latency: 40, downloadThroughput: 10e6 / 8, uploadThroughput: 10e6 / 8 };

const app = await launch({ compressed: true });
const millis = [];
let bytes = 0;
// The first visit has the server compress.
for (let visit = 0; visit <= VISITS; visit += 1) {
  const context = await app.browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const line = await context.newCDPSession(page);
  await line.send("Network.enable");
  await line.send("Network.emulateNetworkConditions", LINE);
  bytes = 0;
  line.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  await page.addInitScript(() => {
    const look = () => {
      const stands = document.body && !document.querySelector("#loading") && document.querySelector(".clock, .time");
      if (stands) globalThis.standsAfter = performance.now();
      else requestAnimationFrame(look);
    };
    look();
  });
  await page.goto(app.url);
  await page.waitForFunction(() => globalThis.standsAfter, null, { timeout: 60_000 });
  if (visit > 0) millis.push(await page.evaluate(() => globalThis.standsAfter));
  await context.close();
}
await app.close();
const sorted = millis.sort((a, b) => a - b);
const [shortest, median, longest] = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)].map(Math.round);
console.log(`${bytes} bytes; the page stands after ${median} ms (${shortest} to ${longest}, ${VISITS} visits)`);
