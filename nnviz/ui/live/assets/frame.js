// One binary message holds everything of one training step; this module turns it into arrays
// without copying, so that every view draws from the same snapshot.

const ARRAY_TYPES = {
  "<f4": Float32Array,
  "<f8": Float64Array,
  "<i4": Int32Array,
  "|u1": Uint8Array,
};

const decoder = new TextDecoder();

/**
 * Unpack `uint32 header length | JSON header | arrays` into views on the buffer.
 * The header is padded so that every array starts on a multiple of 8 bytes.
 * @param {ArrayBuffer} buffer
 * @returns {{meta: object, arrays: Object<string, {data: ArrayLike<number>, shape: number[]}>}}
 */
export function unpack(buffer) {
  const headerLength = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(decoder.decode(new Uint8Array(buffer, 4, headerLength)));
  const start = 4 + headerLength;
  const arrays = {};
  for (const { name, dtype, shape, offset } of header.arrays) {
    const ArrayType = ARRAY_TYPES[dtype];
    if (!ArrayType) throw new Error(`Array ${name} has dtype ${dtype}, which is not known here.`);
    const length = shape.reduce((product, size) => product * size, 1);
    arrays[name] = { data: new ArrayType(buffer, start + offset, length), shape };
  }
  return { meta: header.meta, arrays };
}

/** What the views' DOM depends on: as long as this text stays, they only repaint. */
export function structureOf(meta) {
  const layers = meta.layers.map(
    (layer) => `${layer.activation}:${layer.rows}:${layer.columns}:${layer.image_shape}`,
  );
  return [meta.layer_sizes, ...layers, ...meta.diagram.units, ...meta.output_names].join("|");
}

/** Whether views with something for every layer need the whole width. */
export function isDeep(meta) {
  return meta.layers.length > 3;
}
