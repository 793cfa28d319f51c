import "@fontsource-variable/geist/index.css";
import "@fontsource-variable/geist-mono/index.css";
// In a layer: the styles of the app win in whatever order the files arrive.
import "@mantine/core/styles.layer.css";
import "@mantine/notifications/styles.layer.css";
import "./global.css";
import "./media.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createQueryClient, sessionOwner } from "./api/client.ts";
import { App } from "./app.tsx";

const place = document.getElementById("root");
if (place === null) throw new Error("index.html has no place for the app");
sessionOwner.watch();
createRoot(place).render(
  <StrictMode>
    <App queryClient={createQueryClient()} />
  </StrictMode>,
);
