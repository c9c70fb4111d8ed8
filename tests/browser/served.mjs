// A folder with a page, served to this machine alone, and the browser that looks at it.
import { createRequire } from "node:module";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { readFileSync } from "node:fs";

const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm" };

/** Serves a folder; `url` ends with a slash, `close` ends it. */
export async function serve(folder) {
  const server = createServer((request, response) => {
    const asked = new URL(request.url, "http://localhost").pathname;
    const path = asked === "/" ? "/index.html" : asked;
    try {
      const bytes = readFileSync(join(folder, path));
      response.writeHead(200, { "content-type": types[extname(path)] ?? "application/octet-stream" });
      response.end(bytes);
    } catch {
      response.writeHead(404);
      response.end();
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

/** Chromium, by the playwright-core of the working folder. */
export async function launch() {
  const { chromium } = createRequire(join(process.cwd(), "package.json"))("playwright-core");
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--no-first-run", "--disable-background-networking"],
  });
}
