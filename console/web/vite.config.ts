import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** The page is served by the console under `/`; in development its API is taken from there. */
const api = process.env["VEHICLEGUARD_API"] ?? "http://127.0.0.1:8642";

export default defineConfig({
  base: "./",
  build: {
    outDir: fileURLToPath(new URL("../page", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // a data: address would need a wider content security policy
    modulePreload: { polyfill: false },
    license: { fileName: "licenses.md" }, // the bundle carries others' code, so also their licences
    chunkSizeWarningLimit: 1300, // MapLibre alone is 1.1 MB before compression
  },
  worker: { format: "es" },
  server: { proxy: { "/api": { target: api, changeOrigin: false } } },
  test: { include: ["test/**/*.test.ts"], environment: "node" },
});
