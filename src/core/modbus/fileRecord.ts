import { err, ok, type Result } from "../../kernel/result";
import { refuseUnlessInteger, refuseUnlessList, refuseUnlessWords } from "./argument";
import { failure, type ModbusFailure } from "./failure";
import { type FunctionCodec, misfit, wordBytes, wordsAt } from "./functionCodec";

/** Consecutive records (16 bits each) of a file: `file` 1 … 65535, `record` 0 … 9999, `count` 1 … 121. */
export interface FileSection {
  readonly file: number;
  readonly record: number;
  readonly count: number;
}

/** FC 20: several sections at once, as many as fit into an answer. */
export interface ReadFileRecord {
  readonly kind: "readFileRecord";
  readonly sections: readonly FileSection[];
}

/** FC 21: several sections at once, as many as fit into a request. */
export interface WriteFileRecord {
  readonly kind: "writeFileRecord";
  readonly sections: readonly { readonly file: number; readonly record: number; readonly values: readonly number[] }[];
}

export interface FileRecordAnswer {
  /** One list of records a section, in the order asked. */
  readonly sections: readonly Uint16Array[];
}

const READ = 20;
const WRITE = 21;
/** The only reference type there is (section 6.14). */
const REFERENCE_TYPE = 6;
/** Of the parameters behind the byte count: request and answer of FC 20 (section 6.14), of FC 21 (section 6.15). */
const MAX_READ_BYTES = 0xf5;
const MAX_WRITE_BYTES = 0xfb;
const MAX_RECORD = 9999;
const SECTION_BYTES = 7;

function refuseSections(sections: unknown, most: number): ModbusFailure | undefined {
  return refuseUnlessList("sections", sections, 1, Math.floor(most / SECTION_BYTES), "sections");
}

function refuseSection(at: string, file: unknown, record: number, count: number): ModbusFailure | undefined {
  const wrong =
    refuseUnlessInteger(`${at}.file`, file, 1, 0xffff) ?? refuseUnlessInteger(`${at}.record`, record, 0, MAX_RECORD);
  if (wrong !== undefined || record + count - 1 <= MAX_RECORD) return wrong;
  const detail = `${at} ends at record ${record + count - 1}; the last record of a file is ${MAX_RECORD}`;
  return failure("argument", detail);
}

function refuseSize(what: string, bytes: number, most: number): ModbusFailure | undefined {
  if (bytes <= most) return undefined;
  return failure("argument", `sections must fit into ${most} bytes of ${what}, not ${bytes}: ask in parts`);
}

const answerBytes = (sections: readonly FileSection[]): number =>
  sections.reduce((sum, { count }) => sum + 2 + 2 * count, 0);

const requestBytes = ({ sections }: WriteFileRecord): number =>
  sections.reduce((sum, { values }) => sum + SECTION_BYTES + 2 * values.length, 0);

function refuseRead({ sections }: ReadFileRecord): ModbusFailure | undefined {
  const wrong = refuseSections(sections, MAX_READ_BYTES);
  if (wrong !== undefined) return wrong;
  for (const [index, { file, record, count }] of sections.entries()) {
    const at = `sections[${index}]`;
    const most = (MAX_READ_BYTES - 2) >> 1;
    const odd = refuseUnlessInteger(`${at}.count`, count, 1, most) ?? refuseSection(at, file, record, count);
    if (odd !== undefined) return odd;
  }
  return refuseSize("answer", answerBytes(sections), MAX_READ_BYTES);
}

function refuseWrite(request: WriteFileRecord): ModbusFailure | undefined {
  const wrong = refuseSections(request.sections, MAX_WRITE_BYTES);
  if (wrong !== undefined) return wrong;
  for (const [index, { file, record, values }] of request.sections.entries()) {
    const at = `sections[${index}]`;
    const most = (MAX_WRITE_BYTES - SECTION_BYTES) >> 1;
    const odd = refuseUnlessWords(`${at}.values`, values, 1, most) ?? refuseSection(at, file, record, values.length);
    if (odd !== undefined) return odd;
  }
  return refuseSize("request", requestBytes(request), MAX_WRITE_BYTES);
}

/** Section 6.14: byte count, then reference type, file, record and length a section. */
export const readFileCodec: FunctionCodec<ReadFileRecord, FileRecordAnswer> = {
  functionCode: () => READ,
  writes: () => false,
  mayEcho: false,
  encode(request) {
    const wrong = refuseRead(request);
    if (wrong !== undefined) return err(wrong);
    const { sections } = request;
    const body = sections.flatMap(({ file, record, count }) => [REFERENCE_TYPE, ...wordBytes(file, record, count)]);
    return ok(Uint8Array.from([READ, body.length, ...body]));
  },
  answerLength: ({ sections }) => 2 + answerBytes(sections),
  decode({ sections }, pdu) {
    const expected = answerBytes(sections);
    if (pdu[1] !== expected || pdu.length !== 2 + expected) {
      const there = Math.max(0, pdu.length - 2);
      return err(misfit(`${there} data bytes, byte count ${pdu[1] ?? "missing"}; ${expected} were asked for`));
    }
    return decodeSections(sections, pdu);
  },
};

/** The total length has been checked; each section says its own length (reference type included) again. */
function decodeSections(asked: readonly FileSection[], pdu: Uint8Array): Result<FileRecordAnswer, ModbusFailure> {
  const sections: Uint16Array[] = [];
  let at = 2;
  for (const [index, { count }] of asked.entries()) {
    const length = pdu[at];
    const type = pdu[at + 1];
    if (length !== 1 + 2 * count)
      return err(misfit(`section ${index} of ${length} bytes; ${1 + 2 * count} were asked for`));
    if (type !== REFERENCE_TYPE) return err(misfit(`section ${index} has reference type ${type}; it is 6`));
    sections.push(wordsAt(pdu, at + 2, count));
    at += 2 + 2 * count;
  }
  return ok({ sections });
}

function writePdu({ sections }: WriteFileRecord): Uint8Array {
  const body = sections.flatMap(({ file, record, values }) => [
    REFERENCE_TYPE,
    ...wordBytes(file, record, values.length, ...values),
  ]);
  return Uint8Array.from([WRITE, body.length, ...body]);
}

/** Section 6.15: as FC 20 with the records behind each section; the answer repeats the request. */
export const writeFileCodec: FunctionCodec<WriteFileRecord, Record<string, never>> = {
  functionCode: () => WRITE,
  writes: () => true,
  mayEcho: true,
  encode(request) {
    const wrong = refuseWrite(request);
    return wrong === undefined ? ok(writePdu(request)) : err(wrong);
  },
  answerLength: (request) => 2 + requestBytes(request),
  decode(request, pdu) {
    const sent = writePdu(request);
    if (pdu.length === sent.length && sent.every((byte, index) => byte === pdu[index])) return ok({});
    return err(misfit("not confirmed: the answer does not repeat the file records that were sent"));
  },
};
