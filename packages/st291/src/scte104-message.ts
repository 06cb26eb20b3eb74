import { concatBytes, FormatError, uint16, uint32 } from "@x/bits";
import { fits, fitsLength, twoBytes } from "./fits.js";
import { lengthError, type St291ErrorCode } from "./payload-error.js";

const CLAUSE = "SCTE 104";
/** In the place of the operation of a single operation message. */
const MULTIPLE = 0xffff;
const SINGLE_HEADER = 13;
/** Without the timestamp behind its type. */
const MULTIPLE_HEADER = 12;
const OPERATION_HEADER = 4;
const TIMESTAMP_SIZES: readonly number[] = [0, 6, 4, 2];
const MAX_SIZE = 0xffff;

/** When a splice shall happen (SCTE 104 `timestamp()`). */
export type Scte104Timestamp =
  | { readonly kind: "none" }
  | { readonly kind: "utc"; readonly utcSeconds: number; readonly utcMicroseconds: number }
  | {
      readonly kind: "vitc";
      readonly hours: number;
      readonly minutes: number;
      readonly seconds: number;
      readonly frames: number;
    }
  | { readonly kind: "gpi"; readonly gpiNumber: number; readonly gpiEdge: number };

/** One operation of a multiple operation message. */
export interface Scte104Operation {
  /** 16 bits: see {@link scte104OperationName}. */
  readonly opId: number;
  /** At most 65535 bytes; a view when decoded. */
  readonly data: Uint8Array;
}

/** An SCTE 104 message: `single_operation_message()` or `multiple_operation_message()`. */
export type Scte104Message =
  | {
      readonly kind: "single";
      /** 16 bits, never FFFF. */
      readonly opId: number;
      /** 16 bits; FFFF in a request. */
      readonly result: number;
      /** 16 bits; FFFF in a request. */
      readonly resultExtension: number;
      readonly protocolVersion: number;
      readonly asIndex: number;
      readonly messageNumber: number;
      readonly dpiPidIndex: number;
      /** A view when decoded. */
      readonly data: Uint8Array;
    }
  | {
      readonly kind: "multiple";
      readonly protocolVersion: number;
      readonly asIndex: number;
      readonly messageNumber: number;
      readonly dpiPidIndex: number;
      readonly scte35ProtocolVersion: number;
      readonly timestamp: Scte104Timestamp;
      /** At most 255. */
      readonly operations: readonly Scte104Operation[];
    };

/**
 * Decode an SCTE 104 message, the bytes behind the payload descriptor of ST 2010.
 * @throws {FormatError} `length` when the message size, the number of operations and their lengths do not fit the
 *   bytes, `identifier` when the type of the timestamp is not 0 to 3: its size is unknown then.
 */
export function decodeScte104Message(message: Uint8Array): Scte104Message {
  if (message.length < MULTIPLE_HEADER) {
    const expected = `at least ${MULTIPLE_HEADER}`;
    throw lengthError("message", 0, expected, message.length, CLAUSE);
  }
  const messageSize = uint16(message, 2);
  if (messageSize !== message.length) {
    throw lengthError("messageSize", 2, messageSize, message.length, CLAUSE);
  }
  const opId = uint16(message, 0);
  return opId === MULTIPLE ? decodeMultiple(message) : decodeSingle(opId, message);
}

/**
 * Encode an SCTE 104 message: what {@link splitScte104} wants.
 * @throws {RangeError} when a value does not fit its field, or the message exceeds 65535 bytes.
 */
export function encodeScte104Message(message: Scte104Message): Uint8Array<ArrayBuffer> {
  const { protocolVersion, asIndex, messageNumber, dpiPidIndex } = message;
  fits("protocolVersion", protocolVersion, 0xff);
  fits("asIndex", asIndex, 0xff);
  fits("messageNumber", messageNumber, 0xff);
  fits("dpiPidIndex", dpiPidIndex, 0xffff);
  const addressee = [protocolVersion, asIndex, messageNumber, ...twoBytes(dpiPidIndex)];
  switch (message.kind) {
    case "single": {
      const { opId, result, resultExtension, data } = message;
      fits("opId", opId, MULTIPLE - 1);
      fits("result", result, 0xffff);
      fits("resultExtension", resultExtension, 0xffff);
      fitsLength("data", data, MAX_SIZE - SINGLE_HEADER);
      const head = [opId, SINGLE_HEADER + data.length, result, resultExtension].flatMap(twoBytes);
      return concatBytes(Uint8Array.of(...head, ...addressee), data);
    }
    case "multiple": {
      const { scte35ProtocolVersion, timestamp, operations } = message;
      fits("scte35ProtocolVersion", scte35ProtocolVersion, 0xff);
      fits("operations.length", operations.length, 0xff);
      const time = encodeTimestamp(timestamp);
      let size = MULTIPLE_HEADER - 1 + time.length;
      for (const { opId, data } of operations) {
        fits("opId", opId, 0xffff);
        size += OPERATION_HEADER + data.length;
      }
      fits("messageSize", size, MAX_SIZE);
      return concatBytes(
        Uint8Array.of(...twoBytes(MULTIPLE), ...twoBytes(size), ...addressee),
        Uint8Array.of(scte35ProtocolVersion, ...time, operations.length),
        ...operations.flatMap(({ opId, data }) => [
          Uint8Array.of(...twoBytes(opId), ...twoBytes(data.length)),
          data,
        ]),
      );
    }
    default:
      throw new TypeError(`kind: ${(message as { kind: unknown }).kind} is no kind of message`);
  }
}

