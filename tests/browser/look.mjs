// Looks at HTML reports in a real browser and prints what it saw as JSON. The test beside it judges.
//
//   node look.mjs BROWSER PICTURES PAGE...
//
// PICTURES is a folder: screenshots of the first page are compared with those in it; where there is none yet, or
// UPDATE is set, they are written.

import { readFileSync, writeFileSync, existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join, basename } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import pixelmatch from "pixelmatch";
import { PNG } from "pngjs";

const [browserPath, pictures, ...pages] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const LOOKS = [
  { name: "light", colorScheme: "light", viewport: { width: 1000, height: 800 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1000, height: 800 } },
  { name: "phone", colorScheme: "light", viewport: { width: 375, height: 740 } },
];

const browser = await chromium.launch({
  executablePath: browserPath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

async function look(file, { name, colorScheme, viewport }) {
  const context = await browser.newContext({ colorScheme, viewport, reducedMotion: "reduce" });
  const page = await context.newPage();
  const seen = { page: basename(file), look: name, errors: [], requests: [], violations: [] };
  page.on("console", message => message.type() === "error" && seen.errors.push(message.text()));
  page.on("pageerror", error => seen.errors.push(String(error)));
  page.on("dialog", async dialog => { seen.errors.push("dialog: " + dialog.message()); await dialog.dismiss(); });
  page.on("request", request => seen.requests.push(request.url()));
  await page.goto(pathToFileURL(file).href, { waitUntil: "load" });
  seen.title = await page.title();
  seen.overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  seen.findings = await page.locator("details.finding").count();
  seen.cells = await page.locator("td > i").count();
  seen.plots = await page.locator("svg.plot").count();
  seen.tables = await page.locator("svg[role=img]:not(.plot)").count();
  const picture = await page.screenshot({ animations: "disabled" });
  await page.evaluate(() => document.querySelectorAll("details").forEach(d => { d.open = true; }));
  await page.evaluate(axe);
  const found = await page.evaluate(async () => (await axe.run()).violations);
  seen.violations = found.map(v => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map(n => n.html).join(" | ")}`);
  await context.close();
  return { seen, picture };
}

// A reader without a mouse: to the findings, into one, and out of it again.
async function keyboard(file) {
  const page = await browser.newPage();
  await page.goto(pathToFileURL(file).href, { waitUntil: "load" });
  await page.keyboard.press("Tab");
  const first = await page.evaluate(() => document.activeElement.className);
  await page.keyboard.press("Enter");
  const jumped = await page.evaluate(() => location.hash);
  let reached = false;
  for (let n = 0; n < 60 && !reached; n += 1) {
    await page.keyboard.press("Tab");
    reached = await page.evaluate(() => document.activeElement.matches("details.finding > summary"));
  }
  const open = () => page.evaluate(() => document.activeElement.parentElement.open);
  const before = reached && await open();
  await page.keyboard.press("Enter");
  const toggled = reached && (await open()) !== before;
  await page.selectOption("#filter select[name=verdict]", "fail");
  const left = await page.locator("article.check:visible").count();
  const failed = await page.locator("article.check.fail").count();
  const printed = (await page.pdf({ format: "A4" })).length;
  await page.close();
  return { first, jumped, reached, toggled, left, failed, printed };
}

// How much of two pictures differs, 0 to 1; all of it where their sizes do.
function differs(picture, file) {
  if (!existsSync(file) || process.env.UPDATE) {
    writeFileSync(file, picture);
    return 0;
  }
  const [a, b] = [PNG.sync.read(picture), PNG.sync.read(readFileSync(file))];
  if (a.width !== b.width || a.height !== b.height) return 1;
  return pixelmatch(a.data, b.data, null, a.width, a.height, { threshold: 0.2 }) / (a.width * a.height);
}

const looks = [];
for (const [n, file] of pages.entries()) {
  // Hostile text is the same in every light.
  const ways = basename(file).startsWith("tainted-") ? LOOKS.slice(-1) : LOOKS;
  for (const way of ways) {
    const { seen, picture } = await look(file, way);
    if (n === 0) seen.differs = differs(picture, join(pictures, `report-${way.name}.png`));
    looks.push(seen);
  }
}
const result = { looks, keyboard: await keyboard(pages[0]) };
await browser.close();
console.log(JSON.stringify(result));
