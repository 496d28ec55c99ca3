// page.mjs PLAYWRIGHT PICTURES - drives Chromium over report.html of the present folder. Prints a line for each check, like the scripts.
import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";

const [, , playwright, pictures] = process.argv;
const { chromium } = createRequire(playwright)("playwright-core");
const TESTS = ["write", "rewrite", "read", "reread", "random read", "random write", "backward read", "record rewrite", "stride read",
	"fwrite", "frewrite", "fread", "freread"];
const LIMIT = 120000; // of one wait: the machine may be busy
let failures = 0;

function check(what, good, detail) {
	console.log(`${good ? "ok" : "not ok"} - ${what}${good || detail === undefined ? "" : ` (${JSON.stringify(detail).slice(0, 600)})`}`);
	failures += good ? 0 : 1;
}
function twin(what, good) {
	check(`twin: ${what}`, !good);
}

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", timeout: LIMIT,
	args: [...process.getuid() === 0 ? ["--no-sandbox"] : [], "--use-angle=swiftshader", "--enable-unsafe-swiftshader"] });

/* Opens a page that keeps what it says and asks for. */
async function open(file, options = {}) {
	const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
	const page = await context.newPage();

	page.setDefaultTimeout(LIMIT);
	page.said = [];
	page.asked = [];
	page.on("console", (message) => page.said.push(`${message.type()}: ${message.text()}`));
	page.on("pageerror", (error) => page.said.push(`error: ${error.message}`));
	page.on("request", (request) => /^(data|blob):/.test(request.url()) || page.asked.push(request.url()));
	await page.goto(`file://${resolve(file)}`, { waitUntil: "load" });
	return page;
}

/* The page's policy forbids evaluated texts, and with them Playwright's own way to wait. */
async function until(page, question, argument, limit = LIMIT) {
	const end = Date.now() + limit;

	for (;;) {
		const answer = await page.evaluate(question, argument);
		if (answer || Date.now() > end)
			return answer;
		await page.waitForTimeout(50);
	}
}
const allDrawn = () => {
	const shown = [...document.querySelectorAll(".chart")].filter((box) => box.checkVisibility());
	return shown.length > 0 && shown.every((box) => box.dataset.drawn);
};

/* How many colours a picture that the page made of a surface has. */
const coloursOf = async (selector) => {
	const picture = document.querySelector(selector);
	await picture.decode();
	const canvas = Object.assign(document.createElement("canvas"), { width: 160, height: 100 });
	const context = canvas.getContext("2d");
	context.drawImage(picture, 0, 0, 160, 100);
	const bytes = context.getImageData(0, 0, 160, 100).data, seen = new Set();
	for (let at = 0; at < bytes.length; at += 4)
		seen.add(`${bytes[at] >> 4},${bytes[at + 1] >> 4},${bytes[at + 2] >> 4}`);
	return seen.size;
};

function boot(machine, number) {
	const lines = readFileSync(`${machine}/boot-${number}/journal.jsonl`, "utf8").trim().split("\n").map((line) => JSON.parse(line));
	const name = (step) => lines.find((line) => line.testStepArtifact?.testStepId === step && line.testStepArtifact.testStepStart).testStepArtifact.testStepStart.name;
	return (step, metric) => lines.find((line) => line.testStepArtifact?.measurement?.name === metric && name(line.testStepArtifact.testStepId) === step).testStepArtifact.measurement.value;
}
function text(page, selector) {
	return page.evaluate((where) => document.querySelector(where)?.textContent ?? "", selector);
}

