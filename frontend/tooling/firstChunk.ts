/**
 * Puts what the dashboard needs before its first render into one chunk: a few large files compress
 * better than many small ones. What the API explorer needs too stays in chunks that both load.
 */
import { join } from "node:path";

const SOURCES = join(import.meta.dirname, "../src");

/** The part of a bundler's chunking context that is read here. */
interface ModuleGraph {
  getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null;
}

/** All modules that one needs at once: its imports and theirs. */
export function reachable(graph: ModuleGraph, entry: string): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [entry];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    open.push(...(graph.getModuleInfo(id)?.importedIds ?? []));
  }
  return found;
}

/** A generated document: which are needed at once is seen in the code that uses them alone. */
const DOCUMENT = /\?document=/;

/** Names the chunk of a module; `null` leaves it to the bundler. */
export function firstChunk(): (id: string, graph: ModuleGraph) => string | null {
  const entries = ["main.tsx", "graphiql/main.tsx"].map((name) => join(SOURCES, name));
  let parts: readonly ReadonlySet<string>[] | null = null;
  return (id, graph) => {
    parts ??= entries.map((entry) => reachable(graph, entry));
    const [page, explorer] = parts;
    return id !== entries[0] && page?.has(id) && !explorer?.has(id) && !DOCUMENT.test(id)
      ? "page"
      : null;
  };
}
