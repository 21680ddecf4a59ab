/**
 * Units of points as DTDL knows them: the semantic type that a unit needs, and the words that people write for it.
 * Sources: DTDL v2, "Semantic types"; QuantitativeTypes extension v1 of DTDL v3.
 */
export interface ModelUnit {
  /** DTDL's name. */
  readonly unit: string;
  readonly semanticType: string;
  /** First version of DTDL that has it. */
  readonly since: 2 | 3;
  /** As people write it, for display: `kWh`. */
  readonly symbol: string;
}

type Row = readonly [unit: string, symbol: string, ...aliases: string[]];

/** By semantic type, in DTDL since version 2. */
const SINCE_2: Readonly<Record<string, readonly Row[]>> = {
  Acceleration: [["metrePerSecondSquared", "m/s²", "m/s2"]],
  Angle: [
    ["degreeOfArc", "°", "deg"],
    ["radian", "rad"],
  ],
  AngularVelocity: [
    ["revolutionPerMinute", "rpm", "1/min", "r/min", "min-1"],
    ["radianPerSecond", "rad/s"],
  ],
  Area: [["squareMetre", "m²", "m2"]],
  Current: [
    ["ampere", "A"],
    ["milliampere", "mA"],
    ["microampere", "µA", "uA"],
  ],
  DataSize: [
    ["bit", "bit"],
    ["byte", "byte"],
  ],
  Density: [
    ["kilogramPerCubicMetre", "kg/m³", "kg/m3"],
    ["gramPerCubicMetre", "g/m³", "g/m3"],
  ],
  Energy: [
    ["kilowattHour", "kWh"],
    ["joule", "J"],
    ["kilojoule", "kJ"],
    ["megajoule", "MJ"],
    ["gigajoule", "GJ"],
  ],
  Force: [["newton", "N"]],
  Frequency: [
    ["hertz", "Hz"],
    ["kilohertz", "kHz"],
    ["megahertz", "MHz"],
  ],
  Illuminance: [["lux", "lx"]],
  Length: [
    ["metre", "m"],
    ["centimetre", "cm"],
    ["millimetre", "mm"],
    ["micrometre", "µm", "um"],
    ["kilometre", "km"],
  ],
  LuminousFlux: [["lumen", "lm"]],
  Mass: [
    ["kilogram", "kg"],
    ["gram", "g"],
    ["tonne", "t"],
  ],
  Power: [
    ["watt", "W"],
    ["kilowatt", "kW"],
    ["megawatt", "MW"],
    ["milliwatt", "mW"],
    ["horsepower", "hp"],
  ],
  Pressure: [
    ["bar", "bar"],
    ["millibar", "mbar"],
    ["pascal", "Pa"],
    ["kilopascal", "kPa"],
    ["poundPerSquareInch", "psi"],
  ],
  RelativeHumidity: [["percent", "%RH", "%rH", "% RH", "% rH"]],
  Resistance: [
    ["ohm", "Ω", "Ohm"],
    ["kiloohm", "kΩ", "kOhm"],
    ["megaohm", "MΩ", "MOhm"],
    ["milliohm", "mΩ", "mOhm"],
  ],
  SoundPressure: [["decibel", "dB"]],
  Temperature: [
    ["degreeCelsius", "°C", "degC", "C", "℃"],
    ["degreeFahrenheit", "°F", "degF", "F", "℉"],
    ["kelvin", "K"],
  ],
  TimeSpan: [
    ["second", "s"],
    ["millisecond", "ms"],
    ["minute", "min"],
    ["hour", "h"],
    ["day", "d"],
  ],
  Torque: [["newtonMetre", "Nm", "N·m"]],
  Velocity: [
    ["metrePerSecond", "m/s"],
    ["kilometrePerHour", "km/h"],
    ["centimetrePerSecond", "cm/s"],
  ],
  Voltage: [
    ["volt", "V"],
    ["millivolt", "mV"],
    ["kilovolt", "kV"],
  ],
  Volume: [
    ["cubicMetre", "m³", "m3"],
    ["litre", "l", "L"],
    ["millilitre", "ml", "mL"],
  ],
  VolumeFlowRate: [
    ["litrePerHour", "l/h", "L/h"],
    ["litrePerSecond", "l/s", "L/s"],
  ],
};

/** What version 3 added. */
const SINCE_3: Readonly<Record<string, readonly Row[]>> = {
  ApparentEnergy: [
    ["voltAmpereHour", "VAh"],
    ["kilovoltAmpereHour", "kVAh"],
    ["megavoltAmpereHour", "MVAh"],
  ],
  ApparentPower: [
    ["voltAmpere", "VA"],
    ["kilovoltAmpere", "kVA"],
    ["megavoltAmpere", "MVA"],
  ],
  Concentration: [
    ["percent", "%"],
    ["partsPerMillion", "ppm"],
    ["partsPerBillion", "ppb"],
  ],
  Current: [["kiloampere", "kA"]],
  Density: [
    ["milligramPerCubicMetre", "mg/m³", "mg/m3"],
    ["microgramPerCubicMetre", "µg/m³", "ug/m3"],
  ],
  ElectricCharge: [
    ["ampereHour", "Ah"],
    ["milliampereHour", "mAh"],
  ],
  Energy: [
    ["wattHour", "Wh"],
    ["megawattHour", "MWh"],
    ["gigawattHour", "GWh"],
    ["milliwattHour", "mWh"],
  ],
  Frequency: [["millihertz", "mHz"]],
  Irradiance: [["wattPerSquareMetre", "W/m²", "W/m2"]],
  MassFlowRate: [
    ["kilogramPerHour", "kg/h"],
    ["kilogramPerSecond", "kg/s"],
    ["gramPerSecond", "g/s"],
  ],
  Pressure: [["hectopascal", "hPa"]],
  ReactiveEnergy: [
    ["voltAmpereReactiveHour", "varh", "VArh"],
    ["kilovoltAmpereReactiveHour", "kvarh", "kVArh"],
    ["megavoltAmpereReactiveHour", "Mvarh", "MVArh"],
  ],
  ReactivePower: [
    ["voltAmpereReactive", "var", "VAr"],
    ["kilovoltAmpereReactive", "kvar", "kVAr"],
    ["megavoltAmpereReactive", "Mvar", "MVAr"],
  ],
  VolumeFlowRate: [
    ["cubicMetrePerHour", "m³/h", "m3/h"],
    ["cubicMetrePerSecond", "m³/s", "m3/s"],
    ["cubicMetrePerMinute", "m³/min", "m3/min"],
    ["litrePerMinute", "l/min", "L/min"],
  ],
};

function* entries(since: 2 | 3, table: Readonly<Record<string, readonly Row[]>>): Generator<[string, ModelUnit]> {
  for (const [semanticType, rows] of Object.entries(table)) {
    for (const [unit, symbol, ...aliases] of rows) {
      const known = { unit, semanticType, since, symbol };
      for (const word of [symbol, unit, ...aliases]) yield [word, known];
    }
  }
}

/** `percent` and `%` say nothing of humidity: they are the general ones of version 3. */
const KNOWN: ReadonlyMap<string, ModelUnit> = new Map([...entries(2, SINCE_2), ...entries(3, SINCE_3)]);

/** Every unit that is known, once each. */
export const MODEL_UNITS: readonly ModelUnit[] = [...new Set(KNOWN.values())];

/** The unit that a text means: DTDL's name, a symbol or an alias (`kWh`, `°C`, `kilowattHour`); case counts, for mW is not MW. */
export function modelUnit(text: string): ModelUnit | undefined {
  return KNOWN.get(text.trim());
}
