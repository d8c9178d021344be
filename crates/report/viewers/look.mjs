// What muteproof writes for others, opened in what others read it with: SARIF and JUnit in viewers from npm, an HTTP
// Archive in the network panels of Chromium and Firefox. Fails where a viewer does not show what is in the file.
// node look.mjs SARIF JUNIT HAR FOLDER-FOR-PICTURES
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { buildSync } from "esbuild";
import { chromium } from "playwright-core";
import { panelShows } from "./firefox.mjs";

const [sarif, junit, har, pictures] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-background-networking", "--no-first-run"],
});
const wrong = [];

/** Opens an address, waits until every text is seen, and draws the page. */
async function shows(name, address, texts, prepare) {
  const page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
  await page.goto(address);
  if (prepare) await prepare(page);
  for (const text of texts) {
    try {
      await page.getByText(text, { exact: false }).first().waitFor({ timeout: 20000 });
    } catch {
      wrong.push(`${name} does not show ${JSON.stringify(text)}`);
    }
  }
  await page.screenshot({ path: join(pictures, `${name}.png`) });
  console.log(`${name}: ${texts.length} texts looked for`);
  await page.close();
}

// JUnit: xunit-viewer makes a page of it.
const cases = [...readFileSync(junit, "utf8").matchAll(/<testcase[^>]* name="([^"]+)"/g)].map((m) => m[1]);
if (cases.length === 0) wrong.push("no test case in the JUnit file");
const page = join(pictures, "junit.html");
execFileSync(join(here, "node_modules/.bin/xunit-viewer"), ["-r", junit, "-o", page], { stdio: "ignore" });
await shows("junit", pathToFileURL(page).href, cases);

// SARIF: Microsoft's component, with the log as it is.
const log = JSON.parse(readFileSync(sarif, "utf8"));
const entry = join(here, "entry.jsx");
writeFileSync(
  entry,
  `import React from "react"; import ReactDOM from "react-dom";
   import { Viewer } from "@microsoft/sarif-web-component";
   ReactDOM.render(<Viewer logs={[window.log]} />, document.getElementById("app"));`,
);
const bundle = buildSync({
  entryPoints: [entry],
  bundle: true,
  write: false,
  outdir: here,
  logLevel: "error",
  define: { "process.env.NODE_ENV": '"production"', global: "window" },
  loader: { ".woff": "dataurl", ".woff2": "dataurl", ".ttf": "dataurl", ".eot": "dataurl", ".svg": "dataurl" },
});
const script = bundle.outputFiles.find((file) => file.path.endsWith(".js")).text;
const style = bundle.outputFiles.find((file) => file.path.endsWith(".css"))?.text ?? "";
const viewer = join(pictures, "sarif.html");
writeFileSync(join(pictures, "sarif.js"), script);
writeFileSync(join(pictures, "sarif.css"), style);
writeFileSync(
  viewer,
  `<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="sarif.css"><div id="app"></div>
   <script>window.log=${JSON.stringify(log).replaceAll("<", "\\u003c")}</script><script src="sarif.js"></script>`,
);
const results = log.runs[0].results.map((result) => result.ruleId);
await shows("sarif", pathToFileURL(viewer).href, [...new Set(results)]);

// HAR: the network panel of the developer tools, given the file as its import button gives it.
const archive = readFileSync(har, "utf8");
const entries = JSON.parse(archive).log.entries;
if (entries.length === 0) wrong.push("no request in the HTTP Archive");
const names = entries.map((one) => one.request.url.split("/").pop() || new URL(one.request.url).host);
await shows("har", "devtools://devtools/bundled/devtools_app.html", [...new Set(names)], async (page) => {
  // The tools are ready when their tabs are there.
  await page.getByRole("tab", { name: "Network" }).waitFor({ timeout: 30000 });
  await page.evaluate(async (text) => {
    const views = await import("devtools://devtools/bundled/ui/legacy/legacy.js");
    await views.ViewManager.ViewManager.instance().showView("network");
    const network = await import("devtools://devtools/bundled/panels/network/network.js");
    const panel = network.NetworkPanel.NetworkPanel.instance();
    await panel.networkLogView.onLoadFromFile(new File([text], "mute.har"));
  }, archive);
});

// The same in Firefox's, whose rows have the whole host.
const rows = await panelShows(process.env.FIREFOX ?? "/usr/bin/firefox-esr", archive, join(pictures, "har-firefox.png"));
const hosts = [...new Set(entries.map((one) => new URL(one.request.url).host))];
for (const host of hosts.filter((host) => !rows.some((row) => row.includes(host)))) {
  wrong.push(`Firefox's panel does not show ${host}`);
}
console.log(`har-firefox: ${rows.length} of ${entries.length} requests`);
if (rows.length !== entries.length) wrong.push("Firefox's panel does not show every request");

await browser.close();
for (const line of wrong) console.error(line);
process.exit(wrong.length === 0 ? 0 : 1);
