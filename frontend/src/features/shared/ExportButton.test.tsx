import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import * as csv from "../../lib/csv.ts";
import { ExportButton } from "./ExportButton.tsx";

const COLUMNS = [{ id: "name", header: "Name", value: (row: string) => row }];

it("saves all rows, not only those that the panel has", async () => {
  const save = vi.spyOn(csv, "saveFile").mockImplementation(() => undefined);
  render(
    <ExportButton
      file="Names"
      columns={COLUMNS}
      rows={["Ann"]}
      loadRows={async () => ["Ann", "Bo", "Cy"]}
    />,
  );
  await userEvent.click(screen.getByRole("button"));
  await waitFor(() => {
    expect(save).toHaveBeenCalledWith("Names.csv", "Name\r\nAnn\r\nBo\r\nCy\r\n");
  });
  save.mockRestore();
});

it("saves nothing rather than a part, and says so", async () => {
  const save = vi.spyOn(csv, "saveFile").mockImplementation(() => undefined);
  render(
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
