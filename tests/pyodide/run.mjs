// Run pytest in Pyodide: node run.mjs FOLDER [arguments of pytest]. __main__.py lays the folder.
import { readFileSync, readdirSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, ...args] = process.argv.slice(2);
const read = (path) => new Uint8Array(readFileSync(`${folder}/${path}`));
// A fatal error shows all of Pyodide's source otherwise.
process.on("uncaughtException", (error) => {
  console.error(String(error.message).slice(0, 2000));
  process.exit(70);
});

const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide/pyodide.mjs`));
const env = { HOME: "/home/pyodide", CAPSET_PROFILE: process.env.CAPSET_PROFILE ?? "ci-glance" };
const python = await loadPyodide({ env });
const site = python.runPython("import site; site.getsitepackages()[0]");
for (const wheel of readdirSync(`${folder}/wheels`)) {
  python.unpackArchive(read(`wheels/${wheel}`), "wheel", { extractDir: site });
}
python.unpackArchive(read("tree.zip"), "zip", { extractDir: "/home/pyodide/tree" });
python.globals.set("args", python.toPy(["-p", "no:cacheprovider", ...args]));
process.exit(
  python.runPython(`
import os, sys
os.chdir("/home/pyodide/tree")
sys.dont_write_bytecode = True  # nobody comes back to what was written
import pytest
int(pytest.main(args))
`),
);
