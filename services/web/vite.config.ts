/** How the page is built and tested. */
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vitest/config";

const api = process.env.VITALWIRE_WEB_API ?? "http://127.0.0.1:8080";

export default defineConfig({
  base: "/",
  plugins: [vue()],
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
