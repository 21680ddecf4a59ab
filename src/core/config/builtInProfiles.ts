import abbB23 from "../../../profiles/abb-b23.json";
import carloGavazziEm24E1 from "../../../profiles/carlo-gavazzi-em24-e1.json";
import carloGavazziEm340 from "../../../profiles/carlo-gavazzi-em340.json";
import eastronSdm72dMV2 from "../../../profiles/eastron-sdm72d-m-v2.json";
import eastronSdm120 from "../../../profiles/eastron-sdm120.json";
import eastronSdm230 from "../../../profiles/eastron-sdm230.json";
import eastronSdm630 from "../../../profiles/eastron-sdm630.json";
import epeverTracer from "../../../profiles/epever-tracer.json";
import huaweiSun2000 from "../../../profiles/huawei-sun2000.json";
import janitzaUmg96rm from "../../../profiles/janitza-umg96rm.json";
import schneiderIem3155 from "../../../profiles/schneider-iem3155.json";
import schneiderPm5100 from "../../../profiles/schneider-pm5100.json";
import siemensPac2200 from "../../../profiles/siemens-pac2200.json";
import socomecCountisE from "../../../profiles/socomec-countis-e.json";
import sunspecControls from "../../../profiles/sunspec-controls.json";
import sunspecInverter from "../../../profiles/sunspec-inverter.json";
import sunspecInverterFloat from "../../../profiles/sunspec-inverter-float.json";
import sunspecMeter from "../../../profiles/sunspec-meter.json";
import sunspecMeterFloat from "../../../profiles/sunspec-meter-float.json";
import sunspecStorage from "../../../profiles/sunspec-storage.json";
import sunspecTrackers from "../../../profiles/sunspec-trackers.json";
import victronVm3p75ct from "../../../profiles/victron-vm-3p75ct.json";
import wbMr6c from "../../../profiles/wb-mr6c.json";

/** The profiles that come with the product, by name: the files of `profiles/`, inside the bundle. */
export const BUILT_IN_PROFILES: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["abb-b23", abbB23],
  ["carlo-gavazzi-em24-e1", carloGavazziEm24E1],
  ["carlo-gavazzi-em340", carloGavazziEm340],
  ["eastron-sdm120", eastronSdm120],
  ["eastron-sdm230", eastronSdm230],
  ["eastron-sdm630", eastronSdm630],
  ["eastron-sdm72d-m-v2", eastronSdm72dMV2],
  ["epever-tracer", epeverTracer],
  ["huawei-sun2000", huaweiSun2000],
  ["janitza-umg96rm", janitzaUmg96rm],
  ["schneider-iem3155", schneiderIem3155],
  ["schneider-pm5100", schneiderPm5100],
  ["siemens-pac2200", siemensPac2200],
  ["socomec-countis-e", socomecCountisE],
  ["sunspec-controls", sunspecControls],
  ["sunspec-inverter", sunspecInverter],
  ["sunspec-inverter-float", sunspecInverterFloat],
  ["sunspec-meter", sunspecMeter],
  ["sunspec-meter-float", sunspecMeterFloat],
  ["sunspec-storage", sunspecStorage],
  ["sunspec-trackers", sunspecTrackers],
  ["victron-vm-3p75ct", victronVm3p75ct],
  ["wb-mr6c", wbMr6c],
]);
