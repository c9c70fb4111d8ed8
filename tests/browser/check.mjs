// Looks at pages of HTML in a real browser: node tests/browser/check.mjs FOLDER PAGE...
//
// Each page is opened from its file at three widths, in light and dark, and printed. It must make no request to
// anywhere else, log nothing, not be wider than the screen, and give the accessibility checker nothing to say; printed it
// takes at most MOST_PAGES pages. Screenshots and PDF go into FOLDER.
// Needs playwright-core and axe-core (where NODE_PATH or the working folder has them) and Chromium (CHROMIUM).
import { createRequire } from "node:module";
import { mkdirSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.cwd(), "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [folder, ...pages] = process.argv.slice(2);
const MOST_PAGES = 2;
mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"],
});
let faults = 0;
const fault = (what) => { faults += 1; console.log("  FAULT " + what); };

for (const path of pages) {
  const url = pathToFileURL(resolve(path)).href;
  const name = basename(path, ".html");
  console.log(name);
  for (const width of [360, 900, 1440]) {
    for (const scheme of ["light", "dark"]) {
      // The page forbids itself everything; the checker is let in past that, as a person's tools are.
      const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme, bypassCSP: true });
      const page = await context.newPage();
      page.on("console", (m) => fault(`${width} ${scheme}: console: ${m.text()}`));
      page.on("pageerror", (e) => fault(`${width} ${scheme}: error: ${e.message}`));
      page.on("request", (r) => { if (r.url() !== url) fault(`${width} ${scheme}: request to ${r.url()}`); });
      await page.goto(url);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      if (wide > width) fault(`${width} ${scheme}: ${wide} pixels wide`);
      await page.screenshot({ path: join(folder, `${name}-${width}-${scheme}.png`), fullPage: true });
      for (const details of await page.$$("details")) await details.evaluate((d) => { d.open = true; });
      await page.evaluate(axe);
      const result = await page.evaluate(() => globalThis.axe.run());
      for (const v of result.violations) {
        fault(`${width} ${scheme}: ${v.id}: ${v.help} (${v.nodes.length}: ${v.nodes[0].target})`);
      }
      await context.close();
    }
  }
  const page = await browser.newPage();
  await page.goto(url);
  const pdf = await page.pdf({ path: join(folder, `${name}.pdf`), preferCSSPageSize: true });
  const printed = (pdf.toString("latin1").match(/\/Type\s*\/Page[^s]/g) ?? []).length;
  console.log(`  ${printed} pages printed`);
  if (printed > MOST_PAGES) fault(`${printed} printed pages`);
  await page.close();
}
await browser.close();
console.log(`${pages.length} pages looked at, ${faults} faults`);
process.exit(faults > 0 ? 1 : 0);
