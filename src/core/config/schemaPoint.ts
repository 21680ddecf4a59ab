import * as z from "zod";
import { TABLES } from "../modbus/spec";
import { DATA_TYPES } from "../points/point";
import { NAME, nameFault, RESERVED_FOR_POINTS } from "./names";
import { show } from "./nearest";
import {
  decimal,
  duration,
  flag,
  integer,
  key,
  namedBy,
  objectOf,
  oneOf,
  pattern,
  RAW_INTEGER,
  rawInteger,
  required,
  text,
} from "./schemaKinds";
import { pointReporting } from "./schemaPublishing";

const LATER_KEYS: readonly string[] = [];

/** Number, hexadecimal text, or a reference of 5 or 6 digits. What each means: `address.ts`. */
const ADDRESS_TEXT = /^(?:0[xX][0-9A-Fa-f]{1,5}|[0134]\d{4,5})$/;
const HIGHEST_ADDRESS = 65536;

function addressText(input: unknown): string {
  if (typeof input === "number" && Number.isInteger(input)) {
    return `${input} is out of range: addresses go from 0 to 65535 (1 to 65536 with "addressBase": 1)`;
  }
  const forms = 'a number, "0x1F", or a reference of 5 or 6 digits such as "40001" or "400001"';
  if (typeof input === "string" && /^\d+$/.test(input)) {
    return `${show(input)} is not a reference: those have 5 or 6 digits and begin with 0 (coil), 1 (discrete), 3 (input) or 4 (holding); a plain address is a number without quotes`;
  }
  return `${show(input)} is not an address: ${forms}`;
}

const error = ({ input }: { readonly input: unknown }): string => addressText(input);
export const addressSchema = z.union(
  [
    z.int({ error }).min(0, { error }).max(HIGHEST_ADDRESS, { error }),
    z.string({ error }).regex(ADDRESS_TEXT, { error }),
  ],
  { error },
);

export const pointName = {
  pattern: NAME,
  fault: (name: string): string | undefined => nameFault(name, "a point", RESERVED_FOR_POINTS),
};

const bitNumber = {
  pattern: /^(?:\d|[1-5]\d|6[0-3])$/,
  fault(name: string): string | undefined {
    return this.pattern.test(name) ? undefined : `${show(name)} is not a bit: 0 (least significant) to 63`;
  },
};

const rawKey = {
  pattern: RAW_INTEGER,
  fault(name: string): string | undefined {
    return this.pattern.test(name)
      ? undefined
      : `${show(name)} is not a raw value: a whole number in quotes, such as "0" or "0x1F"`;
  },
};

const bitTarget = z.string({ error: ({ input }) => `${show(input)} is not the name of a point` }).check((context) => {
  const fault = pointName.fault(context.value);
  if (fault !== undefined) context.issues.push({ code: "custom", message: fault, input: context.value });
});

const order = pattern(
  /^[A-H]{2,8}$/,
  'letters by significance in the order of arrival, A highest: "ABCD", "CDAB", "GHEFCDAB", "BA"',
);

const AUTO = "auto";
const notAvailable = z.union([z.literal(AUTO), z.array(rawInteger()).max(64)], {
  error: ({ input }) => `${show(input)} does not fit: "auto", or a list of raw values such as [32767, "0x8000"]`,
});

const ofPoint = pattern(NAME, "the name of a point");
const factors = z
  .array(pattern(NAME, "the name of a parameter or a point"), {
    error: ({ input }) => `${show(input)} does not fit: a list of names of parameters or points`,
  })
  .min(1)
  .max(8);

function pair(what: string): z.ZodTuple<[ReturnType<typeof decimal>, ReturnType<typeof decimal>]> {
  return z.tuple([decimal(), decimal()], {
    error: ({ input }) => `${show(input)} does not fit: ${what}, such as [0, 27648]`,
  });
}

const range = objectOf("a range", {
  raw: required(pair("two raw values"), "Two raw values."),
  value: required(pair("two values"), "What they mean, in the unit."),
}).meta({ id: "Range" });

const repeat = objectOf("a repeat", {
  count: required(integer("a count", 1, 999), "How many points there are."),
  stride: key(
    integer("a stride", 1, 65_535),
    "From the address of one to that of the next. Default: the registers of one.",
  ),
}).meta({ id: "Repeat" });

/** How a value stands in its registers. */
const wire = {
  table: key(oneOf("a table", TABLES as readonly ["coil", "discrete", "input", "holding"]), "Where the point stands."),
  address: key(
    addressSchema,
    'Number, or hexadecimal text `"0x1F"` (both by `addressBase`); or a reference as a text of 5 or 6 digits (`"40001"`, `"400001"`, `"30010"`, `"10001"`, `"00017"`): table and 1-based address in one, `table` is then left out.',
  ),
  block: key(
    pattern(NAME, "the name of a block"),
    "The block of the profile that the address counts from: a number, 0 for its first register. The table is the block's.",
  ),
  type: key(
    oneOf("a type", DATA_TYPES),
    "How the registers are read: [types](#types). Default on coils and discrete inputs `bool`, with `bit` or `bits` `uint16`; else required.",
  ),
  order: key(
    order,
    "On a point: one letter for each byte of the type, by significance (A highest), in the order of arrival; texts `AB` or `BA`. 8-bit types, `mod10k`, `ti081` and `ymdhms` take none. In `defaults`: `ABCD`, `CDAB`, `BADC` or `DCBA`, applied to any length (words reversed, bytes swapped). Default: the most significant byte first.",
  ),
  length: key(
    integer("a length", 1, 125),
    "Registers of a `string`, `stringLow`, `stringHigh` (1 to 125) or `mod10k` (2 to 4).",
  ),
  repeat: key(repeat, "So many points: NAME01, NAME02 …, one behind the other."),
  bit: key(integer("a bit", 0, 63), "This bit of the raw integer (0 = least significant) is the value, a boolean."),
  bits: key(
    namedBy("bits", bitNumber, bitTarget),
    'Bit → name of a boolean point: `{"0": "doorOpen"}`. One read serves them all; the word itself is not published.',
  ),
  mask: key(rawInteger(), "Taken of the raw integer, then shifted down to its lowest bit."),
};

