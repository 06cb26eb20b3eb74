// Run by svt.test.ts in a process of its own, because a process opens the library once. Arguments: a task, a codestream.
// Prints the result as JSON.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { loadCodecSync } from "../dist/index.js";

const [task, file, ...rest] = process.argv.slice(2);
const hash = (picture) => {
  const sum = createHash("md5");
  for (const { data } of picture.planes)
    sum.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return sum.digest("hex");
};

const tasks = {
  /** The first samples of every plane as the library decodes them. */
  decode(codec) {
    const decoder = codec.createDecoder();
    decoder.decode(readFileSync(file));
    const { planes } = decoder.decode(readFileSync(file));
    const rows = planes.map((p) => [...p.data.subarray(p.stride, p.stride + 3)]);
    decoder.close();
    return { backend: codec.backend, rows };
  },
  /** Whether the codestream is what the library writes for the options. */
  encode(codec) {
    const options = { compat: "svt", ...JSON.parse(rest[0]) };
    const encoder = codec.createEncoder(options);
    const same = Buffer.compare(encoder.encode(), readFileSync(file)) === 0;
    encoder.close();
    return { same };
  },
  /** Whether library and own code agree on a list of codestreams. */
  compare(codec) {
    const own = loadCodecSync({ backend: "native" }).createDecoder();
    const decoder = codec.createDecoder();
    const files = JSON.parse(readFileSync(file, "utf8"));
    const differ = files.filter((name) => {
      const bytes = readFileSync(name);
      return hash(decoder.decode(bytes)) !== hash(own.decode(bytes));
    });
    decoder.close();
    return { compared: files.length, differ };
  },
};

let result;
try {
  const codec = loadCodecSync({ backend: "svt", threads: 3 });
  result = tasks[task](codec);
  codec.close();
} catch (error) {
  result = { error: error.code ?? error.name, message: error.message };
}
console.log(JSON.stringify(result));