async function everythingIsThere(page) {
	const sections = ["summary", "bonnie", "network", "simultaneous", "iozone", "disk", "latency", "validity", "differences", "disclosure"];
	const found = await page.evaluate(() => [...document.querySelectorAll("main > section")].map((one) => one.id));
	check("the sections, verdicts first", found.join() === sections.join(), found);
	const average = await page.evaluate(() => [...document.querySelectorAll("#bonnie table tr")].map((row) => [...row.children].map((cell) => cell.textContent)));
	const value = Math.round(boot("metal", 1)("file.bonnie", "putc")), rows = average.filter((row) => row[1] && row[1].includes("boot 1 run"));
	check("bonnie++: a line for each run of each boot", rows.length === 12, rows.length);
	check("bonnie++: an average for each machine and table", average.filter((row) => row[1] === "average").length === 4);
	check("bonnie++: the average is the journal's", Math.abs(rows.slice(0, 3).reduce((sum, row) => sum + Number(row[2].replace(",", "")), 0) / 3 - value) <= 1, [rows[0], value]);
	check("ping's table", (await text(page, "#network")).includes("mdev ms"));
	check("the verdicts of assay compare", /vm against metal/.test(await text(page, "#summary")) && /0\.7/.test(await text(page, "#summary dl")));
	check("the fact in which they differ", (await text(page, "#differences")).includes("kvm-clock"));
	const verified = await page.evaluate(() => [...document.querySelectorAll("#validity table")].filter((one) => one.caption.textContent.includes("assay verify"))
		.flatMap((one) => [...one.querySelectorAll("tbody tr")].map((row) => [...row.children].map((cell) => cell.textContent))));
	check("what assay verify says, a row for each requirement", verified.length >= 31 && verified.every((row) => row.length === 4), verified.length);
	check("the hash chain holds", verified.some((row) => row[0] === "E5" && row[2] === "pass" && row[3] === "pass"), verified);
	twin("runs that are what they say are called not to be trusted", (await text(page, "#summary")).includes("not to be trusted"));
	twin("a requirement that nobody has", verified.some((row) => row[0] === "E99"));
	check("the words in full", (await text(page, "#disclosure code")).includes("assay.plan=page-2011"));
}

async function chartsAreDrawn(page) {
	check("every chart in view is drawn", await until(page, allDrawn));
	const shown = await page.evaluate(() => [...document.querySelectorAll(".chart:not(.space)")].map((box) => [box.getAttribute("aria-label"),
		box.querySelectorAll("path.js-line, path.point, .scatterlayer path").length]));
	check("each flat chart has lines or dots", shown.length >= 7 && shown.every(([, marks]) => marks > 0), shown);
	check("each chart has a table beside it", await page.evaluate(() => [...document.querySelectorAll("figure")].every((one) => one.closest("section").querySelector("table"))));
	check("a histogram's line ends at its maximum", await page.evaluate(() => [...document.querySelectorAll("#latency .chart")].every((box) => box.data.length === 8 && box.data[0].y.length > 20)));
	const stacked = await page.evaluate(() => document.querySelector("#simultaneous .chart").data.map((one) => one.y.length));
	check("shares over time of both machines", stacked.join() === "12,12", stacked);
}

async function iozoneTabs(page) {
	const tabs = page.locator("#iozone [role=tab]"), names = await tabs.allTextContents();

	check("the 13 tests of iozone", names.join() === TESTS.join(), names);
	await tabs.first().focus();
	for (let number = 0; number < TESTS.length; number++) {
		if (number)
			await page.keyboard.press("ArrowRight");
		const panel = `#iozone [role=tabpanel]:nth-of-type(${number + 2})`;
		const drawn = await until(page, (where) => [...document.querySelectorAll(`${where} .space`)].filter((box) => box.dataset.drawn && box.querySelector("canvas")).length === 2, panel);
		const state = await page.evaluate((where) => {
			const shown = document.querySelector(where), focused = document.activeElement;
			return { shown: !shown.hidden, labelled: document.getElementById(shown.getAttribute("aria-labelledby")) === focused, selected: focused.getAttribute("aria-selected"),
				maps: shown.querySelectorAll(".heatmap").length, clear: shown.querySelectorAll(".heatmap:last-child td.heat:not(.dim):not(.none)").length,
				dim: shown.querySelectorAll("td.dim").length, others: [...document.querySelectorAll("#iozone [role=tabpanel]:not([hidden])")].length };
		}, panel);
		check(`${TESTS[number]}: two surfaces, three maps, by keyboard`, drawn && state.shown && state.labelled && state.selected === "true" && state.maps === 3 && state.others === 1, state);
		const reads = TESTS[number].includes("read");
		check(`${TESTS[number]}: ${reads ? "all 41 ratios are clear" : "no ratio is clear, all are dimmed"}`, state.dim === (reads ? 0 : 41), state);
		if (number === 2) {
			await until(page, (where) => document.querySelector(`${where} img[src]`), panel);
			check("a surface has many colours", await page.evaluate(coloursOf, `${panel} img`) > 12);
			await page.evaluate(() => { document.body.append(Object.assign(new Image(), { id: "blank", src: "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7" })); });
			twin("a blank picture has", await page.evaluate(coloursOf, "#blank") > 12);
			await page.evaluate(() => document.getElementById("blank").remove());
			await page.locator("#iozone").screenshot({ path: `${pictures}/iozone-read.png`, timeout: LIMIT });
			await turned(page, panel);
		}
	}
	await page.keyboard.press("Home");
	check("Home goes to the first", await page.evaluate(() => document.activeElement.textContent) === "write");
	check("surfaces out of view give their drawing back", await until(page, () => [...document.querySelectorAll(".space canvas")].length <= 12));
}

