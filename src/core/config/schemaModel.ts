import * as z from "zod";
import { NAME, nameFault, PROFILE_NAME } from "./names";
import { show } from "./nearest";
import { decimal, duration, flag, integer, key, namedBy, pattern, text } from "./schemaKinds";

const LAST_ADDRESS = 65_535;
/** More points than a device has. */
const MAX_USED = 10_000;

const parameterName = { pattern: NAME, fault: (name: string) => nameFault(name, "a parameter") };
const parameters = namedBy("parameters", parameterName, decimal());
const pointNames = z
  .array(pattern(NAME, "the name of a point"), {
    error: ({ input }) => `${show(input)} does not fit: a list of point names`,
  })
  .max(MAX_USED);

/** What a profile says of itself. */
export const aboutProfile = {
  title: key(text("a title"), "For people."),
  manufacturer: key(text("a manufacturer"), "For people."),
  model: key(text("a model"), "For people: the maker's name of the model."),
  source: key(text("a source"), "For people: where the facts come from, and under which licence."),
};

export const extendsKey = key(
  pattern(PROFILE_NAME, 'the name of a profile, such as "eastron-sdm630"'),
  "The profile that this one changes: merged by name and key by key, `null` takes away. One level: that profile extends none itself. With its own name: the one that it hides.",
);

export const profileParameters = key(
  parameters,
  "Numbers that differ from installation to installation (transformer ratios), with what they are where a device says nothing. Points name them in `scaleBy`.",
);

/** What a device says of the part of its profile that it is. */
export const deviceModel = {
  parameters: key(parameters, "Numbers in place of those of the profile."),
  use: key(pointNames, "Only these points. Points that they need are read too, and not published."),
  addressOffset: key(
    integer("addressOffset", -LAST_ADDRESS, LAST_ADDRESS),
    "Added to every address of the device: those of its points, of `neverRead`, of blocks with an address.",
    0,
  ),
};

/** Templates are replaced by their instances before anything is validated: this is for editors and the reference. */
export const instancesKey = key(
  namedBy(
    "ranges",
    { pattern: /^[A-Za-z][A-Za-z0-9]*$/, fault: () => undefined },
    pattern(/^\d{1,6}(?:-\d{1,6})?$/, 'a range such as "1-8", or "01-40" for two digits'),
  ),
  'Makes one for each number of these ranges: `{ "c": "01-40", "u": "1-8" }`. The name bears each variable in braces (`rtu{c}u{u}`); in texts `{c}` stands for the number as it is written, `{100+c}` for a sum, a difference or a product; where a number is expected it is one (`"unitId": "{u}"`). What stands under the very name of an instance is merged over it.',
);

/** Quirks of the link to one unit. */
export const linkQuirks = {
  connectDelayMs: key(
    duration(0, 60_000),
    "Rest between the opening of the connection and the first request to this device; its neighbours do not wait.",
  ),
  lenientUnitId: key(
    flag(),
    "Takes answers that bear another unit id, as some devices send; with `mbap` alone, where the transaction id says whose answer it is.",
    false,
  ),
};
