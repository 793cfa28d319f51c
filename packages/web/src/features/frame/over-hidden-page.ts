/** For a dialog that is seen where nothing else of the page is: beside what is hidden, on the page's own ground. */
export const overHiddenPage = {
  portalProps: { target: document.body },
  overlayProps: { backgroundOpacity: 0 },
};
