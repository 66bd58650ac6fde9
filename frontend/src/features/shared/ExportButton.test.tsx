import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, type MockInstance, vi } from "vitest";
import * as csv from "../../lib/csv.ts";
import { renderInPage } from "../../test/render.tsx";
import { ExportButton } from "./ExportButton.tsx";
import { PanelFactsProvider } from "./panelFacts.ts";
import { type FilePeriod, WHOLE_HISTORY } from "./useFileNotes.ts";

let save: MockInstance<typeof csv.saveFile>;

beforeEach(() => {
  save = vi.spyOn(csv, "saveFile").mockImplementation(() => undefined);
});

afterEach(() => window.history.replaceState(null, "", "/"));

const COLUMNS = [{ id: "name", header: "Name", value: (row: string) => row }];

/** A range as the API resolves it; its fragments are masked in types alone. */
const DATES = {
  period: {
    from: "1997-01-01T00:00:00+00:00",
    to: "1998-01-01T00:00:00+00:00",
    zone: "UTC",
    isRunning: false,
    granularities: [],
  },
  comparison: {
    from: "1996-01-01T00:00:00+00:00",
    to: "1997-01-01T00:00:00+00:00",
    zone: "UTC",
    isRunning: false,
    granularities: [],
  },
} as unknown as FilePeriod;

it("saves all rows, not only those that the panel has", async () => {
  renderInPage(
    <ExportButton
      file="Names"
      of={WHOLE_HISTORY}
      columns={COLUMNS}
      rows={["Ann"]}
      loadRows={async () => ["Ann", "Bo", "Cy"]}
    />,
  );
  await userEvent.click(screen.getByRole("button"));
  await waitFor(() => {
    expect(save).toHaveBeenCalledWith(
      "Names, the whole history.csv",
      expect.stringMatching(/\r\n\r\nName\r\nAnn\r\nBo\r\nCy\r\n$/),
    );
  });
});

it("saves nothing rather than a part, and says so", async () => {
  renderInPage(
    <ExportButton
      file="Names"
      of={WHOLE_HISTORY}
      columns={COLUMNS}
      rows={["Ann"]}
      loadRows={() => Promise.reject(new Error("gone"))}
    />,
  );
  await userEvent.click(screen.getByRole("button"));
  expect(await screen.findByTitle("Not saved: some rows could not be loaded")).toBeTruthy();
  expect(save).not.toHaveBeenCalled();
});

it("names the dates in the file's name, and says above the rows what they are of", async () => {
  window.history.replaceState(null, "", "/?range=1997-01-01..1997-12-31&compare=year&rep=r1");
  const facts = {
    asOf: "2026-01-02T03:04:05Z",
    computedAt: "2026-01-01T00:00:00Z",
    leftOut: [
      {
        of: "sales",
        currency: "XXX",
        command: "shopx rates set XXX 2026-03-01 RATE",
        lines: 1,
        gross: "5",
        amount: "5",
        cost: "0",
      },
    ],
  } as const;
  renderInPage(
    <PanelFactsProvider value={facts}>
      <ExportButton file="Names: all" of={DATES} search="an" columns={COLUMNS} rows={["Ann"]} />
    </PanelFactsProvider>,
  );
  await userEvent.click(screen.getByRole("button"));
  const [name, text] = save.mock.calls[0] ?? [];
  expect(name).toBe("Names all 1997-01-01 to 1997-12-31.csv");
  expect(text?.split("\r\n")).toEqual([
    "Names: all",
    "Period,1997-01-01T00:00:00+00:00,1998-01-01T00:00:00+00:00,UTC",
    "Compared with,1996-01-01T00:00:00+00:00,1997-01-01T00:00:00+00:00",
    // The first sale of the fake dashboard.
    "Comparison not complete,Sales begin on 1996-07-04.",
    "Currency,USD",
    "Filter,Rep,r1",
    "Search,an",
    "As of,2026-01-02T03:04:05Z",
    "Computed,2026-01-01T00:00:00Z",
    expect.stringContaining("Without 1 sale line in XXX"),
    "",
    "Name",
    "Ann",
    "",
  ]);
});

it("claims neither a range nor filters for rows of the whole history", async () => {
  window.history.replaceState(null, "", "/?range=7d&compare=year&rep=r1");
  renderInPage(<ExportButton file="Names" of={WHOLE_HISTORY} columns={COLUMNS} rows={["Ann"]} />);
  await userEvent.click(screen.getByRole("button"));
  const [name, text] = save.mock.calls[0] ?? [];
  expect(name).toBe("Names, the whole history.csv");
  expect(text).toContain("Period,the whole history");
  expect(text).not.toMatch(/Filter|Compared|7d/);
});
