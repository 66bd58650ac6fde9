/** A report from the form to the mail server, and the dialog's states. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type Locator, type Page, test } from "@playwright/test";
import { expectAccessible, expectNoOverflow } from "./dashboardPage.ts";

const YEAR = "?range=1997-01-01..1997-12-31&compare=previous";
const { ADMIN_TOKEN, MAIL_PORT, SHOPX_PYTHON } = process.env;
let server: ChildProcess;
let folder = "";

test.skip(
  ADMIN_TOKEN === undefined || MAIL_PORT === undefined || SHOPX_PYTHON === undefined,
  "needs ADMIN_TOKEN with the scope admin, and the dashboard's mail server at MAIL_PORT",
);

test.beforeAll(async () => {
  folder = join(mkdtempSync(join(tmpdir(), "shopx-mail-")), "box");
  const mailbox = ["-c", "aiosmtpd.handlers.Mailbox", folder];
  server = spawn(
    SHOPX_PYTHON ?? "",
    ["-m", "aiosmtpd", "-n", "-l", `127.0.0.1:${MAIL_PORT}`, ...mailbox],
    { stdio: "ignore" },
  );
  await expect.poll(() => answers(Number(MAIL_PORT))).toBe(true);
});
test.afterAll(() => server.kill());

function answers(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = createConnection(port, "127.0.0.1", () => done(true));
    socket.on("error", () => done(false));
    socket.on("connect", () => socket.destroy());
  });
}

function mails(): readonly string[] {
  const arrived = join(folder, "new");
  return readdirSync(arrived).map((name) => readFileSync(join(arrived, name), "latin1"));
}

/** The bytes of an attachment by its file's ending. */
function attachment(mail: string, ending: string): Buffer {
  const part = mail.split(/^--=.*$/m).find((one) => one.includes(`.${ending}"`)) ?? "";
  const body = part
    .split(/\r?\n\r?\n/)
    .slice(1)
    .join("");
  return Buffer.from(body, "base64");
}

async function openReports(page: Page, token: string | undefined): Promise<Locator> {
  if (token !== undefined) {
    await page.addInitScript((kept) => window.sessionStorage.setItem("shopx.token", kept), token);
  }
  await page.goto(`/${YEAR}`);
  await page.getByRole("button", { name: "Reports" }).click();
  await page.getByRole("button", { name: "Scheduled reports and alerts…" }).click();
  const dialog = page.getByRole("dialog", { name: "Scheduled reports and alerts" });
  await expect(dialog).toBeVisible();
  return dialog;
}

test("a report that the form creates arrives by mail, once, with its files", async ({ page }) => {
  const dialog = await openReports(page, ADMIN_TOKEN);
  await dialog.getByRole("button", { name: "New report or alert" }).click();
  await dialog.getByLabel("Name", { exact: true }).fill("Monday figures");
  await dialog.getByLabel("Range").selectOption("LAST_28_DAYS");
  await dialog.getByLabel("When", { exact: true }).selectOption("0 7 * * MON");
  await dialog.getByLabel("XLSX").check();

  // What is wrong is said in the form, which keeps what was typed.
  await dialog.getByLabel("Addresses").fill("boss at example.org");
  await dialog.getByRole("button", { name: "Keep" }).click();
  await expect(dialog.getByRole("alert")).toContainText("boss");
  await expect(dialog.getByLabel("Name", { exact: true })).toHaveValue("Monday figures");
  await dialog.getByLabel("Addresses").fill("boss@example.org");
  await dialog.getByRole("button", { name: "Keep" }).click();

  const entry = dialog.getByRole("listitem").filter({ hasText: "Monday figures" });
  await expect(entry).toContainText("boss@example.org");
  await expect(entry).toContainText("PDF, XLSX");
  await entry.getByRole("button", { name: /^Send now/ }).click();
  await expect(entry).toContainText("History: Sent", { timeout: 120_000 });
  expect(mails()).toHaveLength(1);
  const [mail = ""] = mails();
  expect(mail).toMatch(/^To: boss@example\.org\r?$/m);
  expect(mail).toMatch(/^From: .*reports@example\.org/m);
  expect(mail).toContain("Monday figures");
  expect(attachment(mail, "pdf").subarray(0, 5).toString()).toBe("%PDF-");
  expect(attachment(mail, "xlsx").subarray(0, 2).toString()).toBe("PK");

  await entry.getByText(/^History: Sent/).click();
  await expect(entry.getByRole("row").nth(1)).toContainText("boss@example.org");
  await entry.getByRole("button", { name: /^Pause/ }).click();
  await expect(entry).toContainText("paused");
  await entry.getByRole("button", { name: /^Remove/ }).click();
  await entry.getByRole("button", { name: /^Remove it with its history/ }).click();
  await expect(entry).toHaveCount(0);
});

test("without the scope the dialog says which token is needed", async ({ page }) => {
  const dialog = await openReports(page, undefined);
  await expect(dialog).toContainText("a token with the scope admin");
  await dialog.getByLabel("API token").fill(ADMIN_TOKEN ?? "");
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
});

test("Esc closes the dialog, and the focus is where it was", async ({ page }) => {
  const dialog = await openReports(page, ADMIN_TOKEN);
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Reports" })).toBeFocused();
});

for (const width of [1440, 390]) {
  test(`the dialog is accessible and fits, with its form and an alert: ${width}`, async ({
    page,
  }) => {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ reducedMotion: "reduce" });
    const dialog = await openReports(page, ADMIN_TOKEN);
    await dialog.getByRole("button", { name: "New report or alert" }).click();
    await dialog.getByLabel("Send only when a figure crosses a value").check();
    await expect(dialog.getByLabel("Figure", { exact: true })).toBeVisible();
    await expectNoOverflow(page);
    const box = await dialog.boundingBox();
    expect(box?.width).toBeLessThanOrEqual(width);
    await expectAccessible(page, () => expect(dialog).toBeVisible());
  });
}
