import { legacyAddress } from "../../../../src/core/config/legacy/legacyAddress";
import {
  type LegacyValue,
  legacyV1Body,
  legacyV2Body,
  legacyValue,
  localStamp,
} from "../../../../src/core/telemetry/legacy";
import { type EpochMs, epochMs } from "../../../../src/kernel/units";
import { decimal, pointOf } from "../points/pointFixture";

const SECOND = Date.UTC(2018, 3, 17, 12, 28, 48);
const stamp = (at: EpochMs): string => new Date(at).toISOString().slice(0, 19).replace("T", " ");

function value(
  slave: string,
  displayName: string | null,
  address: string,
  text: string,
  more: Partial<LegacyValue> = {},
): LegacyValue {
  return {
    slave,
    hwId: `HW-${slave}`,
    correlationId: "c",
    displayName,
    address,
    value: text,
    at: epochMs(SECOND),
    ...more,
  };
}

test("version 2: values of one correlation id and one second share an entry, in the order of arrival", () => {
  const values = [
    value("s2", "Flow", "300001", "7"),
    value("s1", "Voltage", "400001", "1840"),
    value("s1", "Voltage", "400002", "31497", { at: epochMs(SECOND + 999) }),
    value("s1", "Relay", "00001", "1", { correlationId: "d" }),
    value("s1", "Voltage", "400001", "1841", { at: epochMs(SECOND + 1000) }),
    value("s1", "Current", "400003", "2785"),
  ];
  expect(legacyV2Body(values, epochMs(SECOND + 2000), ["s0", "s1", "s2"], stamp)).toBe(
    '{"PublishTimestamp":"2018-04-17 12:28:50","Content":[' +
      '{"HwId":"HW-s1","Data":[' +
      '{"CorrelationId":"c","SourceTimestamp":"2018-04-17 12:28:48","Values":[' +
      '{"DisplayName":"Voltage","Address":"400001","Value":"1840"},' +
      '{"DisplayName":"Voltage","Address":"400002","Value":"31497"},' +
      '{"DisplayName":"Current","Address":"400003","Value":"2785"}]},' +
      '{"CorrelationId":"d","SourceTimestamp":"2018-04-17 12:28:48","Values":[{"DisplayName":"Relay","Address":"00001","Value":"1"}]},' +
      '{"CorrelationId":"c","SourceTimestamp":"2018-04-17 12:28:49","Values":[{"DisplayName":"Voltage","Address":"400001","Value":"1841"}]}]},' +
      '{"HwId":"HW-s2","Data":[{"CorrelationId":"c","SourceTimestamp":"2018-04-17 12:28:48","Values":[{"DisplayName":"Flow","Address":"300001","Value":"7"}]}]}]}',
  );
});

test("version 1: an array with everything of each value; what is absent is null", () => {
  const values = [value("s1", "Voltage", "400001", "1840"), value("s1", null, "400002", "0", { hwId: null })];
  expect(legacyV1Body(values, stamp)).toBe(
    '[{"DisplayName":"Voltage","HwId":"HW-s1","Address":"400001","Value":"1840","SourceTimestamp":"2018-04-17 12:28:48"},' +
      '{"DisplayName":null,"HwId":null,"Address":"400002","Value":"0","SourceTimestamp":"2018-04-17 12:28:48"}]',
  );
  expect(legacyV2Body([value("s1", null, "1", "0", { hwId: null })], epochMs(SECOND), [], stamp)).toContain(
    '"HwId":null',
  );
});

test("addresses: the table's digit and the 1-based address, padded, growing where they must", () => {
  expect(legacyAddress("holding", 0, 5)).toBe("400001");
  expect(legacyAddress("holding", 9998, 4)).toBe("49999");
  expect(legacyAddress("holding", 9999, 4)).toBe("410000");
  expect(legacyAddress("input", 41, 4)).toBe("30042");
  expect(legacyAddress("coil", 0, 4)).toBe("00001");
  expect(legacyAddress("discrete", 65535, 5)).toBe("165536");
});

test("a native point stands under its own names, its value as a text", () => {
  const point = pointOf({ name: "energy", table: "input", address: 9 });
  expect(legacyValue({ name: "meter" }, point, decimal("18446744073709551.615"), epochMs(1))).toEqual({
    slave: "meter",
    hwId: "meter",
    displayName: "energy",
    correlationId: "DefaultCorrelationId",
    address: "300010",
    value: "18446744073709551.615",
    at: 1,
  });
  const legacy = { displayName: "V", correlationId: null, address: "30010" };
  const device = { name: "x", legacy: { slave: "Slave01", hwId: "PM-1" } };
  expect(legacyValue(device, { ...point, legacy }, true, epochMs(1))).toMatchObject({
    ...legacy,
    hwId: "PM-1",
    value: "1",
  });
});

test("time stamps are of the time zone of the process", () => {
  const date = new Date(2018, 3, 7, 2, 8, 4, 999);
  expect(localStamp(epochMs(date.getTime()))).toBe("2018-04-07 02:08:04");
});
