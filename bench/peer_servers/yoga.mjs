// GraphQL Yoga over PostgreSQL, as its documentation shows it: node yoga.mjs PACKAGES DSN PORT cached|plain
import { createServer } from "node:http";
import { createRequire } from "node:module";

const [packages, dsn, port, mode] = process.argv.slice(2);
const load = createRequire(`${packages}/package.json`);
const { createSchema, createYoga } = load("graphql-yoga");
const { useResponseCache } = load("@graphql-yoga/plugin-response-cache");
const { Pool } = load("pg");

const pool = new Pool({ connectionString: dsn, max: 4 });
const schema = createSchema({
  typeDefs: `
    type Day { day: String! revenue: String! }
    type Query { days(since: String!, until: String!): [Day!]! }
  `,
  resolvers: {
    Query: {
      days: async (_, { since, until }) =>
        (
          await pool.query({
            name: "days",
            text: "select day::text, revenue::text from peers.days($1, $2)",
            values: [since, until],
          })
        ).rows,
    },
  },
});
const plugins = mode === "cached" ? [useResponseCache({ session: () => null, ttl: 60_000 })] : [];
createServer(createYoga({ schema, plugins, graphiql: false, logging: false })).listen(
  Number(port),
  "127.0.0.1",
);
