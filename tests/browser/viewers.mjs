// Opens exported sessions in speedscope, as a person would: node tests/browser/viewers.mjs SPEEDSCOPE FILE...
//
// SPEEDSCOPE is the folder with the viewer's index.html. Each file is given to its file chooser; it must then show a
// profile and log no error. Needs playwright-core and Chromium, as check.mjs does.
import { createRequire } from "node:module";
import { basename, extname, join, resolve } from "node:path";
import { createServer } from "node:http";
import { readFileSync } from "node:fs";

const require = createRequire(join(process.cwd(), "package.json"));
const { chromium } = require("playwright-core");
const [viewer, ...files] = process.argv.slice(2);
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };
const server = createServer((request, response) => {
  const path = new URL(request.url, "http://localhost").pathname;
  try {
    const bytes = readFileSync(join(viewer, path === "/" ? "index.html" : path));
    response.writeHead(200, { "content-type": types[extname(path) || ".html"] ?? "application/octet-stream" });
    response.end(bytes);
  } catch {
    response.writeHead(404);
    response.end();
  }
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const url = `http://127.0.0.1:${server.address().port}/`;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--no-first-run", "--disable-background-networking"],
});
let faults = 0;
for (const file of files) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const errors = [];
  page.on("console", (m) => { if (m.type() === "error" && !m.text().includes("404")) errors.push(m.text()); });
  page.on("pageerror", (e) => errors.push(e.message));
  page.on("dialog", (d) => { errors.push(d.message()); d.dismiss(); });
  await page.goto(url);
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
