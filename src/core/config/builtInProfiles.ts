import eastronSdm630 from "../../../profiles/eastron-sdm630.json";
import wbMr6c from "../../../profiles/wb-mr6c.json";

/** The profiles that come with the product, by name: the files of `profiles/`, inside the bundle. */
export const BUILT_IN_PROFILES: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["eastron-sdm630", eastronSdm630],
  ["wb-mr6c", wbMr6c],
]);
