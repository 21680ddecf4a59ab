import * as z from "zod";
import { NAME } from "./names";
import { show } from "./nearest";
import { decimal, duration, integer, key, namedBy, oneOf, pattern, text } from "./schemaKinds";

export const REPORT_AT_LEAST_MS = 900_000;
const LONGEST_MS = 86_400_000;

const PERCENT = /^(?:100|\d{1,2})(?:\.\d{1,6})?%$/;

const deadband = z.union([decimal(), z.string().regex(PERCENT)], {
  error: ({ input }) =>
    `${show(input)} is not a deadband: a number in the unit of the point, or a share of the value last sent such as "2%"`,
});

/** When a value of a point is worth sending. */
export const pointReporting = {
  report: key(
    oneOf("a way to report", ["always", "change"]),
    "`change`: a value is sent when it differs from the one last sent. Default: `change` for booleans, points with `enum` and with `deadband`; else `always`.",
  ),
  deadband: key(
    deadband,
    'Numbers, with `change`: only a value that differs by more from the one last sent. In the unit, or as a share of the value last sent: `"2%"`.',
  ),
  reportAtLeastMs: key(
    integer("a duration in ms", 1000, LONGEST_MS),
    "With `change`: a value that has not been sent for so long is sent all the same.",
    REPORT_AT_LEAST_MS,
  ),
};

/** How the values of a group are published. */
export const groupPublishing = {
  publishMs: key(
    duration(10, LONGEST_MS),
    "Published once in so long, at least the interval. Default: with every poll.",
  ),
  aggregate: key(
    oneOf("an aggregate", ["last", "mean", "min", "max", "delta"]),
    "With `publishMs`: what is made of the numbers of a period. Texts and booleans: the last.",
    "last",
  ),
  output: key(pattern(NAME, "the name of an output"), "The output that its values go to.", "telemetry"),
};

/** Names that messages have already, or that the hub keeps for itself. */
const RESERVED_TAG = /^(?:\$|iothub-)|^(?:content-type|contentType|contentEncoding|messageId)$/i;
const TAG_NAME = /^[A-Za-z0-9!#$%&'*+\-^_`|~]{1,64}$/;

const tagName = {
  pattern: TAG_NAME,
  fault(name: string): string | undefined {
    if (RESERVED_TAG.test(name)) return `${show(name)} is a property that messages have already: choose another name`;
    return TAG_NAME.test(name)
      ? undefined
      : `${show(name)} is not the name of a message property: 1 to 64 letters, digits or -_.`;
  },
};

/** Percent-encoded as they travel: MQTT has room for 65,535 bytes around a message, and its other properties need some. */
const MOST_TAG_BYTES = 16_384;
const LONE_SURROGATE = /\p{Surrogate}/u;

const tags = namedBy("tags", tagName, text("a tag")).superRefine((given, { addIssue }) => {
  let bytes = 0;
  for (const [name, value] of Object.entries(given)) {
    if (!LONE_SURROGATE.test(value)) bytes += encodeURIComponent(name).length + encodeURIComponent(value).length + 2;
    else
      addIssue({
        code: "custom",
        path: [name],
        message: `${show(value)} has half of a character: messages can't carry it`,
      });
  }
  if (bytes > MOST_TAG_BYTES)
    addIssue({
      code: "custom",
      message: `the tags take ${bytes} bytes in every message of the device, percent-encoded; at most ${MOST_TAG_BYTES}: leave some out or shorten them`,
    });
});

export const deviceIdentity = {
  identity: key(
    oneOf("an identity", ["component", "none"], ["device"]),
    "`component`: a component of the module; `none`: only in outputs of formats other than `pnp`, neither modelled nor reported.",
    "component",
  ),
  tags: key(
    tags,
    "Properties of its messages, by name: routes can select by them. Together at most 16,384 bytes, percent-encoded.",
  ),
};
