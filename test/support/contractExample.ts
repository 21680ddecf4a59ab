/** The example of the documentation, whole. */
export function contractExample() {
  return {
    schemaVersion: 1,
    connections: {
      hall: { transport: "serial", path: "/dev/ttyUSB0", line: "19200 8E1" },
      plant: { transport: "tcp", host: "plc.local" },
    },
    profiles: {
      "acme-boiler": {
        title: "ACME boiler",
        defaults: { table: "input" },
        groups: { fast: { intervalMs: 1000 } },
        points: {
          supplyTemperature: { address: 100, type: "int16", scale: 0.1, unit: "degreeCelsius", group: "fast" },
          energy: { address: 110, type: "uint64", order: "GHEFCDAB", unit: "kilowattHour", scale: 0.001 },
          alarms: { address: 7, type: "uint16", bits: { "0": "doorOpen", "1": "lowWater" } },
          setpoint: {
            table: "holding",
            address: 200,
            type: "uint16",
            scale: 0.5,
            unit: "degreeCelsius",
            access: "readWrite",
            writeMin: 10,
            writeMax: 80,
          },
          alarmReset: { table: "coil", address: 8, access: "write" },
        },
        commands: {
          resetAlarm: {
            title: "Reset alarm",
            steps: [{ write: { alarmReset: true } }, { waitMs: 500 }, { write: { alarmReset: false } }],
          },
        },
      },
    },
    devices: {
      boiler: { connection: "hall", unitId: 7, profile: "acme-boiler", points: { energy: { group: "fast" } } },
      mainMeter: { connection: "plant", unitId: 1, profile: "eastron-sdm630" },
    },
  };
}
