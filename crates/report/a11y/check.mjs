// Holds pages against axe-core, and against what somebody meets who does not see them or uses no mouse.
//
// node check.mjs PAGE.html...
// For each page, light and dark: violations of WCAG 2.2 AA by axe-core; headings in the accessibility tree, whose
// levels may not skip one; and everything that the tab key reaches, in the order of the page.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
let wrong = 0;

function say(page, what) {
  wrong += 1;
  console.log(`${page}: ${what}`);
}

async function violations(name, page) {
  await page.evaluate(axe);
  const found = await page.evaluate((runOnly) => window.axe.run(document, { runOnly }), rules);
  for (const one of found.violations) {
    say(name, `${one.id}: ${one.help} (${one.nodes.length}, ${one.nodes[0].html.slice(0, 80)})`);
  }
  return found.passes.length;
}

async function headings(name, page) {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  const of = (node) => node.properties?.find((p) => p.name === "level")?.value.value;
  const levels = nodes.filter((node) => node.role?.value === "heading").map(of);
  levels.reduce((before, level) => {
    if (level > before + 1) say(name, `a heading of level ${level} follows one of level ${before}`);
    return level;
  }, 0);
  return levels.length;
}

async function keyboard(name, page) {
  const wanted = await page.evaluate(() => {
    const all = [...document.querySelectorAll("a[href], button, summary, [tabindex='0']")];
    all.forEach((element, k) => (element.dataset.stop = k));
    return all.length;
  });
  for (let k = 0; k < wanted; k += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => document.activeElement?.dataset.stop);
    if (at !== String(k)) {
      say(name, `the tab key reaches ${at ?? "nothing"} where it should reach ${k}`);
      break;
    }
  }
  return wanted;
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
for (const file of process.argv.slice(2)) {
  for (const colorScheme of ["light", "dark"]) {
    // The page forbids scripts, and axe is one.
    const context = await browser.newContext({ colorScheme, bypassCSP: true });
    const page = await context.newPage();
    await page.goto(`file://${file}`);
    const name = `${file.split("/").pop()}, ${colorScheme}`;
    const stops = await keyboard(name, page);
    const passed = await violations(name, page);
    const all = await headings(name, page);
    console.log(`${name}: ${passed} rules passed, ${all} headings, ${stops} stops of the tab key`);
    await context.close();
  }
}
await browser.close();
process.exit(wrong === 0 ? 0 : 1);
