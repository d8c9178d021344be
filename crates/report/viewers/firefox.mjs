// Firefox's network panel, driven by its own remote control.
import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Firefox's own remote control (Marionette): a message is its length, a colon, and [type, id, command, parameters]. */
export class Marionette {
  static async start(program) {
    const profile = mkdtempSync(join(tmpdir(), "firefox-"));
    const port = 20000 + Math.floor(Math.random() * 20000);
    const settings = `user_pref("marionette.port", ${port});\nuser_pref("devtools.toolbox.host", "window");\n`;
    writeFileSync(join(profile, "user.js"), settings);
    const words = ["--headless", "--no-remote", "--marionette", "--remote-allow-system-access", "--profile", profile];
    const app = spawn(program, words, { stdio: "ignore" });
    for (;;) {
      const socket = await new Promise((done) => {
        const s = connect(port, "127.0.0.1");
        s.once("connect", () => done(s)).once("error", () => done(null));
      });
      if (socket) return new Marionette(app, socket);
      if (app.exitCode !== null) throw new Error(`${program} ended with ${app.exitCode}`);
      await new Promise((done) => setTimeout(done, 200));
    }
  }
  constructor(app, socket) {
    Object.assign(this, { app, socket, waiting: new Map(), id: 0, rest: Buffer.alloc(0) });
    socket.on("data", (bytes) => this.read(bytes));
  }
  read(bytes) {
    this.rest = Buffer.concat([this.rest, bytes]);
    for (;;) {
      const colon = this.rest.indexOf(":");
      if (colon < 0) return;
      const end = colon + 1 + Number(this.rest.subarray(0, colon));
      if (this.rest.length < end) return;
      const message = JSON.parse(this.rest.subarray(colon + 1, end));
      this.rest = this.rest.subarray(end);
      if (!Array.isArray(message)) continue; // its greeting
      const [, id, error, result] = message;
      const [done, failed] = this.waiting.get(id);
      error ? failed(new Error(`${error.error}: ${error.message}`)) : done(result);
    }
  }
  send(command, parameters = {}) {
    const id = ++this.id;
    const text = JSON.stringify([0, id, command, parameters]);
    this.socket.write(`${Buffer.byteLength(text)}:${text}`);
    return new Promise((done, failed) => this.waiting.set(id, [done, failed]));
  }
  end() {
    this.socket.destroy();
    this.app.kill();
  }
}

/** The rows that the network panel shows of an HTTP Archive, given as its import gives it; draws the panel. */
export async function panelShows(program, archive, picture) {
  const firefox = await Marionette.start(program);
  try {
    await firefox.send("WebDriver:NewSession", {});
    await firefox.send("Marionette:SetContext", { value: "chrome" });
    const script = `
      const [archive, done] = arguments;
      (async () => {
        const { require } = ChromeUtils.importESModule("resource://devtools/shared/loader/Loader.sys.mjs");
        const { gDevTools } = require("devtools/client/framework/devtools");
        const toolbox = await gDevTools.showToolboxForTab(gBrowser.selectedTab, { toolId: "netmonitor" });
        const { panelWin } = toolbox.getPanel("netmonitor");
        const { HarImporter } = panelWin.windowRequire("devtools/client/netmonitor/src/har/har-importer");
        new HarImporter(panelWin.actions).import(archive);
        const rows = () => [...panelWin.document.querySelectorAll(".request-list-item")];
        const frame = () => new Promise((next) => panelWin.requestAnimationFrame(next));
        while (rows().length === 0) await frame();
        return rows().map((row) => row.textContent);
      })().then(done, (e) => done("failed: " + e));`;
    const args = [archive];
    const seen = await firefox.send("WebDriver:ExecuteAsyncScript", { script, args, scriptTimeout: 60000 });
    if (!Array.isArray(seen.value)) throw new Error(seen.value);
    // The tools are in a window of their own, the last one.
    const windows = await firefox.send("WebDriver:GetWindowHandles");
    await firefox.send("WebDriver:SwitchToWindow", { handle: windows.at(-1), focus: true });
    const drawn = await firefox.send("WebDriver:TakeScreenshot", { full: false });
    writeFileSync(picture, Buffer.from(drawn.value, "base64"));
    return seen.value;
  } finally {
    firefox.end();
  }
}
