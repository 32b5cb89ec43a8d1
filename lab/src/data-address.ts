/** The address of the folder with a folder for each set of images, or of what is in it. */
export const dataAt = (path = ""): string => new URL(`data/${path}`, document.baseURI).href;
