// Opens exported sessions in Perfetto's own page: node tests/browser/perfetto.mjs PERFETTO FILE...
//
// PERFETTO is the folder with the page's index.html. Each file is given to its file chooser; its trace processor must then
// hold as many slices as the file has events, and have dropped none. Needs playwright-core and Chromium, as check.mjs does.
import { basename, join, resolve } from "node:path";
import { readFileSync } from "node:fs";
import { launch, serve } from "./served.mjs";

const [viewer, ...files] = process.argv.slice(2);
const server = await serve(viewer);
const browser = await launch();
let faults = 0;
for (const file of files) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(server.url);
  const chooser = page.locator("input[type=file]").first();
  await chooser.waitFor({ state: "attached", timeout: 60000 });
  await chooser.setInputFiles(resolve(file));
  const isLoaded = await page
    .waitForFunction(() => globalThis.app?.trace?.engine !== undefined, null, { timeout: 60000 })
    .then(() => true)
    .catch(() => false);
  const told = isLoaded
    ? await page.evaluate(async () => {
        const ask = async (query) => (await globalThis.app.trace.engine.query(query)).firstRow({ n: 0 }).n;
        return {
          slices: await ask("select count(1) as n from slice"),
          dropped: await ask("select ifnull(sum(value), 0) as n from stats where severity != 'info'"),
        };
      })
    : null;
  const wanted = JSON.parse(readFileSync(file, "utf8")).traceEvents.filter((e) => e.ph === "X" || e.ph === "i").length;
  if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, `${basename(file)}.png`) });
  const isFine = told !== null && wanted > 0 && told.slices === wanted && told.dropped === 0;
  if (!isFine) faults += 1;
  const shown = told ? `${told.slices} slices of ${wanted}, ${told.dropped} dropped` : "not loaded";
  console.log(`${isFine ? "ok   " : "FAULT"} ${basename(file)}: ${shown} - Perfetto`);
  await page.close();
}
await browser.close();
server.close();
process.exit(faults > 0 ? 1 : 0);
