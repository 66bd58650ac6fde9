import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

// Generous, for busy machines.
configure({ asyncUtilTimeout: 30_000 });

afterEach(cleanup);

// jsdom has the element, but not yet its methods.
HTMLDialogElement.prototype.showModal ??= function showModal(this: HTMLDialogElement) {
  this.open = true;
};
HTMLDialogElement.prototype.close ??= function close(this: HTMLDialogElement) {
  this.open = false;
};
