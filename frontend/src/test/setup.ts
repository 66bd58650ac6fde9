import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

// Generous, for busy machines.
configure({ asyncUtilTimeout: 30_000 });

afterEach(cleanup);
