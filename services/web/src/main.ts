/** Starts the page. */
import { createApp } from "vue";
import App from "./App.vue";
import { applyLanguage, i18n } from "./i18n";
import { applyTheme } from "./preferences/theme";
import { router } from "./router";
import "./style.css";

applyTheme();
applyLanguage();
createApp(App).use(i18n).use(router).mount("#app");
