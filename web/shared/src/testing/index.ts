export { axeViolations } from "./axe.ts";
export { flatten, messageValues, missingPlurals } from "./catalogues.ts";
