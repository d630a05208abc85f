/** Starts the page. */
import { createApp } from "vue";
import App from "./App.vue";
import { applyLanguage, i18n } from "./i18n";
import { applyTheme } from "./preferences/theme";
import { router } from "./router";
import "./styles/tokens.css";
import "./styles/elements.css";
import "./styles/frame.css";
import "./styles/tables.css";
import "./styles/host.css";
import "./styles/delivery.css";
import "./styles/range.css";
import "./styles/alerts.css";
import "./styles/settings.css";
import "./styles/forms.css";
import "./styles/documents.css";
import "./styles/small_screens.css";

applyTheme();
applyLanguage();
createApp(App).use(i18n).use(router).mount("#app");
