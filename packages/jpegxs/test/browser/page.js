// Runs in the page: decodes, draws luma, encodes it again, and gives sums over everything.
globalThis.decodeAndEncode = async ([folder, file, threads]) => {
  const { loadCodec } = await import(`${folder}dist/index.js`);
  const codec = await loadCodec({ threads });
  const bytes = new Uint8Array(await (await fetch(folder + file)).arrayBuffer());
  const { planes, format } = await codec.createDecoder().decodeAsync(bytes);
  const { data, width, height, bitDepth } = planes[0];
  const canvas = document.querySelector("canvas");
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  const image = new ImageData(width, height);
  data.forEach((sample, i) => {
    image.data.fill(sample >> (bitDepth - 8), 4 * i, 4 * i + 3);
    image.data[4 * i + 3] = 255;
  });
  context.putImageData(image, 0, 0);
  const drawn = context.getImageData(0, 0, width, height).data.filter((_, i) => i % 4 === 0);
  const encoder = codec.createEncoder({ width, height, format, bitDepth, bitsPerPixel: 6 });
  return {
    backend: codec.backend.name,
    isolated: crossOriginIsolated,
    planes: planes.map((plane) => sum(plane.data)),
    drawn: sum(drawn),
    encoded: sum(await encoder.encodeAsync(planes)),
  };
};

function sum(values) {
  let total = 0;
  for (const value of values) total = (total * 31 + value) % 1e9;
  return total;
}
