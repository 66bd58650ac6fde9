import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const ROOT = resolve(import.meta.dirname, "../..");
const MANIFEST = join(import.meta.dirname, "dashboard.yaml");
const BIN = process.env.SHOPX_BIN ?? join(ROOT, ".venv/bin");
const NORTHWIND = resolve(
  process.env.NORTHWIND_SQL ?? join(ROOT, "../shared/datasets/northwind/northwind.sql"),
);
const START_SECONDS = 300;
const STOP_SECONDS = 60;

/** Starts a dashboard with Northwind, unless `BASE_URL` names one; returns its teardown. */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.BASE_URL !== undefined) return undefined;
  requireFile(join(ROOT, "api/shopx_api/static/index.html"), "Run `npm run build`.");
  requireFile(
    join(BIN, "shopx"),
    "Run `make setup`, or set SHOPX_BIN to the folder of another environment.",
  );
  requireFile(NORTHWIND, "Set NORTHWIND_SQL to Northwind's PostgreSQL script.");

  const folder = mkdtempSync(join(tmpdir(), "shopx-browser-"));
  // Started by root, PostgreSQL runs as another user, which needs access to its data.
  chmodSync(folder, 0o755);
  const state = join(folder, "state");
  const port = await freePort();
  const log = join(folder, "up.log");
  const output = openSync(log, "a");
  const mailPort = await freePort();
  const manifest = join(folder, "dashboard.yaml");
  writeFileSync(manifest, readFileSync(MANIFEST, "utf8") + mailSettings(mailPort));
  const at = ["-f", manifest, "--state", state];
  const up = spawn(join(BIN, "shopx"), ["up", ...at, "--port", String(port)], {
    stdio: ["ignore", output, output],
  });
  const stop = async () => {
    await stopProcess(up);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const url = `http://127.0.0.1:${port}`;
    await waitUntilReady(url, up, log);
    execFileSync(
      join(BIN, "python"),
      [join(import.meta.dirname, "import_northwind.py"), state, manifest, NORTHWIND],
      { stdio: ["ignore", "ignore", "inherit"] },
    );
    process.env.API_TOKEN = newToken(at, "browser-tests", ["read", "ingest"]);
    process.env.ADMIN_TOKEN = newToken(at, "browser-reports", ["read", "admin"]);
    process.env.MAIL_PORT = String(mailPort);
    process.env.SHOPX_PYTHON = join(BIN, "python");
    process.env.FEEDS_FOLDER = join(state, "feeds");
    process.env.STATE_FOLDER = state;
    process.env.BASE_URL = url;
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

/** A mail server on this machine, as lines of the manifest's `spec`; nothing listens there yet. */
function mailSettings(port: number): string {
  return `  reports:
    smtp: {host: 127.0.0.1, port: ${port}, tls: none, from: reports@example.org}
`;
}

function newToken(at: readonly string[], name: string, scopes: readonly string[]): string {
  const rights = scopes.flatMap((scope) => ["--scope", scope]);
  const every = scopes.includes("ingest") ? ["--every-source"] : [];
  return execFileSync(
    join(BIN, "shopx"),
    ["exec", ...at, "token", "create", name, ...rights, ...every],
    { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
  ).trim();
}

function requireFile(path: string, hint: string): void {
  if (!existsSync(path)) throw new Error(`${path} does not exist. ${hint}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === "string") throw new Error("There is no free port.");
  return address.port;
}

async function waitUntilReady(url: string, up: ChildProcess, log: string): Promise<void> {
  for (let waited = 0; waited < START_SECONDS; waited += 0.5) {
    if (up.exitCode !== null) break;
    const answer = await fetch(`${url}/readyz`).catch(() => null);
    if (answer?.ok) return;
    await sleep(500);
  }
  const lines = readFileSync(log, "utf8").split("\n").slice(-30).join("\n");
  throw new Error(
    `The dashboard is not ready after ${START_SECONDS} s or has exited. Its log ends:\n${lines}`,
  );
}

async function stopProcess(up: ChildProcess): Promise<void> {
  if (up.exitCode !== null) return;
  const exit = new Promise((done) => up.once("exit", done));
  up.kill("SIGTERM");
  const timer = setTimeout(() => up.kill("SIGKILL"), STOP_SECONDS * 1000);
  await exit;
  clearTimeout(timer);
}