/* From the middle to the right; the camera follows from one drawing to the next. */
async function drag(page, space) {
	await space.scrollIntoViewIfNeeded();
	const box = await space.boundingBox(), x = box.x + box.width / 2, y = box.y + box.height / 2;

	await page.mouse.move(x, y);
	await page.waitForTimeout(200);
	await page.mouse.down();
	for (let step = 1; step <= 8; step++) {
		await page.mouse.move(x + 12 * step, y + 2 * step);
		await page.waitForTimeout(100);
	}
	await page.mouse.up();
}

async function turned(page, panel) {
	const eye = (where) => JSON.stringify(document.querySelector(`${where} .space`)._fullLayout.scene.camera.eye);
	const before = await page.evaluate(eye, panel);

	await page.locator(`${panel} .turn button`).first().focus();
	await page.keyboard.press("Enter");
	const changed = await until(page, ([where, old]) => JSON.stringify(document.querySelector(`${where} .space`)._fullLayout.scene.camera.eye) !== old, [panel, before]);
	check("a surface turns by keyboard", changed);
	await page.locator(`${panel} .turn button`).nth(4).click();
	check("and back", await until(page, ([where, old]) => ["x", "y", "z"].every((axis) =>
		Math.abs(document.querySelector(`${where} .space`)._fullLayout.scene.camera.eye[axis] - JSON.parse(old)[axis]) < 0.02), [panel, before]), [before, await page.evaluate(eye, panel)]);
	const seen = (where) => document.querySelector(`${where} .space`)._fullLayout.scene._scene.getCamera().eye.x; // as it is drawn
	const now = await page.evaluate(seen, panel);
	let dragged = false;

	for (let again = 0; again < 6 && !dragged; again++) { // a slow drawing may miss a drag
		await drag(page, page.locator(`${panel} .space`).first());
		await page.waitForTimeout(1000);
		dragged = Math.abs(await page.evaluate(seen, panel) - now) > 0.1;
	}
	check("and by pointer", dragged);
	const eyeNow = (where) => document.querySelector(`${where} .space`)._fullLayout.scene._scene.getCamera().eye;
	const isFirst = ([where, old]) => { const eye = document.querySelector(`${where} .space`)._fullLayout.scene._scene.getCamera().eye;
		return ["x", "y", "z"].every((axis) => Math.abs(eye[axis] - JSON.parse(old)[axis]) < 0.02); };
	twin("a dragged surface shows its first view", await page.evaluate(isFirst, [panel, before]));
	await page.locator(`${panel} .turn button`).nth(4).click();
	check("reset brings a dragged surface back, as it is drawn", await until(page, isFirst, [panel, before]), [before, await page.evaluate(eyeNow, panel)]);
	await page.locator("#iozone [role=tab][aria-selected=true]").focus();
}

/* From the top to the bottom with the Tab key alone. */
async function keyboard(page) {
	await page.evaluate(() => { document.activeElement.blur(); window.scrollTo(0, 0); });
	await page.mouse.click(2, 2);
	await page.keyboard.press("Tab");
	check("the first stop skips to the results", await page.evaluate(() => document.activeElement.className) === "skip");
	await page.screenshot({ path: `${pictures}/keyboard.png`, timeout: LIMIT });
	await page.keyboard.press("Enter");
	check("and goes there", await until(page, () => document.activeElement.id === "main"));
	const wanted = await page.evaluate(() => [...document.querySelectorAll("main a, main button, main summary, main [tabindex='0']")]
		.filter((one) => one.checkVisibility() && one.tabIndex >= 0).length);
	let reached = 0, seen = true;
	for (; reached < wanted + 50; reached++) {
		await page.keyboard.press("Tab");
		const now = await page.evaluate(() => ({ in: Boolean(document.activeElement.closest("main")), outline: getComputedStyle(document.activeElement).outlineStyle }));
		if (!now.in)
			break;
		seen = seen && now.outline !== "none";
	}
	check("Tab reaches everything that can be worked, and goes on", reached >= wanted, [reached, wanted]);
	check("and one sees where it is", seen);
	const summary = page.locator("#disclosure summary").first();
	await summary.focus();
	await page.keyboard.press("Enter");
	check("a detail opens by keyboard", await page.evaluate(() => document.querySelector("#disclosure details").open));
}

