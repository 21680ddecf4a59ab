import { builtInProfiles } from "../../../../src/core/config/profiles";
import { resolveDocument } from "../../../../src/core/config/resolve";

/** A good document with one device `boiler` on `plant`, with the given parts put over it. */
function documentWith(parts: {
  point?: object;
  device?: object;
  root?: object;
  connection?: object;
  profile?: object;
}) {
  const point = { table: "holding", address: 1, type: "uint16", ...parts.point };
  return {
    connections: { plant: { transport: "tcp", host: "plc.local", ...parts.connection } },
    devices: { boiler: { connection: "plant", unitId: 1, points: { x: point }, ...parts.device } },
    ...(parts.profile === undefined ? {} : { profiles: { p: parts.profile } }),
    ...parts.root,
  };
}

function problems(document: unknown): Record<string, string> {
  return Object.fromEntries(resolveDocument(document, builtInProfiles).problems.map(({ path, text }) => [path, text]));
}

const X = "/devices/boiler/points/x";

describe("problems of a document", () => {
  it("finds none in a good one", () => {
    expect(problems(documentWith({}))).toEqual({});
    expect(problems({})).toEqual({});
  });

  it.each<[string, Parameters<typeof documentWith>[0], string, string]>([
    [
      "a type with a slip",
      { point: { type: "flaot32" } },
      `${X}/type`,
      '"flaot32" is not a type; did you mean "float32"?',
    ],
    [
      "an order of a type of whole registers",
      { point: { type: "mod10k", length: 3, order: "ABCD" } },
      `${X}/order`,
      'mod10k has no order of its own: leave it out (a device\'s "order" may reverse its registers)',
    ],
    [
      "an order of a date of bytes",
      { point: { type: "ymdhms", order: "BA" } },
      `${X}/order`,
      'ymdhms has no order of its own: leave it out (a device\'s "order" may reverse its registers)',
    ],
    [
      "an order of a byte",
      { point: { type: "int8High", order: "BA" } },
      `${X}/order`,
      "int8High has no order: leave it out",
    ],
    [
      "too many letters",
      { point: { type: "float16", order: "ABCD" } },
      `${X}/order`,
      '"ABCD" has 4 letters, but float16 has 2 bytes: use AB or BA',
    ],
    [
      "three letters for the four bytes of an int24",
      { point: { type: "int24", order: "ABC" } },
      `${X}/order`,
      '"ABC" has 3 letters, but int24 has 4 bytes: use such as ABCD, CDAB, BADC, DCBA',
    ],
    [
      "a length that mod10k does not have",
      { point: { type: "mod10k", length: 5 } },
      `${X}/length`,
      "a mod10k has 2 to 4 registers, not 5",
    ],
    [
      "mod10k without its length",
      { point: { type: "mod10k" } },
      `${X}/length`,
      '"length" is missing: the registers of the mod10k',
    ],
    [
      "a bit of BCD",
      { point: { type: "bcd16", bit: 3 } },
      `${X}/bit`,
      "only an integer whose bits are its value has bits, and this is bcd16",
    ],
    [
      "a mask of sign and magnitude",
      { point: { type: "signMagnitude16", mask: 3 } },
      `${X}/mask`,
      "only an integer whose bits are its value has a mask, and this is signMagnitude16",
    ],
    [
      "a scale of a date",
      { point: { type: "unix32", scale: 2 } },
      `${X}/scale`,
      'only a number has "scale", and this value is a date',
    ],
    [
      "a zone of a number",
      { point: { type: "uint32", zone: "+02:00" } },
      `${X}/zone`,
      'only a date has a "zone", and this is uint32',
    ],
    [
      "a zone that is nowhere",
      { point: { type: "unix32", zone: "Europe/Berlyn" } },
      `${X}/zone`,
      '"Europe/Berlyn" is no time zone: an offset such as "+02:00", or a name such as "Europe/Berlin"',
    ],
    [
      "a pattern that a BCD does not have",
      { point: { type: "bcd16", notAvailable: ["0x1FFFF"] } },
      `${X}/notAvailable/0`,
      "0x1FFFF is not a raw value of bcd16",
    ],
    [
      "an address out of range",
      { point: { address: 70000 } },
      `${X}/address`,
      '70000 is out of range: addresses go from 0 to 65535 (1 to 65536 with "addressBase": 1)',
    ],
    [
      "an address one too far",
      { point: { address: 65536 } },
      `${X}/address`,
      "65536 is out of range: addresses go from 0 to 65535",
    ],
    [
      "address 0 counted from 1",
      {
        point: { address: 0 },
        device: { addressBase: 1, points: { x: { table: "holding", address: 0, type: "uint16" } } },
      },
      `${X}/address`,
      '0 is out of range: addresses go from 1 to 65536 with "addressBase": 1',
    ],
    [
      "a value over the last address",
      { point: { address: 65535, type: "float32" } },
      `${X}/address`,
      "holding 65535 (465536) and 1 more go beyond the last address, 65535",
    ],
    [
      "a unit id out of range",
      { device: { unitId: 300 } },
      "/devices/boiler/unitId",
      "300 is out of range: a unit id is a whole number from 0 to 255 on tcp, 1 to 247 on serial",
    ],
    [
      "a unit id that is missing",
      { device: { unitId: undefined } },
      "/devices/boiler/unitId",
      '"unitId" is missing: a unit id is a whole number from 0 to 255 on tcp, 1 to 247 on serial',
    ],
    [
      "a unit id in quotes",
      { device: { unitId: "7" } },
      "/devices/boiler/unitId",
      '"7" is a text: write the number without quotes; a unit id is a whole number from 0 to 255 on tcp, 1 to 247 on serial',
    ],
    [
      "an unknown key",
      { device: { groups: { default: { intervallMs: 5 } } } },
      "/devices/boiler/groups/default/intervallMs",
      '"intervallMs" is not a key of a group; did you mean "intervalMs"?',
    ],
    [
      "an unknown key without a neighbour",
      { device: { groups: { default: { colour: 5 } } } },
      "/devices/boiler/groups/default/colour",
      '"colour" is not a key of a group; it has intervalMs, align, consistent, priority, publishMs, aggregate, output',
    ],
    [
      "an interval out of range",
      { device: { groups: { default: { intervalMs: 5 } } } },
      "/devices/boiler/groups/default/intervalMs",
      '5 is out of range: an interval is 10 to 86400000 ms, "connect" or "onDemand"',
    ],
    [
      "a word that is no interval",
      { device: { groups: { default: { intervalMs: "conect" } } } },
      "/devices/boiler/groups/default/intervalMs",
      '"conect" is not an interval; did you mean "connect"?',
    ],
    [
      "a grid without an interval",
      { device: { groups: { default: { intervalMs: "connect", align: true } } } },
      "/devices/boiler/groups/default/align",
      '"connect" has no grid: leave "align" out, or give milliseconds',
    ],
    [
      "a group without an interval",
      { device: { groups: { fast: {} } } },
      "/devices/boiler/groups/fast/intervalMs",
      '"intervalMs" is missing: an interval is 10 to 86400000 ms, "connect" or "onDemand"',
    ],
    [
      "a group that does not exist",
      { point: { group: "defualt" } },
      `${X}/group`,
      'there is no group "defualt"; did you mean "default"?',
    ],
    [
      "a connection that does not exist",
      { device: { connection: "plnat" } },
      "/devices/boiler/connection",
      'there is no connection "plnat"; did you mean "plant"?',
    ],
    [
      "a profile that does not exist",
      { device: { profile: "eastron-sdm360" } },
      "/devices/boiler/profile",
      'there is no profile "eastron-sdm360"; did you mean "eastron-sdm630"?',
    ],
    [
      "neither profile nor points",
      { device: { points: undefined } },
      "/devices/boiler",
      'the device has neither a "profile" nor "points": nothing to read',
    ],
    [
      "a transport that is none",
      { connection: { transport: "tpc" } },
      "/connections/plant/transport",
      '"tpc" is not a transport; did you mean "tcp"?',
    ],
    [
      "a framing that is none",
      { connection: { framing: "rtu-over-tcp" } },
      "/connections/plant/framing",
      '"rtu-over-tcp" is not a framing of tcp: one of mbap, rtu, ascii',
    ],
    [
      "rtu over tls",
      { connection: { transport: "tls", framing: "rtu" } },
      "/connections/plant/framing",
      '"rtu" does not go over tls: Modbus/TCP Security is defined for mbap frames alone; one of mbap',
    ],
    [
      "ascii over udp",
      { connection: { transport: "udp", framing: "ascii" } },
      "/connections/plant/framing",
      '"ascii" does not go over udp: ascii is for serial lines and tcp; one of mbap, rtu',
    ],
    [
      "mbap on a serial line",
      { root: { connections: { plant: { transport: "serial", path: "/dev/a", line: "9600 8N1", framing: "mbap" } } } },
      "/connections/plant/framing",
      '"mbap" does not go over serial: mbap frames are for networks; one of rtu, ascii',
    ],
    [
      "pipelining without transaction ids",
      { connection: { framing: "rtu", maxInFlight: 2 } },
      "/connections/plant/maxInFlight",
      '2 does not go with the framing "rtu": its frames have no transaction id, so one request at a time is under way; leave the key out',
    ],
    [
      "pipelining without transaction ids over udp",
      { connection: { transport: "udp", framing: "rtu", maxInFlight: 4 } },
      "/connections/plant/maxInFlight",
      '4 does not go with the framing "rtu": its frames have no transaction id, so one request at a time is under way; leave the key out',
    ],
    [
      "too many requests under way",
      { connection: { maxInFlight: 17 } },
      "/connections/plant/maxInFlight",
      "17 is out of range: maxInFlight is a whole number from 1 to 16",
    ],
    [
      "a certificate without its key",
      { connection: { transport: "tls", tls: { certPath: "/a.pem" } } },
      "/connections/plant/tls/keyPath",
      '"keyPath" is missing: our certificate and its private key go together ("certPath" is given)',
    ],
    [
      "a key without its certificate",
      { connection: { transport: "tls", tls: { keyPath: "/a.pem" } } },
      "/connections/plant/tls/certPath",
      '"certPath" is missing: our certificate and its private key go together ("keyPath" is given)',
    ],
    [
      "certificates where there is no TLS",
      { connection: { tls: { caPath: "/a.pem" } } },
      "/connections/plant/tls",
      '"tls" is not a key of a tcp connection; it has transport, framing, host, connectTimeoutMs, idleCloseMs, port, maxInFlight, responseTimeoutMs, requestGapMs, connectDelayMs, readRetries, failuresBeforeReopen, for',
    ],
    [
      "direction control",
      {
        root: { connections: { plant: { transport: "serial", path: "/dev/a", line: "9600 8N1", rs485: true } } },
      },
      "/connections/plant/rs485",
      "direction control is not possible here, since the serial port driver cannot switch it in time. Use an adapter that switches by itself (most do), or let the kernel do it (device tree: linux,rs485-enabled-at-boot-time), and leave the key out",
    ],
    [
      "a unit id of no serial line behind a serial server",
      { connection: { framing: "rtu" }, device: { unitId: 255 } },
      "/devices/boiler/unitId",
      '255 is out of range: in rtu frames (connection "plant") a unit id is 1 to 247',
    ],
    [
      "a host with a port",
      { connection: { host: "plc.local:502" } },
      "/connections/plant/host",
      '"plc.local:502" does not fit: a host name or an IP address, such as "plc.local" or "192.168.0.7"; the port stands in "port"',
    ],
    [
      "a name that is none",
      { root: { devices: { "1st": {} } } },
      "/devices/1st",
      '"1st" is not a name for a device: letters, digits and _, first a letter, last no _, at most 64',
    ],
    [
      "a reserved name",
      { root: { devices: { getStatus: {} } } },
      "/devices/getStatus",
      '"getStatus" is a reserved name: call a device otherwise',
    ],
    [
      "a reserved name of a point",
      { device: { points: { modbus: {} } } },
      "/devices/boiler/points/modbus",
      '"modbus" is a reserved name: call a point otherwise',
    ],
    [
      "braces without a range",
      { root: { devices: { "rtu{c}": {} } } },
      "/devices/rtu{c}",
      'the name "rtu{c}" has braces: it needs "for", such as { "c": "01-40" }',
    ],
    [
      "a schema version",
      { root: { schemaVersion: 2 } },
      "/schemaVersion",
      "2 is not a schema version that is known here: write 1",
    ],
    [
      "a list for an object",
      { root: { devices: [] } },
      "/devices",
      "a list is not devices: an object keyed by name is expected",
    ],
    [
      "no type",
      { point: { type: undefined } },
      `${X}/type`,
      '"type" is missing: how the registers are read, such as uint16 or float32',
    ],
    [
      "no table",
      { point: { table: undefined } },
      `${X}/table`,
      '"table" is missing: one of coil, discrete, input, holding',
    ],
    ["no address", { point: { address: undefined } }, `${X}/address`, '"address" is missing'],
    [
      "a string without a length",
      { point: { type: "string" } },
      `${X}/length`,
      '"length" is missing: the registers of the string',
    ],
    [
      "a bool in a register",
      { point: { type: "bool" } },
      `${X}/type`,
      'a bool in a register needs its "bit" (0 to 15), or "bits"',
    ],
    [
      "a number in a coil",
      { point: { table: "coil" } },
      `${X}/type`,
      "the type of a coil or discrete input is bool: leave it out",
    ],
    [
      "table and reference",
      { point: { address: "40001" } },
      `${X}/table`,
      'the reference "40001" says the table (holding): leave "table" out',
    ],
    [
      "a digit string that is no reference",
      { point: { address: "123" } },
      `${X}/address`,
      '"123" is not a reference: those have 5 or 6 digits and begin with 0 (coil), 1 (discrete), 3 (input) or 4 (holding); a plain address is a number without quotes',
    ],
    [
      "reference number 0",
      { point: { table: undefined, address: "40000" } },
      `${X}/address`,
      '"40000" is out of range: references count from 1 to 9999',
    ],
    [
      "a reference over the end",
      { point: { table: undefined, address: "465537" } },
      `${X}/address`,
      '"465537" is out of range: references count from 1 to 65536',
    ],
    [
      "letters that do not fit",
      { point: { order: "ABCD" } },
      `${X}/order`,
      '"ABCD" has 4 letters, but uint16 has 2 bytes: use AB or BA',
    ],
    [
      "an order for an 8-bit type",
      { point: { type: "int8Low", order: "AB" } },
      `${X}/order`,
      "int8Low has no order: leave it out",
    ],
    ["a bit that does not exist", { point: { bit: 16 } }, `${X}/bit`, "bit 16 does not exist: uint16 has bits 0 to 15"],
    [
      "a bit of a float",
      { point: { type: "float32", bit: 1 } },
      `${X}/bit`,
      "only an integer has bits, and this is float32",
    ],
    [
      "two bits of one name",
      { point: { bits: { "0": "a", "1": "a" } } },
      `${X}/bits/1`,
      'another point is called "a" already: call this one otherwise',
    ],
    [
      "bits and a scale",
      { point: { bits: { "0": "a" }, scale: 2 } },
      `${X}/scale`,
      'the word of "bits" is not published itself: leave "scale" out',
    ],
    [
      "a bit named like nothing",
      { point: { bits: { "0": "readPoints" } } },
      `${X}/bits/0`,
      '"readPoints" is a reserved name: call a point otherwise',
    ],
    [
      "a mask that is too wide",
      { point: { mask: "0x10000" } },
      `${X}/mask`,
      '0x10000 is not a mask of uint16: 1 to "0xFFFF"',
    ],
    ["a scale of 0", { point: { scale: 0 } }, `${X}/scale`, "a scale of 0 makes every value the same: leave it out"],
    [
      "a scale that lost digits",
      { point: { offset: 9007199254740992 } },
      `${X}/offset`,
      "9007199254740992 has lost digits: write it as a text, in quotes",
    ],
    [
      "a scale for a boolean",
      { point: { bit: 1, scale: 2 } },
      `${X}/scale`,
      'only a number has "scale", and this value is a boolean',
    ],
    [
      "an enum of values that cannot be",
      { point: { enum: { "70000": "a" } } },
      `${X}/enum/70000`,
      "70000 is not a raw value of uint16",
    ],
    [
      "an enum that names a value twice",
      { point: { enum: { "16": "a", "0x10": "b" } } },
      `${X}/enum/0x10`,
      "the raw value 16 has two texts",
    ],
    [
      "bounds the wrong way round",
      { point: { min: 5, max: 1 } },
      `${X}/min`,
      '"min" is greater than "max": no value is between them',
    ],
    [
      "writing an input register",
      { point: { table: "input", access: "readWrite" } },
      `${X}/access`,
      "the input table can't be written: only coil and holding can",
    ],
    [
      "writing a discrete input",
      { point: { table: "discrete", type: undefined, access: "write" } },
      `${X}/access`,
      "the discrete table can't be written: only coil and holding can",
    ],
    [
      "limits of writing where nothing is written",
      { point: { writeMin: 1 } },
      `${X}/writeMin`,
      '"writeMin" is for points that can be written: give "access": "readWrite"',
    ],
    [
      "reading back what is never read",
      { point: { access: "write", verify: "readBack" } },
      `${X}/verify`,
      'a point that is never read ("access": "write") can\'t be read back: leave it out, or name a "verifyPoint"',
    ],
    [
      "publishing what is never read",
      { point: { access: "write", kind: "telemetry" } },
      `${X}/kind`,
      'a point that is never read ("access": "write") has no value to publish',
    ],
    [
      "more registers than a read may have",
      {
        point: { type: "float32" },
        device: { maxReadRegisters: 1, points: { x: { table: "holding", address: 1, type: "float32" } } },
      },
      `${X}/type`,
      "float32 takes 2 registers, and the device lets 1 be read at once (maxReadRegisters)",
    ],
    [
      "a point over what is never read",
      { device: { neverRead: [[2, 3]], points: { x: { table: "holding", address: 1, type: "float32" } } } },
      `${X}/address`,
      "holding 1 (400002) may not be read: neverRead names 2 to 3 (0-based)",
    ],
    [
      "a range the wrong way round",
      { device: { neverRead: [[3, 2]] } },
      "/devices/boiler/neverRead/0",
      "3 is greater than 2: a range is [first, last]",
    ],
    [
      "a change to a point that the profile does not have",
      {
        profile: { points: { energy: { table: "input", address: 0, type: "uint16" } } },
        device: { profile: "p", points: { enrgy: { group: "default" } } },
      },
      "/devices/boiler/points/enrgy",
      'the profile has no point "enrgy"; did you mean "energy"?',
    ],
    [
      "a fault in a built-in profile's point, by a change",
      { device: { profile: "eastron-sdm630", points: { frequency: { order: "AB" } } } },
      "/devices/boiler/points/frequency/order",
      '"AB" has 2 letters, but float32 has 4 bytes: use such as ABCD, CDAB, BADC, DCBA',
    ],
    [
      "a fault in an unused profile",
      { profile: { points: { x: { table: "input", address: 0, type: "uint16", group: "fast" } } } },
      "/profiles/p/points/x/group",
      'there is no group "fast": default',
    ],
    [
      "letters in defaults that do not fit all types",
      { profile: { defaults: { order: "BACD" }, points: { x: { table: "input", address: 0, type: "uint32" } } } },
      "/profiles/p/defaults/order",
      '"BACD" is not an order for all types: use ABCD, CDAB (words reversed), BADC (bytes swapped in each word) or DCBA (both); other permutations stand on the point',
    ],
  ])("%s", (_what, parts, path, text) => {
    expect(problems(documentWith(parts))).toEqual({ [path]: text });
  });

  it.each([
    [null, "null is not the configuration: an object is expected"],
    [[], "a list is not the configuration: an object is expected"],
    ["{}", '"{}" is not the configuration: an object is expected'],
  ])("refuses %j as a whole", (document, text) => {
    expect(resolveDocument(document, builtInProfiles).root).toEqual([{ path: "", text }]);
  });

  it("gives serial lines their own unit ids, line settings and ports", () => {
    const serial = { transport: "serial", path: "/dev/ttyUSB0", line: "9600 8N1" };
    const point = { table: "coil", address: 0 };
    expect(
      problems({
        connections: { a: serial, b: { ...serial, line: "9600 7E1" }, c: { ...serial } },
        devices: {
          zero: { connection: "a", unitId: 0, points: { x: point } },
          high: { connection: "a", unitId: 248, points: { x: point } },
          last: { connection: "a", unitId: 247, points: { x: point } },
        },
      }),
    ).toEqual({
      "/connections/b/line":
        '"9600 7E1" has 7 data bits, which carry ascii frames alone: write 8, or "framing": "ascii"',
      "/connections/c/path":
        'the connection "a" has this port already: a serial line is one connection, put the devices of both on it',
      "/devices/high/unitId": '248 is out of range: on a serial line (connection "a") a unit id is 1 to 247',
      "/devices/zero/unitId": '0 is out of range: on a serial line (connection "a") a unit id is 1 to 247',
    });
  });

  it.each(["9600", "9600 6N1", "9600 8M1", "9600 8N3"])("refuses the line %s", (line) => {
    const serial = { transport: "serial", path: "/dev/ttyUSB0", line };
    expect(problems({ connections: { a: serial } })).toEqual({
      "/connections/a/line": `"${line}" does not fit: baud rate, data bits (8; 7 with ascii), parity (N, E or O) and stop bits, such as "9600 8N1" or "19200 8E1"`,
    });
  });

  it("warns of two connections to one endpoint and of devices without points", () => {
    const tcp = { transport: "tcp", host: "plc" };
    const off = { table: "coil", address: 0, enabled: false };
    const { warnings, problems: none } = resolveDocument(
      {
        connections: { a: tcp, b: { ...tcp, port: 502 } },
        devices: { d: { connection: "a", unitId: 1, points: { x: off } } },
      },
      builtInProfiles,
    );
    expect(none).toEqual([]);
    expect(warnings.map(({ path }) => path)).toEqual(["/devices/d", "/connections/b/host"]);
  });

  it("takes names that objects have by nature, and refuses __proto__ without touching a prototype", () => {
    const document = JSON.parse(`{
      "connections": { "constructor": { "transport": "tcp", "host": "a" } },
      "profiles": { "valueof": { "points": { "toString": { "table": "coil", "address": 0, "group": "hasOwnProperty" } },
                                 "groups": { "hasOwnProperty": { "intervalMs": 100 } } } },
      "devices": { "constructor": { "connection": "constructor", "unitId": 1, "profile": "valueof" },
                   "toString": { "connection": "constructor", "unitId": 1, "points": { "constructor": { "address": "00001" } } },
                   "valueOf": { "connection": "toString", "unitId": 1, "profile": "constructor" },
                   "__proto__": { "connection": "constructor", "unitId": 1, "points": { "polluted": { "address": "00001" } } } } }`);
    const { problems: found, devices } = resolveDocument(document, builtInProfiles);
    expect(found.map(({ path }) => path).sort()).toEqual([
      "/devices/__proto__",
      "/devices/valueOf/connection",
      "/devices/valueOf/profile",
    ]);
    expect(found).toContainEqual({ path: "/devices/__proto__", text: '"__proto__" is not a name' });
    expect(devices.get("__proto__")?.ok).toBe(false);
    expect(devices.get("constructor")?.ok).toBe(true);
    expect(devices.get("toString")?.ok).toBe(true);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("refuses nesting and size without end", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = { a: deep };
    const [problem, ...more] = Object.entries(problems(documentWith({ point: { enum: { "0": deep } } })));
    expect(problem?.[0]).toContain(`${X}/enum/0`);
    expect(more.length).toBeLessThan(3);
  });
});
