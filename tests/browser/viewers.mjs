// Opens exported sessions in speedscope, as a person would: node tests/browser/viewers.mjs SPEEDSCOPE FILE...
//
// SPEEDSCOPE is the folder with the viewer's index.html. Each file is given to its file chooser; it must then show a
// profile and log no error. Needs playwright-core and Chromium, as check.mjs does.
import { basename, join, resolve } from "node:path";
import { launch, serve } from "./served.mjs";

const [viewer, ...files] = process.argv.slice(2);
const server = await serve(viewer);
const browser = await launch();
let faults = 0;
for (const file of files) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const errors = [];
  page.on("console", (m) => { if (m.type() === "error" && !m.text().includes("404")) errors.push(m.text()); });
  page.on("pageerror", (e) => errors.push(e.message));
  page.on("dialog", (d) => { errors.push(d.message()); d.dismiss(); });
  await page.goto(server.url);
  const before = await page.title();
  await page.locator("input[type=file]").setInputFiles(resolve(file));
  const title = await page
    .waitForFunction((old) => document.title !== old && document.title, before, { timeout: 20000 })
    .then((handle) => handle.jsonValue())
    .catch(() => null);
  if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, `${basename(file)}.png`) });
  if (!title || errors.length > 0) faults += 1;
  console.log(`${title && errors.length === 0 ? "ok   " : "FAULT"} ${basename(file)}: ${title ?? "nothing shown"} ${errors.join("; ")}`);
  await page.close();
}
await browser.close();
server.close();
process.exit(faults > 0 ? 1 : 0);
