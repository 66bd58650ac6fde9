import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import * as csv from "../../lib/csv.ts";
import { renderInPage } from "../../test/render.tsx";
import { ExportButton } from "./ExportButton.tsx";

const COLUMNS = [{ id: "name", header: "Name", value: (row: string) => row }];

it("saves all rows, not only those that the panel has", async () => {
  const save = vi.spyOn(csv, "saveFile").mockImplementation(() => undefined);
  renderInPage(
    <ExportButton
      file="Names"
      columns={COLUMNS}
      rows={["Ann"]}
      loadRows={async () => ["Ann", "Bo", "Cy"]}
    />,
  );
  await userEvent.click(screen.getByRole("button"));
  await waitFor(() => {
    expect(save).toHaveBeenCalledWith(
      "Names.csv",
      expect.stringMatching(/^Name\r\nAnn\r\nBo\r\nCy\r\n\r\nRange,/),
    );
  });
  save.mockRestore();
});

it("saves nothing rather than a part, and says so", async () => {
  const save = vi.spyOn(csv, "saveFile").mockImplementation(() => undefined);
  renderInPage(
    <ExportButton
      file="Names"
      columns={COLUMNS}
      rows={["Ann"]}
      loadRows={() => Promise.reject(new Error("gone"))}
    />,
  );
  await userEvent.click(screen.getByRole("button"));
  expect(await screen.findByTitle("Not saved: some rows could not be loaded")).toBeTruthy();
  expect(save).not.toHaveBeenCalled();
  save.mockRestore();
});

it("says below the rows what they are of", async () => {
  const save = vi.spyOn(csv, "saveFile").mockImplementation(() => undefined);
  window.history.replaceState(null, "", "/?range=7d&compare=year&rep=r1");
  renderInPage(<ExportButton file="Names" columns={COLUMNS} rows={["Ann"]} />);
  await userEvent.click(screen.getByRole("button"));
  const text = save.mock.calls[0]?.[1] ?? "";
  for (const line of ["Range,7d", "Compared with,year", "Time zone,UTC", "Currency,USD"]) {
    expect(text).toContain(`\r\n${line}\r\n`);
  }
  expect(text).toContain("Filter,Rep,r1");
  expect(text).toMatch(/Saved at,\d{4}-\d\d-\d\dT/);
  save.mockRestore();
});
