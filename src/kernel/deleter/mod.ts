export { type LinkDeleter, type LinkDeleterOptions, openLinkDeleter } from "./link-deleter.ts";