/** From raw to value. */
const meaning = {
  scale: key(decimal(), "value = raw × scale + offset, exact.", 1),
  offset: key(decimal(), "See `scale`.", 0),
  scaleBy: key(
    factors,
    "Names of parameters, or of number points of the same device: the scale is multiplied by all of them. Points are read in the same cycle; where one has no value, or 0, the value is bad `decode`.",
  ),
  scalePoint: key(
    ofPoint,
    "An int16 point of the same device, read in the same cycle: its raw value is a power of ten by which the scale is multiplied. Where it is bad, or beyond -10 to 10, the value is bad `decode`.",
  ),
  range: key(
    range,
    "Two raw values and what they mean, in place of scale and offset: the values between and beyond lie on the line through both.",
  ),
  decimals: key(integer("decimals", 0, 9), "Digits kept after the point, rounded half away from zero."),
  enum: key(
    namedBy("an enum", rawKey, text("a text of an enum")),
    'Raw value → text: `{"0": "off"}`. The value is the text; an unlisted raw value is bad `notInEnum`.',
  ),
  notAvailable: key(
    notAvailable,
    "Raw values (before mask and scale) that mean there is no value; `auto`: signed the most negative, unsigned, BCD and dates all ones.",
  ),
  zone: key(
    text("a time zone"),
    'Of dates: what the device\'s clock is set to, an offset (`"+02:00"`) or a name (`"Europe/Berlin"`). The value is then local time with its offset. Default: UTC.',
  ),
  min: key(decimal(), "Plausible range, in the unit: outside is bad `outOfRange`."),
  max: key(decimal(), "See `min`."),
  unit: key(text("a unit"), "A DTDL unit, an alias such as V, A, kW, kWh, °C, Hz, %, bar, or free text."),
  title: key(text("a title"), "For people."),
  description: key(text("a description"), "For people."),
};

/** What is done with it. */
const use = {
  enabled: key(flag(), "`false` leaves the point out.", true),
  group: key(pattern(NAME, "the name of a group"), "The group it is polled with. `default` exists always.", "default"),
  access: key(oneOf("an access", ["read", "readWrite", "write"]), "`write`: never read.", "read"),
  kind: key(
    oneOf("a kind", ["telemetry", "property", "none"]),
    "`property`: reported, not in telemetry (default where `readWrite`); `none`: read for others (default where `write`); else `telemetry`.",
  ),
  writeMin: key(decimal(), "Smallest value accepted, in the unit."),
  writeMax: key(decimal(), "Largest value accepted, in the unit."),
  verify: key(
    oneOf("a verification", ["readBack", "echo"]),
    "After a write: read again and compare (default), or be content with the device's echo (default where `access` is `write`).",
  ),
  verifyPoint: key(
    pattern(NAME, "the name of a point of the same device"),
    "The point that is read back instead of this one: it must show the value that was written. Where both are repeated: the one of the same number.",
  ),
  verifyDelayMs: key(
    duration(0, 20_000),
    "Rest between writing and reading back; other devices are served meanwhile.",
    0,
  ),
  verifyTolerance: key(
    integer("a tolerance in raw steps", 0, 65_535),
    "How far the raw integer read back may differ and still count as verified.",
    0,
  ),
  writeFunction: key(
    oneOf("a write function", ["auto", "single", "multiple", "mask"]),
    "`single`: FC 5, 6, one request a point; `multiple`: FC 15, 16 always; `mask`: FC 22, for a part of one register. `auto`: see [Writing](#writing).",
    "auto",
  ),
  minWriteIntervalMs: key(
    duration(0, 86_400_000),
    "Least time between two writes of the point, for memories that wear out: a write waits for it inside its deadline, or is refused (409) with the time it is possible; a desired value waits as long as it takes (202), the newest is written.",
    0,
  ),
  apply: key(
    oneOf("an apply", ["change", "connect"]),
    "When a desired value is written: only when it changes, or also at each connect of the device that holds another value by then. Of properties.",
    "change",
  ),
  writeExpiresMs: key(
    duration(0, 86_400_000),
    "How long a desired value waits for a device that is away (202); after that it is not written (504). Of properties.",
    60_000,
  ),
  ...pointReporting,
};

export const pointShape = { ...wire, ...meaning, ...use };
export const LATER_POINT_KEYS = LATER_KEYS;

export const pointSchema = objectOf("a point", pointShape, LATER_KEYS).meta({ id: "Point" });

/** Keys of a point as a document gives them. */
export type PointKeys = z.infer<typeof pointSchema>;
