/** Writes src/api/schema.d.ts from the OpenAPI document that the API itself prints. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import openapi, { astToString } from "openapi-typescript";

const root = fileURLToPath(new URL("../..", import.meta.url));
const output = fileURLToPath(new URL("src/api/schema.d.ts", import.meta.url));
const python = process.env.VITALWIRE_PYTHON ?? `${root}.venv/bin/python`;

/** The document of a file named on the command line, or else what the API prints. */
function readDocument() {
  const file = process.argv[2];
  if (file !== undefined) return readFileSync(file, "utf8");
  return execFileSync(python, ["-m", "services.api.schema"], { cwd: root, encoding: "utf8", maxBuffer: 2 ** 26 });
}

const heading = "/** Generated from the OpenAPI document by `npm run generate`: do not edit. */\n\n";
writeFileSync(output, heading + astToString(await openapi(JSON.parse(readDocument()))));