async function meaning(page) {
	const wrong = await page.evaluate(() => {
		const found = [], levels = [...document.querySelectorAll("h1, h2, h3")].map((one) => Number(one.tagName[1]));
		levels.forEach((level, at) => at && level > levels[at - 1] + 1 && found.push(`heading ${at}`));
		document.querySelectorAll("th:not([scope])").forEach(() => found.push("th without scope"));
		document.querySelectorAll("table").forEach((one) => one.caption || found.push("table without caption"));
		document.querySelectorAll(".chart").forEach((one) => one.getAttribute("role") === "img" && one.getAttribute("aria-label") || found.push("chart without words"));
		document.querySelectorAll("img").forEach((one) => one.alt || found.push("picture without words"));
		document.querySelectorAll("[role=tab]").forEach((one) => document.getElementById(one.getAttribute("aria-controls"))?.getAttribute("role") === "tabpanel" || found.push("tab without panel"));
		document.querySelectorAll("select, input").forEach((one) => one.labels.length || found.push("switch without label"));
		document.querySelectorAll("button").forEach((one) => one.textContent.trim() || found.push("button without words"));
		const ids = [...document.querySelectorAll("[id]:not(.chart *)")].map((one) => one.id);
		if (new Set(ids).size !== ids.length)
			found.push("an id twice");
		if (!document.documentElement.lang || document.querySelectorAll("main, header, nav, h1").length !== 4)
			found.push("language or landmarks");
		return [...new Set(found)];
	});
	check("headings, tables, charts, tabs and switches say what they are", wrong.length === 0, wrong);
}

/* WCAG's ratio of ink to paper. */
function contrast(first, second) {
	const light = (colour) => colour.match(/\d+/g).slice(0, 3).map((one) => one / 255).map((one) => one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
		.reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);
	const [high, low] = [light(first), light(second)].sort((a, b) => b - a);
	return (high + 0.05) / (low + 0.05);
}
async function coloursNow(page) {
	return page.evaluate(() => ({ paper: getComputedStyle(document.body).backgroundColor, inks: [document.body, document.querySelector("a[href='#summary']"), document.querySelector(".good"),
		document.querySelector(".warn"), document.querySelector(".remark")].map((one) => getComputedStyle(one).color), plot: document.querySelector("#network .chart")._fullLayout.paper_bgcolor }));
}
async function coloursAre(page, what, dark) {
	const end = Date.now() + LIMIT;
	let now = await coloursNow(page);

	while ((now.paper === "rgb(20, 23, 27)") !== dark || (now.plot === "#14171b") !== dark) {
		if (Date.now() > end)
			break;
		await page.waitForTimeout(50);
		now = await coloursNow(page);
	}
	check(`${what}: page and charts`, (now.paper === "rgb(20, 23, 27)") === dark && (now.plot === "#14171b") === dark, now);
	check(`${what}: every ink is readable (4.5)`, now.inks.every((ink) => contrast(ink, now.paper) >= 4.5), now);
}
async function lightAndDark(page) {
	await coloursAre(page, "light", false);
	await page.emulateMedia({ colorScheme: "dark" });
	await coloursAre(page, "dark by the system", true);
	await page.selectOption("#colours", "light");
	await coloursAre(page, "light by the switch", false);
	await page.emulateMedia({ colorScheme: "light" });
	await page.selectOption("#colours", "dark");
	await coloursAre(page, "dark by the switch", true);
	await until(page, allDrawn);
	await page.screenshot({ path: `${pictures}/dark.png`, timeout: LIMIT });
	await page.locator("#iozone").screenshot({ path: `${pictures}/dark-iozone.png`, timeout: LIMIT });
	await page.selectOption("#colours", "auto");
	await coloursAre(page, "as the system again", false);
}

