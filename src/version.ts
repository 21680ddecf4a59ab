import { version } from "../package.json";

/** The version of the product, as package.json states it. */
export const VERSION: string = version;
