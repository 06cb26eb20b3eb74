/** A value of AMF0. What plain JavaScript values do not tell apart has a `type`. */
export type AmfValue =
  | number
  | boolean
  | string
  | null
  | undefined
  | AmfObject
  | AmfEcmaArray
  | AmfTypedObject
  | AmfStrictArray
  | AmfDate
  | AmfLongString
  | AmfXml
  | AmfReference
  | AmfUnsupported
  | AmfSwitch;

/** Members in order of appearance; of a key that occurs twice, the last value. */
export type AmfProperties<Value = AmfValue> = ReadonlyMap<string, Value>;

/** Anonymous object, marker 03. */
export interface AmfObject {
  readonly type: "object";
  readonly properties: AmfProperties;
}

/** ECMA array, marker 08. */
export interface AmfEcmaArray {
  readonly type: "ecma-array";
  /** As written; no reader may rely on it. */
  readonly count: number;
  readonly properties: AmfProperties;
}

/** Typed object, marker 10. */
export interface AmfTypedObject {
  readonly type: "typed-object";
  readonly className: string;
  readonly properties: AmfProperties;
}

/** Strict array, marker 0A. */
export interface AmfStrictArray {
  readonly type: "strict-array";
  readonly values: readonly AmfValue[];
}

/** Date, marker 0B. */
export interface AmfDate {
  readonly type: "date";
  /** Milliseconds since 1970-01-01 UTC. */
  readonly time: number;
  /** Minutes, signed; AMF0 reserves it, FLV calls it the local offset. */
  readonly timeZone: number;
}

/** Long string, marker 0C, of less than 65536 bytes: longer ones are plain strings here. */
export interface AmfLongString {
  readonly type: "long-string";
  readonly value: string;
}

/** XML document, marker 0F; in AMF3 markers 07 and 0B. */
export interface AmfXml {
  readonly type: "xml";
  readonly value: string;
}

/** Reference to an earlier complex value of the message, marker 07; see `amfReferenceTable`. */
export interface AmfReference {
  readonly type: "reference";
  readonly index: number;
}

/** Marker 0D. */
export interface AmfUnsupported {
  readonly type: "unsupported";
}

/** An AMF3 value, marker 11. */
export interface AmfSwitch {
  readonly type: "amf3";
  readonly value: Amf3Value;
  /** The encoded value, without the marker: written again as it stands. */
  readonly bytes: Uint8Array;
}

/** A value of AMF3; references are resolved, so that the graph can have cycles. */
export type Amf3Value =
  | number
  | boolean
  | string
  | null
  | undefined
  | Amf3Object
  | Amf3Array
  | AmfXml
  | { readonly type: "date"; readonly time: number }
  | { readonly type: "bytes"; readonly bytes: Uint8Array }
  | Amf3Vector
  | Amf3Dictionary;

/** Object, marker 0A. */
export interface Amf3Object {
  readonly type: "object";
  /** Empty: anonymous. */
  readonly className: string;
  readonly properties: AmfProperties<Amf3Value>;
}

/** Array, marker 09. */
export interface Amf3Array {
  readonly type: "array";
  /** The dense part. */
  readonly values: readonly Amf3Value[];
  /** The associative part. */
  readonly properties: AmfProperties<Amf3Value>;
}

/** Vectors, markers 0D to 10. */
export interface Amf3Vector {
  readonly type: "vector";
  readonly itemType: "int" | "uint" | "double" | "object";
  readonly fixed: boolean;
  /** `object` only; empty: any. */
  readonly className: string;
  readonly values: readonly Amf3Value[];
}

/** Dictionary, marker 11. */
export interface Amf3Dictionary {
  readonly type: "dictionary";
  readonly weakKeys: boolean;
  readonly entries: readonly (readonly [key: Amf3Value, value: Amf3Value])[];
}