/** Name of an operation as SCTE 104 spells it; `undefined` when it is not known here. */
export function scte104OperationName(opId: number): string | undefined {
  return OPERATION_NAMES[opId];
}

const OPERATION_NAMES: Readonly<Record<number, string>> = {
  0: "general_response_data",
  1: "init_request_data",
  2: "init_response_data",
  3: "alive_request_data",
  4: "alive_response_data",
  7: "inject_response_data",
  8: "inject_complete_response_data",
  256: "inject_section_data_request",
  257: "splice_request_data",
  258: "splice_null_request_data",
  259: "start_schedule_download_request_data",
  260: "time_signal_request_data",
  261: "transmit_schedule_request_data",
  262: "component_mode_DPI_request_data",
  263: "encrypted_DPI_request_data",
  264: "insert_descriptor_request_data",
  265: "insert_DTMF_descriptor_request_data",
  266: "insert_avail_descriptor_request_data",
  267: "insert_segmentation_descriptor_request_data",
  268: "proprietary_command_request_data",
  269: "schedule_component_mode_request_data",
  270: "schedule_definition_data_request",
  271: "insert_tier_data",
  272: "insert_time_descriptor",
  768: "delete_ControlWord_data_request",
  769: "update_ControlWord_data_request",
};

function decodeSingle(opId: number, message: Uint8Array): Scte104Message {
  if (message.length < SINGLE_HEADER) {
    throw lengthError("messageSize", 2, `at least ${SINGLE_HEADER}`, message.length, CLAUSE);
  }
  return {
    kind: "single",
    opId,
    result: uint16(message, 4),
    resultExtension: uint16(message, 6),
    protocolVersion: message[8] as number,
    asIndex: message[9] as number,
    messageNumber: message[10] as number,
    dpiPidIndex: uint16(message, 11),
    data: message.subarray(SINGLE_HEADER),
  };
}

function decodeMultiple(message: Uint8Array): Scte104Message {
  const timestampSize = TIMESTAMP_SIZES[message[10] as number];
  if (timestampSize === undefined) {
    throw new FormatError<St291ErrorCode>("identifier", "unknown type of timestamp", {
      field: "timeType",
      offset: 10,
      expected: "0 to 3",
      actual: message[10],
      clause: CLAUSE,
    });
  }
  const numOpsAt = 11 + timestampSize;
  if (message.length <= numOpsAt) {
    throw lengthError("messageSize", 2, `at least ${numOpsAt + 1}`, message.length, CLAUSE);
  }
  return {
    kind: "multiple",
    protocolVersion: message[4] as number,
    asIndex: message[5] as number,
    messageNumber: message[6] as number,
    dpiPidIndex: uint16(message, 7),
    scte35ProtocolVersion: message[9] as number,
    timestamp: decodeTimestamp(message),
    operations: decodeOperations(message, numOpsAt),
  };
}

function decodeOperations(message: Uint8Array, numOpsAt: number): Scte104Operation[] {
  const operations: Scte104Operation[] = [];
  const numOps = message[numOpsAt] as number;
  let at = numOpsAt + 1;
  for (let i = 0; i < numOps; i++) {
    const left = message.length - at - OPERATION_HEADER;
    if (left < 0) throw lengthError("numOps", numOpsAt, numOps, i, CLAUSE);
    const dataLength = uint16(message, at + 2);
    if (dataLength > left) throw lengthError("dataLength", at + 2, dataLength, left, CLAUSE);
    const start = at + OPERATION_HEADER;
    at = start + dataLength;
    operations.push({ opId: uint16(message, start - 4), data: message.subarray(start, at) });
  }
  if (at !== message.length) throw lengthError("messageSize", 2, at, message.length, CLAUSE);
  return operations;
}

function decodeTimestamp(message: Uint8Array): Scte104Timestamp {
  const at = 11;
  const byte = (i: number): number => message[at + i] as number;
  switch (message[at - 1]) {
    case 1: {
      const [utcSeconds, utcMicroseconds] = [uint32(message, at), uint16(message, at + 4)];
      return { kind: "utc", utcSeconds, utcMicroseconds };
    }
    case 2:
      return {
        kind: "vitc",
        hours: byte(0),
        minutes: byte(1),
        seconds: byte(2),
        frames: byte(3),
      };
    case 3:
      return { kind: "gpi", gpiNumber: byte(0), gpiEdge: byte(1) };
    default:
      return { kind: "none" };
  }
}

/** The timestamp with its type. */
function encodeTimestamp(timestamp: Scte104Timestamp): number[] {
  switch (timestamp.kind) {
    case "none":
      return [0];
    case "utc": {
      const { utcSeconds, utcMicroseconds } = timestamp;
      fits("utcSeconds", utcSeconds, 0xffffffff);
      fits("utcMicroseconds", utcMicroseconds, 0xffff);
      return [1, ...[utcSeconds >>> 16, utcSeconds & 0xffff, utcMicroseconds].flatMap(twoBytes)];
    }
    case "vitc": {
      const { hours, minutes, seconds, frames } = timestamp;
      for (const value of [hours, minutes, seconds, frames]) fits("vitc", value, 0xff);
      return [2, hours, minutes, seconds, frames];
    }
    case "gpi":
      fits("gpiNumber", timestamp.gpiNumber, 0xff);
      fits("gpiEdge", timestamp.gpiEdge, 0xff);
      return [3, timestamp.gpiNumber, timestamp.gpiEdge];
    default:
      throw new TypeError(`kind: ${(timestamp as { kind: unknown }).kind} is no kind of timestamp`);
  }
}
