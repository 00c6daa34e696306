// The pages named, at two widths: what axe-core finds, how small the letters are, what runs over the side.
const puppeteer = require("puppeteer-core");
const source = require("fs").readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const [, , chromium, ...files] = process.argv;

function told() {
  const isDrawn = (one) => one.getBoundingClientRect().width > 0;
  const letters = [...document.querySelectorAll("body *")].filter((one) => isDrawn(one) && !one.closest("svg") &&
    [...one.childNodes].some((part) => part.nodeType === 3 && part.textContent.trim()));
  const figures = [...document.querySelectorAll(".drawn img, .drawn svg")].filter(isDrawn).map((one) =>
    one.getBoundingClientRect().width - parseFloat(getComputedStyle(one.closest(".drawn")).getPropertyValue("--least")));
  return axe.run(document, { resultTypes: ["violations"] }).then((found) => ({
    faults: found.violations.map((one) => ({ rule: one.id, impact: one.impact, where: one.nodes[0].target.join(" ") })),
    smallest: Math.min(...letters.map((one) => parseFloat(getComputedStyle(one).fontSize))),
    least: Math.min(...figures, 0), over: document.documentElement.scrollWidth - window.innerWidth,
  }));
}

(async function () {
  const browser = await puppeteer.launch({ executablePath: chromium, args: ["--no-sandbox", "--disable-gpu"] });
  const all = [];
  for (const file of files) {
    for (const width of [390, 1280]) {
      const page = await browser.newPage();
      await page.setViewport({ width, height: 900 });
      await page.goto(`file://${file}`);
      await page.evaluate(source);
      all.push({ file, width, ...(await page.evaluate(told)) });
      await page.close();
    }
  }
  console.log(JSON.stringify(all));
  await browser.close();
})();
