/** Saved views and annotations; they record something, so they run alone. */
import { expect, test } from "@playwright/test";
import { panel, settled } from "./dashboardPage.ts";

const HALF = "?range=1997-07-01..1997-12-31&compare=previous";

test("a token keeps a view and annotates a day, which the chart shows", async ({ page }) => {
  await page.goto(`/${HALF}`);
  await page.getByRole("button", { name: "Views" }).click();
  const views = page.getByRole("dialog", { name: "Saved views" });
  await views.getByLabel("API token").fill(process.env.API_TOKEN ?? "");
  await views.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();

  await page.getByRole("button", { name: "Views" }).click();
  await views.getByLabel("Save this page as").fill("Second half");
  await views.getByRole("button", { name: "Save", exact: true }).click();
  await expect(views.getByRole("link", { name: "Second half" })).toBeVisible();
  await page.keyboard.press("Escape");

  await page.goto("/reps?range=28d");
  await page.getByRole("button", { name: "Views" }).click();
  await views.getByRole("link", { name: "Second half" }).click();
  await expect(page).toHaveURL(`/${HALF}`);

  const chart = await settled(panel(page, "Revenue over time"));
  await chart.getByRole("button", { name: "Annotations" }).click();
  const notes = page.getByRole("dialog", { name: "Annotations" });
  await notes.getByLabel("From").fill("1997-10-06");
  await notes.getByLabel("To", { exact: true }).fill("1997-10-06");
  await notes.getByLabel("What happened").fill("Catalogue sent");
  await notes.getByRole("button", { name: "Add" }).click();
  await expect(notes.getByText("Catalogue sent")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(chart.getByRole("list", { name: "Annotations" })).toContainText(
    "Oct 6, 1997: Catalogue sent",
  );

  await chart.getByRole("button", { name: "Annotations" }).click();
  await notes.getByRole("button", { name: "Remove Catalogue sent" }).click();
  await expect(notes.getByText("None yet")).toBeVisible();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Views" }).click();
  await views.getByRole("button", { name: "Remove Second half" }).click();
  await expect(views.getByText("None yet")).toBeVisible();
});
