/** How the page is built and tested. */
import { readFileSync } from "node:fs";
import vue from "@vitejs/plugin-vue";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const api = process.env.VITALWIRE_WEB_API ?? "http://127.0.0.1:8080";

const REDOC_LOGO = "https://cdn.redoc.ly/redoc/logo-mini.svg";
const NO_IMAGE = "data:image/gif;base64,R0lGODlhAQABAAAAACw=";

/** ReDoc's file as it is, but for the logo that it would fetch from elsewhere. */
function redocWithoutForeignLogo(): Plugin {
  return {
    name: "redoc-without-foreign-logo",
    apply: "build",
    enforce: "pre",
    load(id) {
      if (!id.endsWith("redoc.standalone.js?url")) return null;
      const bundle = readFileSync(id.replace("?url", ""), "utf8");
      if (!bundle.includes(REDOC_LOGO)) throw new Error(`expected ${REDOC_LOGO} in ReDoc's bundle: drop this plugin`);
      const source = bundle.replaceAll(REDOC_LOGO, NO_IMAGE);
      const reference = this.emitFile({ type: "asset", name: "redoc.standalone.js", source });
      return `export default import.meta.ROLLUP_FILE_URL_${reference};`;
    },
  };
}

export default defineConfig({
  base: "/",
  plugins: [vue(), redocWithoutForeignLogo()],
  define: {
    __VUE_OPTIONS_API__: "false",
    __VUE_I18N_LEGACY_API__: "false",
    __INTLIFY_PROD_DEVTOOLS__: "false",
  },
  // Nothing is inlined as a data: address: every file gets a hashed name of its own.
  build: { assetsInlineLimit: 0, chunkSizeWarningLimit: 2000 },
  server: { proxy: { "/api": api, "/ws": { target: api, ws: true } } },
  test: { environment: "node", include: ["tests/**/*.test.ts"] },
});
