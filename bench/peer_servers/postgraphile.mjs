// PostGraphile over the schema `peers`: node postgraphile.mjs PACKAGES DSN PORT
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [packages, dsn, port] = process.argv.slice(2);
const load = createRequire(`${packages}/package.json`);
const from = (name) => import(pathToFileURL(load.resolve(name)));
const { postgraphile } = await from("postgraphile");
const { PostGraphileAmberPreset } = await from("postgraphile/presets/amber");
const { makePgService } = await from("postgraphile/adaptors/pg");
const { grafserv } = await from("postgraphile/grafserv/node");

const server = createServer();
await postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({ connectionString: dsn, schemas: ["peers"] })],
  grafserv: { port: Number(port), watch: false, graphiql: false },
})
  .createServ(grafserv)
  .addTo(server);
server.listen(Number(port), "127.0.0.1");