async function eachRun(page) {
	await page.selectOption("#grouping", "runs");
	check("each run by itself: columns and charts anew", await until(page, () => document.querySelector("#summary").textContent.includes("vm, run 8")) && await until(page, allDrawn));
	await page.selectOption("#grouping", "machines");
	check("and machines again", await until(page, () => !document.querySelector("#summary").textContent.includes("vm, run 8")) && await until(page, allDrawn));
}

async function hostileTexts(page) {
	const found = await page.evaluate(() => ({ hacked: window.hacked, words: document.querySelector("#disclosure").textContent.includes("</script><script>window.hacked=1</script>"),
		elements: document.querySelectorAll("main script, img[onerror]").length }));
	check("markup in a journal is text", found.hacked === undefined && found.words && found.elements === 0, found);
}

async function phone() {
	const page = await open("report.html", { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true });

	await until(page, allDrawn);
	const widths = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
	check("a phone: nothing is wider than the screen", widths[0] <= 360, widths);
	const wide = await page.evaluate(() => [...document.querySelectorAll(".chart")].filter((box) => box.offsetParent && box.getBoundingClientRect().right > 361).length);
	check("a phone: nor any chart", wide === 0, wide);
	await page.screenshot({ path: `${pictures}/phone.png`, timeout: LIMIT });
	await page.evaluate(() => document.querySelector("#iozone").scrollIntoView());
	await page.screenshot({ path: `${pictures}/phone-iozone.png`, timeout: LIMIT });
	await page.evaluate(() => document.body.append(Object.assign(document.createElement("div"), { style: "width: 500px; height: 1px" })));
	twin("a phone with something wide", await page.evaluate(() => document.documentElement.scrollWidth) <= 360);
	quiet("a phone", page);
	await page.context().close();
}

function quiet(what, page) {
	check(`${what}: no word on the console`, page.said.length === 0, page.said);
	check(`${what}: nothing is asked of anybody`, page.asked.length === 1 && page.asked[0].startsWith("file:"), page.asked);
}

/* The same questions where the answer must be no. */
async function twins() {
	const html = readFileSync("report.html", "utf8");
	writeFileSync("foreign.html", html.replace("<main", "<img src=\"https://192.0.2.1/x.png\" alt=\"\"><main"));
	writeFileSync("raw.html", html.replace("</body>", "<script>window.hacked=3</script></body>"));
	writeFileSync("open.html", html.replace(/<meta http-equiv[^>]*>/, "").replace("</body>", "<script>window.hacked=3; console.warn('x')</script></body>"));
	const foreign = await open("foreign.html"), raw = await open("raw.html"), bare = await open("open.html");
	twin("a page with a foreign picture is quiet", foreign.said.length === 0);
	check("the policy keeps a foreign script from running", await raw.evaluate(() => window.hacked) === undefined);
	twin("without the policy it does not run", await bare.evaluate(() => window.hacked) === undefined);
	twin("and a warning is heard", bare.said.length === 0);
	for (const page of [foreign, raw, bare])
		await page.context().close();
}

async function withoutScripts() {
	const page = await open("report.html", { javaScriptEnabled: false });
	check("without scripts it says so", (await page.locator("main").innerText()).includes("scripts switched off"));
	await page.context().close();
}

async function oneRun() {
	const page = await open("one.html");
	check("one run alone: drawn, no ratio, no differences", await until(page, allDrawn) && await page.evaluate(() => !document.querySelector("#differences") && !document.querySelector(".dim")));
	quiet("one run alone", page);
	await page.context().close();
}

async function changedRun() {
	const page = await open("changed.html");
	check("a changed run: named first, and by the requirement that fails", (await text(page, "#summary .verdicts")).includes("not to be trusted")
		&& await page.evaluate(() => [...document.querySelectorAll("#validity tbody tr")].some((row) => row.children[0].textContent === "E5" && row.children[2].textContent === "fail")));
	await page.context().close();
}

const page = await open("report.html");
await everythingIsThere(page);
await chartsAreDrawn(page);
await page.screenshot({ path: `${pictures}/top.png`, timeout: LIMIT });
await iozoneTabs(page);
await keyboard(page);
await meaning(page);
await hostileTexts(page);
await lightAndDark(page);
await eachRun(page);
await page.pdf({ path: `${pictures}/report.pdf`, format: "A4", printBackground: true });
quiet("all of this", page);
await page.context().close();
await phone();
await oneRun();
await changedRun();
await withoutScripts();
await twins();
await browser.close();
process.exit(failures ? 1 : 0);
