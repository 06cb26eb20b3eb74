import { describe, expect, test } from "vitest";
import { DID_RANGES, DID_REGISTRY, lookup } from "../src/index.js";

describe("lookup", () => {
  test("names a type 2 packet by DID and SDID", () => {
    expect(lookup(0x61, 0x01)).toEqual({
      type: 2,
      name: "CEA-708 caption distribution packet (CDP)",
      document: "SMPTE ST 334-1",
      assignment: "registered",
      exact: true,
    });
  });

  test("names a type 1 packet by its DID, whatever its block number", () => {
    expect(lookup(0xe7, 0x2a)).toEqual(lookup(0xe7));
    expect(lookup(0xe7).name).toBe("HD audio data, group 1");
  });

  test("falls back to the range of the DID", () => {
    expect(lookup(0x61, 0xee)).toEqual({
      type: 2,
      name: "Registered",
      document: undefined,
      assignment: "registered",
      exact: false,
    });
    expect(lookup(0x61)).toMatchObject({ exact: false });
    expect(lookup(0x50, 0x77)).toMatchObject({ name: "User application", assignment: "user" });
    expect(lookup(0x80, 0)).toMatchObject({ name: "Packet marked for deletion", type: 1 });
    expect(lookup(0x00, 0)).toMatchObject({ assignment: "undefined" });
  });

  test("has an answer for every DID and SDID", () => {
    const wrong: number[][] = [];
    for (let first = 0; first < 256; first++) {
      for (let second = 0; second < 256; second++) {
        const { name, type } = lookup(first, second);
        if (name === "" || type !== (first < 0x80 ? 2 : 1)) wrong.push([first, second]);
      }
    }
    expect(wrong).toEqual([]);
  });

  test.each([256, -1, 0.5, Number.NaN])("refuses a DID of %s", (value) => {
    expect(() => lookup(value, 0)).toThrow(RangeError);
  });

  test.each([256, -1, 0.5, Number.NaN])("refuses an SDID of %s", (value) => {
    expect(() => lookup(0x41, value)).toThrow(RangeError);
  });
});

describe("the tables", () => {
  test("ranges follow each other from 00 to FF", () => {
    let next = 0;
    for (const { first, last } of DID_RANGES) {
      expect(first).toBe(next);
      expect(last).toBeGreaterThanOrEqual(first);
      next = last + 1;
    }
    expect(next).toBe(0x100);
  });

  test("entries ascend, none is there twice", () => {
    const keys = DID_REGISTRY.map(({ did, sdid }) => did * 256 + (sdid ?? 0));
    expect(keys).toEqual([...new Set(keys)].sort((a, b) => a - b));
  });

  test("type 2 entries have an SDID, type 1 entries have none", () => {
    for (const { did, sdid } of DID_REGISTRY) expect(sdid === undefined).toBe(did >= 0x80);
  });

  test("every entry is found by lookup", () => {
    for (const { did, sdid, name, document } of DID_REGISTRY) {
      expect(lookup(did, sdid)).toMatchObject({ name, document, exact: true });
    }
  });

  test("no entry is in a reserved range, but for the 8-bit systems' registered ones", () => {
    for (const { did, sdid } of DID_REGISTRY) {
      const { assignment } = lookup(did, sdid);
      expect(["registered", "user"].includes(assignment) || did === 0x08).toBe(true);
    }
  });
});
