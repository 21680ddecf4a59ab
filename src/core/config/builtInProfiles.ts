import abbB23 from "../../../profiles/abb-b23.json";
import alfenNg9xx from "../../../profiles/alfen-ng9xx.json";
import carloGavazziEm24E1 from "../../../profiles/carlo-gavazzi-em24-e1.json";
import carloGavazziEm340 from "../../../profiles/carlo-gavazzi-em340.json";
import daikinAlthermaHomehub from "../../../profiles/daikin-altherma-homehub.json";
import danfossFc51 from "../../../profiles/danfoss-fc51.json";
import eastronSdm72dMV2 from "../../../profiles/eastron-sdm72d-m-v2.json";
import eastronSdm120 from "../../../profiles/eastron-sdm120.json";
import eastronSdm230 from "../../../profiles/eastron-sdm230.json";
import eastronSdm630 from "../../../profiles/eastron-sdm630.json";
import epeverTracer from "../../../profiles/epever-tracer.json";
import heidelbergEnergyControl from "../../../profiles/heidelberg-energy-control.json";
import huaweiSun2000 from "../../../profiles/huawei-sun2000.json";
import janitzaUmg96rm from "../../../profiles/janitza-umg96rm.json";
import kebaP30 from "../../../profiles/keba-p30.json";
import komfoventPing2 from "../../../profiles/komfovent-ping2.json";
import schneiderIem3155 from "../../../profiles/schneider-iem3155.json";
import schneiderPm5100 from "../../../profiles/schneider-pm5100.json";
import siemensLogo8 from "../../../profiles/siemens-logo8.json";
import siemensPac2200 from "../../../profiles/siemens-pac2200.json";
import siemensV20 from "../../../profiles/siemens-v20.json";
import socomecCountisE from "../../../profiles/socomec-countis-e.json";
import sunspecControls from "../../../profiles/sunspec-controls.json";
import sunspecInverter from "../../../profiles/sunspec-inverter.json";
import sunspecInverterFloat from "../../../profiles/sunspec-inverter-float.json";
import sunspecMeter from "../../../profiles/sunspec-meter.json";
import sunspecMeterFloat from "../../../profiles/sunspec-meter-float.json";
import sunspecStorage from "../../../profiles/sunspec-storage.json";
import sunspecTrackers from "../../../profiles/sunspec-trackers.json";
import systemairSave from "../../../profiles/systemair-save.json";
import victronEvcs from "../../../profiles/victron-evcs.json";
import victronGxBattery from "../../../profiles/victron-gx-battery.json";
import victronGxSystem from "../../../profiles/victron-gx-system.json";
import victronGxVebus from "../../../profiles/victron-gx-vebus.json";
import victronVm3p75ct from "../../../profiles/victron-vm-3p75ct.json";
import waveshareRelay8chD from "../../../profiles/waveshare-relay-8ch-d.json";
import wbMr6c from "../../../profiles/wb-mr6c.json";
import xyMd02 from "../../../profiles/xy-md02.json";

/** The profiles that come with the product, by name: the files of `profiles/`, inside the bundle. */
export const BUILT_IN_PROFILES: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["abb-b23", abbB23],
  ["alfen-ng9xx", alfenNg9xx],
  ["carlo-gavazzi-em24-e1", carloGavazziEm24E1],
  ["carlo-gavazzi-em340", carloGavazziEm340],
  ["daikin-altherma-homehub", daikinAlthermaHomehub],
  ["danfoss-fc51", danfossFc51],
  ["eastron-sdm120", eastronSdm120],
  ["eastron-sdm230", eastronSdm230],
  ["eastron-sdm630", eastronSdm630],
  ["eastron-sdm72d-m-v2", eastronSdm72dMV2],
  ["epever-tracer", epeverTracer],
  ["heidelberg-energy-control", heidelbergEnergyControl],
  ["huawei-sun2000", huaweiSun2000],
  ["janitza-umg96rm", janitzaUmg96rm],
  ["keba-p30", kebaP30],
  ["komfovent-ping2", komfoventPing2],
  ["schneider-iem3155", schneiderIem3155],
  ["schneider-pm5100", schneiderPm5100],
  ["siemens-logo8", siemensLogo8],
  ["siemens-pac2200", siemensPac2200],
  ["siemens-v20", siemensV20],
  ["socomec-countis-e", socomecCountisE],
  ["sunspec-controls", sunspecControls],
  ["sunspec-inverter", sunspecInverter],
  ["sunspec-inverter-float", sunspecInverterFloat],
  ["sunspec-meter", sunspecMeter],
  ["sunspec-meter-float", sunspecMeterFloat],
  ["sunspec-storage", sunspecStorage],
  ["sunspec-trackers", sunspecTrackers],
  ["systemair-save", systemairSave],
  ["victron-evcs", victronEvcs],
  ["victron-gx-battery", victronGxBattery],
  ["victron-gx-system", victronGxSystem],
  ["victron-gx-vebus", victronGxVebus],
  ["victron-vm-3p75ct", victronVm3p75ct],
  ["waveshare-relay-8ch-d", waveshareRelay8chD],
  ["wb-mr6c", wbMr6c],
  ["xy-md02", xyMd02],
]);
