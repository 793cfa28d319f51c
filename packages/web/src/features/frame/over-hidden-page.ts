/** For a dialog that is seen where nothing else of the page is: beside what is hidden. */
export const overHiddenPage = { target: document.body };
