import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { Popover } from "./Popover.tsx";

describe("Popover", () => {
  it("closes on Esc, returns the focus and hides the key from the page", async () => {
    const onPageKey = vi.fn();
    document.addEventListener("keydown", onPageKey);
    render(
      <Popover name="Things" label="Open">
        {() => <input aria-label="inside" />}
      </Popover>,
    );
    const button = screen.getByRole("button", { name: "Open" });
    await userEvent.click(button);
    await userEvent.click(screen.getByLabelText("inside"));
    await userEvent.keyboard("{Escape}");
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(document.activeElement).toBe(button);
    expect(onPageKey).not.toHaveBeenCalled();
    document.removeEventListener("keydown", onPageKey);
  });

  it("closes on a click outside", async () => {
    render(
      <>
        <p>elsewhere</p>
        <Popover name="Things" label="Open">
          {() => <p>content</p>}
        </Popover>
      </>,
    );
    await userEvent.click(screen.getByRole("button", { name: "Open" }));
    expect(screen.getByRole("dialog", { name: "Things" })).toBeTruthy();
    await userEvent.click(screen.getByText("elsewhere"));
    expect(screen.queryByRole("dialog")).toBeNull();
  });
});
