import "@fontsource-variable/geist/index.css";
import "@fontsource-variable/geist-mono/index.css";
import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./global.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createQueryClient } from "./api.ts";
import { App } from "./app.tsx";

const place = document.getElementById("root");
if (place === null) throw new Error("index.html has no place for the app");
createRoot(place).render(
  <StrictMode>
    <App queryClient={createQueryClient()} />
  </StrictMode>,
);
