/** The build without subtitles, alternate audio and DRM has the same interface; hls.js declares types for its full build only. */
declare module "hls.js/light" {
  export * from "hls.js";
  export { default } from "hls.js";
}
